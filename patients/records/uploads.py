"""Uploads that go on where they stopped: begun, filled piece by piece, ended as a document, or given up.

No lock is held while bytes arrive. Two who send the same piece both write an object of their own; the first to be done
moves the offset, and the other gets Conflict.
"""

import logging
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, Sum
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
# For drafts, which cost nothing, from one connection without an account: two large discs, or a clinic's few patients.
MOST_BYTES_PER_HOUR = 40 * 1024**3
SWEEP_SIZE = 500


@dataclass(frozen=True)
class Owner:
    """Whom a file is for, a patient or else a draft, and who sends it: without an account, the address of a line."""

    draft: Draft | None = None
    patient: Patient | None = None
    sender: User | None = None
    connection: str = ""

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
    """The owner began very many uploads in the last hour, or the connection very large ones."""


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
    if owner.connection and is_over_limit(
        f"upload-bytes:{owner.connection}", limit=MOST_BYTES_PER_HOUR, seconds=HOUR, amount=length
    ):
        raise TooOften


def begin_upload(*, owner: Owner, filename: str, folder: str, length: int) -> Upload:
    """Raises Refused, TooMuch, TooOften or Draft.DoesNotExist. An upload of no bytes is ended at once.

    One that a draft began remembers it when the request is sent.
    """
    check_file(owner=owner, filename=filename, length=length)
    with transaction.atomic():
        whom = owner.whom | {"patient": lock_owner(**owner.whom)["patient"]}
        upload = Upload.objects.create(
            file=vault.create_file(), filename=filename, folder=folder, length=length, sender=owner.sender, **whom
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
    try:  # `parts` holds what was not yet handed to _keep: rows of the others may be committed even where it fails
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
    except BaseException:
        _drop(parts)
        raise
    _keep(upload, parts)
    if upload.offset == upload.length:
        end_upload(upload=upload)


def end_upload(*, upload: Upload) -> None:
    """Make a document of an upload that is all here. Called twice, it does so once, and never for a deleted draft."""
    if not upload.file.sha256:
        set_sha256(upload.file)  # before any lock: it may take a while
    with transaction.atomic():
        try:
            owner = lock_owner(draft=upload.draft, patient=upload.patient)
        except Draft.DoesNotExist:
            return
        upload = Upload.objects.select_for_update(of=["self"]).select_related("file").filter(pk=upload.pk).first()
        if upload is None or upload.completed_at:
            return
        receive_document(
            file=upload.file,
            filename=upload.filename,
            folder=upload.folder,
            sender=upload.sender,
            **owner,
        )
        upload.completed_at = timezone.now()
        upload.save(update_fields=["completed_at"])


def receive_whole(*, owner: Owner, filename: str, stream: BinaryIO, length: int) -> Document:
    """A file that came by a form. Raises Refused, TooMuch, TooOften or Draft.DoesNotExist."""
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
    """End what is all here but was left by a dying worker, and forget uploads whose time is over.

    What is whole and cannot be ended stays, to be tried again.
    """
    whole = Q(completed_at=None, offset=F("length"))
    _sweep(Upload.objects.filter(whole), end_upload)
    _sweep(Upload.objects.filter(~whole, expires_at__lte=timezone.now()), give_up_upload)


def _sweep(rows, act):
    """Whatever is the matter with one of them, the others are done, and those that fail come last the next time."""
    for upload in rows.select_related("file", "draft", "patient").order_by("expires_at")[:SWEEP_SIZE]:
        try:
            act(upload=upload)
        except Exception:
            log.exception("Upload %s was not swept.", upload.pk)
            Upload.objects.filter(pk=upload.pk).update(expires_at=upload_end())


def _keep(upload, parts):
    """Add them to the file and move the offset. The upload is locked before its file, as everywhere."""
    if not parts:
        return
    start, end, expires_at = parts[0].start, parts[-1].start + parts[-1].size, upload_end()
    try:
        with transaction.atomic():
            here = Upload.objects.filter(pk=upload.pk, offset=start, completed_at=None)
            if not here.update(offset=end, expires_at=expires_at):
                raise Conflict
            for part in parts:
                vault.keep_part(file=upload.file, part=part)
    except (Conflict, vault.PartTaken) as error:
        _drop(parts)
        raise Conflict from error
    upload.offset, upload.expires_at = end, expires_at


def _drop(parts):
    for part in parts:
        vault.drop_part(part=part)
