"""Documents: received into a draft or for a patient, given to the patient with the request, and taken back."""

import hashlib
import unicodedata

from django.db import transaction

from offices.directory.models import User
from offices.kit.names import without_bidi_controls
from offices.outbox.services import publish_event
from patients.intake.models import Draft, Patient
from patients.records import vault
from patients.records.inspection import HEAD_BYTES, inspect_head
from patients.records.models import Document, DocumentState, Instance, Series, StoredFile, Study, Upload
from patients.records.refusals import Refused

HASH_BYTES = 1024 * 1024
LONGEST_NAME, LONGEST_FOLDER, LONGEST_ENDING = 255, 1000, 20


@transaction.atomic
def receive_document(
    *,
    file: StoredFile,
    filename: str,
    folder: str = "",
    draft: Draft | None = None,
    patient: Patient | None = None,
    sender: User | None = None,
) -> Document:
    """A document of a stored file, for a patient or else a draft. Sent twice, it is the one that is there.

    One that cannot be accepted is there as well, quarantined, so that its sender reads why.
    """
    if not file.sha256:
        set_sha256(file)
    owner = lock_owner(draft=draft, patient=patient)
    mine = owned_by(Document.objects.all(), **owner)
    for twin in mine.filter(file__sha256=file.sha256, file__size=file.size).exclude(file=file):
        # Under another name it may be accepted this time.
        if twin.state != DocumentState.QUARANTINED or twin.filename == filename:
            _drop_copy(file)
            return twin
    document = Document(file=file, filename=filename, folder=folder, sender=sender, **owner)
    try:
        file.media_type = inspect_head(filename, b"".join(vault.read_range(file, 0, HEAD_BYTES)), file.size)
    except Refused as refused:
        document.state, document.refusal = DocumentState.QUARANTINED, refused.code
    file.save(update_fields=["media_type"])
    document.save(force_insert=True)
    if not document.refusal:
        publish_event("document.received", {"document_id": str(document.pk)})
    return document


def clean_filename(name: str) -> str:
    """The last part of a path, without characters that hide others; what is too long loses its middle."""
    name = _printable(name.replace("\\", "/").rpartition("/")[2]).strip()
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - LONGEST_ENDING] + name[-LONGEST_ENDING:]


def clean_folder(path: str) -> str:
    parts = (_printable(part).strip() for part in path.replace("\\", "/").split("/"))
    return "/".join(part for part in parts if part not in ("", ".", ".."))[:LONGEST_FOLDER]


def set_sha256(file: StoredFile) -> None:
    """Reads the whole file."""
    digest = hashlib.sha256()
    with vault.open_file(file) as opened:
        while piece := opened.read(HASH_BYTES):
            digest.update(piece)
    file.sha256 = digest.hexdigest()
    file.save(update_fields=["sha256"])


def owned_by(rows, *, draft: Draft | None = None, patient: Patient | None = None):
    """The documents, studies or uploads of a patient, or of a draft while it is no patient's."""
    if patient:
        return rows.filter(patient=patient)
    return rows.filter(draft=draft, patient=None) if draft else rows.none()


def lock_owner(*, draft: Draft | None = None, patient: Patient | None = None) -> dict:
    """Whoever sends the same file twice at once gets one document. A draft is locked before a patient.

    Returns whom it is for now, as `owned_by` takes it: what was meant for a draft that was sent since is the patient's.
    Raises Draft.DoesNotExist when the draft was thrown away.
    """
    if draft:
        draft = Draft.objects.select_for_update(no_key=True).get(pk=draft.pk)
        if draft.care_request_id and not patient:
            patient = Patient.objects.get(requests=draft.care_request_id)
    if patient:
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    return {"draft": None if patient else draft, "patient": patient}


@transaction.atomic
def adopt_documents(*, draft: Draft, patient: Patient) -> None:
    """Give the patient what the draft has: documents, studies, and uploads on their way, which remember the draft."""
    lock_owner(draft=draft, patient=patient)
    there = set(Document.objects.kept().filter(patient=patient).values_list("file__sha256", flat=True))
    # Locked, so that a step of reading them ends before or begins after.
    documents = owned_by(Document.objects.select_related("file"), draft=draft)
    for document in documents.select_for_update(of=["self"], no_key=True):
        if document.file.sha256 in there:
            remove_document(document=document)
    for study in owned_by(Study.objects.all(), draft=draft):
        known = Study.objects.filter(patient=patient, uid=study.uid).first()
        if known:
            _merge_study(study, known)
    for model in (Document, Study):
        owned_by(model.objects.all(), draft=draft).update(patient=patient, draft=None)
    owned_by(Upload.objects.all(), draft=draft).update(patient=patient)


@transaction.atomic
def remove_document(*, document: Document) -> bool:
    """Take it back: its rows, what was read in it, and its bytes. Not when its request was sent; says whether."""
    rows = Document.objects.select_for_update(of=["self"]).select_related("file")
    if document.draft_id:
        Draft.objects.select_for_update(no_key=True).filter(pk=document.draft_id).first()
    document = rows.filter(pk=document.pk, patient=None).first()
    if document is None:
        return False
    files = [preview.file for preview in document.previews.select_related("file")]
    series = dict(Series.objects.filter(instances__document=document).values_list("pk", "study"))
    document.previews.all().delete()
    document.delete()
    Series.objects.filter(pk__in=series, instances=None).delete()
    studies = Study.objects.filter(pk__in={document.study_id, *series.values()}, documents=None)
    studies.exclude(pk__in=Series.objects.exclude(instances=None).values("study")).delete()
    if not Document.objects.filter(file=document.file).exists():
        Upload.objects.filter(file=document.file).delete()
        files.append(document.file)
    for file in files:
        vault.remove_file(file)
    return True


def _printable(text):
    text = unicodedata.normalize("NFC", without_bidi_controls(text))
    return "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp"))


def _drop_copy(file):
    """The upload that brought it stays until it expires: its sender may still ask how far it came."""
    if Upload.objects.filter(file=file).exists():
        vault.empty_file(file)
    else:
        vault.remove_file(file)


def _merge_study(study, known):
    for series in study.series.all():
        same = known.series.filter(uid=series.uid).first()
        if same is None:
            Series.objects.filter(pk=series.pk).update(study=known)
            continue
        there = Instance.objects.filter(series=same).values("uid")
        series.instances.exclude(uid__in=there).update(series=same)
    study.documents.update(study=known)
    study.delete()
