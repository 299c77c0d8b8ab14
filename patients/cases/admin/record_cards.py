"""What the cards of records, documents and the summary show on the page of a case."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from offices.directory.roles import Duty
from patients.cases.forms import DocumentForm, UploadForm
from patients.cases.models import Case, RecordRequestState, Stage
from patients.cases.record_requests import REMIND_AFTER, asked_for, is_unanswered, readiness_of_case
from patients.records import steps
from patients.records.clinical import summary_of
from patients.records.identity import birth_date_differs, name_differs
from patients.records.listing import FOLDER_FILES, UNFINISHED
from patients.records.models import (
    Document,
    DocumentState,
    Instance,
    SharedStudy,
    StepOutcome,
    Study,
)
from patients.records.notes import note_text
from patients.records.readiness import studies_of
from patients.records.refusals import refusal_text

DOCUMENTS_SHOWN = 200
FILES_OF_A_STUDY = 5
STEP_NAMES = {
    steps.INSPECT: _("Check of the file"),
    steps.PREVIEW: _("Pictures of the pages"),
    steps.TEXT: _("Text"),
    steps.LANGUAGE: _("Language"),
    steps.KIND_AND_DATE: _("Kind and date"),
    steps.DICOM: _("Images"),
    steps.CLINICAL: _("Problems, allergies and medicines"),
}


@dataclass(frozen=True)
class StepLine:
    name: str
    outcome: str
    note: str
    has_failed: bool


@dataclass(frozen=True)
class DocumentLine:
    document: Document
    form: DocumentForm
    refusal: str

    @property
    def preview(self):
        return next(iter(self.document.previews.all()), None)

    @property
    def has_failed(self) -> bool:
        return any(step.outcome == StepOutcome.FAILED for step in self.document.processing.all())

    @property
    def steps(self) -> list[StepLine]:
        return [
            StepLine(
                name=STEP_NAMES.get(step.step, step.step),
                outcome=step.get_outcome_display(),
                note=note_text(step.detail),
                has_failed=step.outcome == StepOutcome.FAILED,
            )
            for step in self.document.processing.all()
        ]


@dataclass(frozen=True)
class StudyLine:
    """`files` are the first of its documents; `form` states its date in one of them, where the images do not."""

    study: Study
    files: list[Document]
    form: DocumentForm | None
    name_differs: bool
    birth_date_differs: bool

    @property
    def modalities(self) -> str:
        return ", ".join(dict.fromkeys(series.modality for series in self.study.series.all() if series.modality))

    @property
    def copies(self) -> list[tuple[SharedStudy, str]]:
        """Each copy, and what is said of it."""
        return [(copy, note_text(copy.error)) for copy in self.study.copies.all()]

    @property
    def copy_is_made(self) -> bool:
        """Whether one is on its way."""
        return any(copy.file is None and not copy.error for copy in self.study.copies.all())

    @property
    def preview(self):
        pictures = (getattr(series, "preview", None) for series in self.study.series.all())
        return next(filter(None, pictures), None)


def record_cards(case: Case, reader, failed_form: DocumentForm | None = None) -> dict:
    """The context of the cards, in a fixed number of queries. `failed_form` stands in the place of its document's."""
    studies = _studies(case, failed_form)
    return {
        **_records(case, reader),
        **_documents(case, failed_form),
        "studies": studies,
        "doubtful": {line.study.pk for line in studies if line.name_differs or line.birth_date_differs},
        "summary": summary_of(case.patient),
        "may_confirm": reader.may(Duty.MOVE_CASES),
        "upload_form": UploadForm(),
        "reminders": len(REMIND_AFTER),
    }


def _records(case, reader):
    readiness = readiness_of_case(case)
    request = case.record_requests.select_related("asked_by").first()
    is_open = bool(request) and request.state == RecordRequestState.OPEN
    is_possible = case.stage != Stage.CLOSED and not is_open
    return {
        "readiness": readiness,
        "record_request": request,
        "asked_records": asked_for(request, readiness) if is_open else [],
        "is_unanswered": is_open and is_unanswered(request),
        "may_ask": bool(is_possible and readiness.to_ask_for and reader.may(Duty.WRITE_TO_PATIENTS)),
    }


def _documents(case, failed_form):
    documents = Document.objects.filter(patient=case.patient_id, study=None)
    unread = documents.filter(state__in=UNFINISHED).exclude(folder="").order_by("folder").values_list("folder")
    folders = list(unread.annotate(files=Count("pk")).filter(files__gte=FOLDER_FILES))
    documents = documents.exclude(folder__in=[name for name, _files in folders], state__in=UNFINISHED)
    documents = documents.for_list().select_related("confirmed_by")
    lines = [_line(document, failed_form) for document in documents[: DOCUMENTS_SHOWN + 1]]
    return {
        "documents": [line for line in lines[:DOCUMENTS_SHOWN] if not line.refusal],
        "refused": [line for line in lines[:DOCUMENTS_SHOWN] if line.refusal],
        "unread_folders": folders,
        "has_more_documents": len(lines) > DOCUMENTS_SHOWN,
    }


def _line(document, failed_form):
    is_failed = failed_form is not None and failed_form.document.pk == document.pk
    is_refused = document.state == DocumentState.QUARANTINED
    return DocumentLine(
        document=document,
        form=failed_form if is_failed else DocumentForm(document),
        refusal=(refusal_text(document.refusal) or document.get_state_display()) if is_refused else "",
    )


def _studies(case, failed_form):
    """Each in one line, however many images it has."""
    files = Document.objects.kept().order_by("filename", "pk")
    studies = (
        studies_of([case.patient_id])
        .annotate(
            files=_count(Document.objects.kept().filter(study=OuterRef("pk")), "study"),
            images=_count(Instance.objects.filter(series__study=OuterRef("pk")), "series__study"),
        )
        .prefetch_related(
            "series__preview",
            Prefetch("documents", files[:FILES_OF_A_STUDY], to_attr="first_files"),
            Prefetch("copies", SharedStudy.objects.select_related("asked_by", "file")),
        )
    )
    return [
        StudyLine(
            study=study,
            files=study.first_files,
            form=_form_of(study, failed_form),
            name_differs=name_differs(study, case.patient),
            birth_date_differs=birth_date_differs(study, case.patient),
        )
        for study in studies
    ]


def _form_of(study, failed_form):
    if failed_form and failed_form.document.study_id == study.pk:
        return failed_form
    is_dated = study.studied_on or study.stated_on or not study.first_files
    return None if is_dated else DocumentForm(study.first_files[0])


def _count(rows, group):
    """How many rows of a group there are, as a subquery."""
    counted = rows.order_by().values(group).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)
