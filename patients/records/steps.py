"""What each step of reading a document does: `work` reads the file outside any transaction, `keep` writes the result.

`keep` is called in a transaction with the document locked. It replaces what an earlier try wrote, never overwrites what
a person stated, sets READ_FIELDS of the document without saving it, and returns the note for ProcessingStep.detail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from offices.kit.languages import desk_language
from offices.translation.detection import detect_language
from patients.records import vault, virus
from patients.records.clinical.ccda import read_cda
from patients.records.clinical.found import save_items
from patients.records.clinical.ips import read_bundle
from patients.records.dicom import save_headers
from patients.records.headers import read_archive, read_file
from patients.records.inspection import HEAD_BYTES, inspect_file, inspect_head, names
from patients.records.models import Document, DocumentKind, DocumentText, Preview, StepOutcome
from patients.records.notes import Note, write_note
from patients.records.reading.dates import propose_date
from patients.records.reading.kinds import propose_kind
from patients.records.reading.pictures import DRAWN, draw_previews
from patients.records.reading.texts import read_text
from patients.records.sources import reading
from patients.records.vault import open_file

INSPECT, PREVIEW, TEXT, LANGUAGE, KIND_AND_DATE = "inspect", "preview", "text", "language", "kind_and_date"
DICOM, CLINICAL = "dicom", "clinical"
READ_FIELDS = ("kind", "dated_on", "language", "pages", "study")
LANGUAGE_LETTERS = 2000


@dataclass(frozen=True)
class Step:
    work: Callable[[Document], Any]
    keep: Callable[[Document, Any], str]


def steps_of(media_type: str) -> tuple[str, ...]:
    """The steps of a type of file in their order. Images take few: there are a thousand in a folder."""
    if media_type in (names.DICOM, names.ZIP):
        return INSPECT, DICOM
    if media_type in (names.XML, names.JSON):
        return INSPECT, CLINICAL
    previews = (PREVIEW,) if media_type in DRAWN else ()
    return INSPECT, *previews, TEXT, LANGUAGE, KIND_AND_DATE


def steps_together(media_type: str, step: str) -> tuple[str, ...]:
    """What one event does: a step, or both of those of a DICOM file, of which a folder has a thousand."""
    return (INSPECT, DICOM) if (media_type, step) == (names.DICOM, INSPECT) else (step,)


def owner_language(document: Document) -> str:
    owner = document.patient or document.draft
    return desk_language(owner.language) if owner else ""


def _inspect(document):
    """Raises Refused. Nothing goes past this while a virus scanner is set and does not answer."""
    file = document.file
    with open_file(file) as stream:
        media_type = inspect_head(document.filename, stream.read(HEAD_BYTES), file.size)
        stream.seek(0)
        inspect_file(document.filename, media_type, stream, file.size)
        stream.seek(0)
        virus.scan(stream)
    return media_type


def _keep_media_type(document, media_type):
    if document.file.media_type != media_type:
        document.file.media_type = media_type
        document.file.save(update_fields=["media_type"])
    return ""


def _draw(document):
    with reading(document.file) as stream:
        return draw_previews(stream, document.file.media_type)


def _keep_previews(document, drawn_and_pages):
    drawn, document.pages = drawn_and_pages
    for old in document.previews.select_related("file"):
        old.delete()
        vault.remove_file(old.file)
    for page, picture in enumerate(drawn, start=1):
        file = vault.store_bytes(content=picture.content, media_type="image/jpeg")
        size = {"width": picture.width, "height": picture.height}
        Preview.objects.create(document=document, page=page, file=file, **size)
    return write_note(Note.SOME_PAGES, done=len(drawn), total=document.pages) if len(drawn) < document.pages else ""


def _read_text(document):
    with reading(document.file) as stream:
        return read_text(stream, document.file.media_type, language=owner_language(document))


def _keep_text(document, found):
    text, source, note = found
    if text:
        values = {"text": text, "source": source}
        DocumentText.objects.update_or_create(document=document, defaults=values)
        return write_note(**note)
    DocumentText.objects.filter(document=document).delete()
    return write_note(**(note or {"note": Note.NO_TEXT}))


def _text_of(document):
    return DocumentText.objects.filter(document=document).values_list("text", flat=True).first() or ""


def _tell_language(document):
    text = _text_of(document)[:LANGUAGE_LETTERS]
    return detect_language(text, likely=owner_language(document)) if any(map(str.isalpha, text)) else ""


def _keep_language(document, language):
    document.language = language
    return "" if language else write_note(Note.LANGUAGE_UNKNOWN)


def _propose(document):
    text, patient = _text_of(document), document.patient
    dated_on = propose_date(
        text,
        language=document.language or owner_language(document),
        today=timezone.localdate(),
        birth_date=patient.birth_date if patient else None,
    )
    return propose_kind(text, document.filename), dated_on


def keep_proposal(document: Document, kind: str, dated_on) -> None:
    """Fill in what nobody has stated."""
    if document.confirmed_by_id:
        return
    if document.kind == DocumentKind.OTHER:
        document.kind = kind
    document.dated_on = document.dated_on or dated_on


def _keep_kind_and_date(document, proposal):
    keep_proposal(document, *proposal)
    return ""


def _read_headers(document):
    with reading(document.file) as stream:
        if document.file.media_type == names.ZIP:
            return read_archive(stream)
        return [read_file(stream)], 0


def _keep_study(document, found):
    headers, others = found
    document.study = save_headers(document, headers)
    keep_proposal(document, DocumentKind.IMAGING, document.study.studied_on)
    if document.file.media_type != names.ZIP:
        return ""
    studies, counts = len({header.study.uid for header in headers}), {"images": len(headers), "others": others}
    return (
        write_note(Note.STUDY, **counts)
        if studies == 1
        else write_note(Note.SEVERAL_STUDIES, studies=studies, **counts)
    )


def _read_summary(document):
    with reading(document.file) as stream:
        return read_cda(stream) if document.file.media_type == names.XML else read_bundle(stream)


def _keep_summary(document, summary):
    save_items(document, summary.items)
    document.language = desk_language(summary.language)[:12]
    keep_proposal(document, DocumentKind.SUMMARY, summary.dated_on)
    return "" if summary.is_valid else write_note(Note.NOT_VALID)


STEPS = {
    INSPECT: Step(_inspect, _keep_media_type),
    PREVIEW: Step(_draw, _keep_previews),
    TEXT: Step(_read_text, _keep_text),
    LANGUAGE: Step(_tell_language, _keep_language),
    KIND_AND_DATE: Step(_propose, _keep_kind_and_date),
    DICOM: Step(_read_headers, _keep_study),
    CLINICAL: Step(_read_summary, _keep_summary),
}
# A note that says that there was nothing to do, rather than that it failed.
NOT_NEEDED = frozenset({Note.NO_TEXT_READER, Note.CD_INDEX, Note.NO_SUMMARY})


def outcome_of(note: str) -> str:
    """How a step ends that raised Unreadable with this note."""
    return StepOutcome.SKIPPED if note in NOT_NEEDED else StepOutcome.FAILED
