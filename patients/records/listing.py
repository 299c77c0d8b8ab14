"""Documents as their sender reads them: a line for each, one for a study, one for a folder that is still being read."""

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from patients.records.models import Document, DocumentState, Preview, ProcessingStep, StepOutcome, Study
from patients.records.notes import note_text
from patients.records.refusals import refusal_text
from patients.records.serving import CHECKED

MOST_LINES = 300
UNFINISHED = (DocumentState.RECEIVED, DocumentState.CHECKED)
# So many unread files of one folder are one line.
FOLDER_FILES = 4


@dataclass(frozen=True)
class Line:
    """`done` of `count` files are read, or were not accepted. `notes` say what could not be done with the document."""

    title: str
    size: int
    count: int = 1
    done: int = 0
    document: Document | None = None
    picture: Preview | None = None
    notes: tuple[str, ...] = ()
    study: Study | None = None

    @property
    def is_finished(self) -> bool:
        return self.done >= self.count

    @property
    def refusal(self) -> str:
        return refusal_text(self.document.refusal) if self.document else ""

    @property
    def may_be_opened(self) -> bool:
        return bool(self.document) and self.document.state in CHECKED


def document_lines(documents: QuerySet) -> list[Line]:
    """The lines of documents, newest first, then folders, then studies, in a fixed number of queries."""
    rows = Document.objects.filter(pk__in=documents.values("pk")).order_by()
    sums = {"files": Count("pk"), "bytes": Sum("file__size"), "unread": Count("pk", filter=Q(state__in=UNFINISHED))}
    unread = rows.filter(study=None, state__in=UNFINISHED).exclude(folder="")
    folders = unread.values("folder").annotate(**sums).filter(files__gte=FOLDER_FILES).order_by("folder")
    lines = [Line(row["folder"], row["bytes"], row["files"], 0) for row in folders]
    studies = {row["study"]: row for row in rows.exclude(study=None).values("study").annotate(**sums)}
    for study in Study.objects.filter(pk__in=studies):
        row = studies[study.pk]
        lines.append(Line(str(study), row["bytes"], row["files"], row["files"] - row["unread"], study=study))
    single = rows.filter(study=None).exclude(
        folder__in=[row.title for row in lines if not row.study], state__in=UNFINISHED
    )
    first_pages = Prefetch("previews", Preview.objects.filter(page=1), to_attr="first_pages")
    failed = Prefetch("processing", ProcessingStep.objects.filter(outcome=StepOutcome.FAILED), to_attr="failed_steps")
    single = single.select_related("file").prefetch_related(first_pages, failed)
    single = single.order_by("-received_at", "-pk")[:MOST_LINES]
    return [_line(document) for document in single] + lines


def _line(document):
    is_open = document.state in CHECKED
    notes = dict.fromkeys(note_text(step.detail) for step in document.failed_steps if step.detail)
    return Line(
        document.filename,
        document.file.size,
        done=int(document.state not in UNFINISHED),
        document=document,
        picture=document.first_pages[0] if is_open and document.first_pages else None,
        notes=() if document.state == DocumentState.QUARANTINED else tuple(notes),
    )
