"""Uploads that go on where they stopped: begun, filled piece by piece, ended as a document, or given up.

No lock is held while bytes arrive. Two who send the same piece both write an object of their own; the first to be done
moves the offset, and the other gets Conflict.
"""

import logging
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils import timezone

from offices.directory.models import User
from offices.kit.limits import is_over_limit
from patients.intake.models import Draft, Patient
from patients.records import vault
from patients.records.documents import lock_owner, owned_by, receive_document, set_sha256
from patients.records.inspection import inspect_name
from patients.records.models import Document, Upload
from patients.records.models.files import upload_end
from patients.records.refusals import Refusal, Refused

log = logging.getLogger(__name__)

# A study of thin slices has some thousand files. Anybody may begin a draft.
MOST_FILES, MOST_BYTES, MOST_BYTES_OF_A_DRAFT = 20_000, 100 * 1024**3, 20 * 1024**3
UPLOADS_PER_HOUR, HOUR = 6000, 3600
SWEEP_SIZE = 500


@dataclass(frozen=True)
class Owner:
    """Whom a file is for, and who sends it: a patient, or else a draft."""

    draft: Draft | None = None
    patient: Patient | None = None
    sender: User | None = None

    @property
    def whom(self) -> dict:
        return {"draft": None if self.patient else self.draft, "patient": self.patient}

    def __bool__(self):
        return bool(self.draft or self.patient)


class Conflict(Exception):
    """The upload's offset is another than the sender thinks."""


class ChecksumMismatch(Exception):
    """The bytes are not those that were sent; none was kept."""


class TooMuch(Exception):
    """The owner has sent as much as is taken."""


class TooOften(Exception):
    """The owner began very many uploads in the last hour."""


def check_file(*, owner: Owner, filename: str, length: int) -> None:
    """Whether a file may be sent at all. Raises Refused, TooMuch or TooOften."""
    inspect_name(filename)
    if length > settings.UPLOAD_LARGEST_BYTES:
        raise Refused(Refusal.TOO_LARGE)
    if is_over_limit(f"upload:{(owner.patient or owner.draft).pk}", limit=UPLOADS_PER_HOUR, seconds=HOUR):
        raise TooOften
    documents = owned_by(Document.objects.all(), **owner.whom).aggregate(bytes=Sum("file__size"), files=Count("pk"))
    coming = owned_by(Upload.objects.unfinished(), **owner.whom).aggregate(bytes=Sum("length"), files=Count("pk"))
    total = (documents["bytes"] or 0) + (coming["bytes"] or 0) + length
    if total > (MOST_BYTES if owner.patient else MOST_BYTES_OF_A_DRAFT):
        raise TooMuch
    if documents["files"] + coming["files"] >= MOST_FILES:
        raise TooMuch


def begin_upload(*, owner: Owner, filename: str, folder: str, length: int) -> Upload:
    """Raises Refused, TooMuch or TooOften. An upload of no bytes is ended at once."""
    check_file(owner=owner, filename=filename, length=length)
    with transaction.atomic():
        upload = Upload.objects.create(
            file=vault.create_file(), filename=filename, folder=folder, length=length, sender=owner.sender, **owner.whom
        )
    if not length:
        end_upload(upload=upload)
    return upload


def receive_bytes(
    *, upload: Upload, offset: int, stream: BinaryIO, count: int, digest=None, expected: bytes = b""
) -> None:
    """Take the next `count` bytes from the stream, and keep what came before a line broke.

    With a `digest` (of hashlib) all is kept or nothing: ChecksumMismatch when it is not `expected`. Conflict when
    somebody else moved the offset.
    """
    if upload.offset != offset:
        raise Conflict
    parts, end = [], min(offset + count, upload.length)
    try:
        while offset < end:
            limit = min(end - offset, vault.PART_BYTES)
            part = vault.write_part(file=upload.file, start=offset, stream=stream, limit=limit, digest=digest)
            parts.append(part)
            offset += part.size
            if not digest:
                _keep(upload, [parts.pop()])
            if part.size < limit:
                break
        if digest and digest.digest() != expected:
            raise ChecksumMismatch
        _keep(upload, parts)
        parts = []
    finally:
        for part in parts:
            vault.drop_part(part=part)
    if upload.offset == upload.length:
        end_upload(upload=upload)


def end_upload(*, upload: Upload) -> None:
    """Make a document of an upload that is all here. Called twice, it does so once."""
    if not upload.file.sha256:
        set_sha256(upload.file)  # before any lock: it may take a while
    with transaction.atomic():
        lock_owner(draft=upload.draft, patient=upload.patient)
        upload = Upload.objects.select_for_update(of=["self"]).select_related("file").filter(pk=upload.pk).first()
        if upload is None or upload.completed_at:
            return
        receive_document(
            file=upload.file,
            filename=upload.filename,
            folder=upload.folder,
            draft=upload.draft,
            patient=upload.patient,
            sender=upload.sender,
        )
        upload.completed_at = timezone.now()
        upload.save(update_fields=["completed_at"])


def receive_whole(*, owner: Owner, filename: str, stream: BinaryIO, length: int) -> Document:
    """A file that came by a form. Raises Refused, TooMuch or TooOften."""
    check_file(owner=owner, filename=filename, length=length)
    file = vault.store_bytes(content=stream, media_type="")
    return receive_document(file=file, filename=filename, sender=owner.sender, **owner.whom)


@transaction.atomic
def give_up_upload(*, upload: Upload) -> None:
    """Forget it, and its bytes where no document has them."""
    upload = Upload.objects.select_for_update(of=["self"]).select_related("file").filter(pk=upload.pk).first()
    if upload is None:
        return
    upload.delete()
    if not Document.objects.filter(file=upload.file).exists():
        vault.remove_file(upload.file)


def sweep_uploads() -> None:
    """End what is all here but was left by a dying worker, and forget uploads whose time is over."""
    whole = Upload.objects.select_related("file", "draft", "patient").filter(completed_at=None, offset=F("length"))
    for upload in whole.order_by("created_at")[:SWEEP_SIZE]:
        try:
            end_upload(upload=upload)
        except Exception:  # whatever is the matter with one file, the others are ended
            log.exception("Upload %s cannot be ended.", upload.pk)
    for upload in Upload.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")[:SWEEP_SIZE]:
        give_up_upload(upload=upload)


def _keep(upload, parts):
    if not parts:
        return
    end = parts[-1].start + parts[-1].size
    try:
        with transaction.atomic():
            for part in parts:
                vault.keep_part(file=upload.file, part=part)
            upload.expires_at = upload_end()
            Upload.objects.filter(pk=upload.pk).update(offset=end, expires_at=upload.expires_at)
    except vault.PartTaken as error:
        raise Conflict from error
    upload.offset = end
