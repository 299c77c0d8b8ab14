"""Encrypted storage of patients' files: each under a key of its own, which a master key wraps (`RECORDS_KEYS`).

A file is a row of parts, each one object in `storages["records"]`: a random prefix of eight bytes, then AES-256-GCM
frames of 64 KiB. A frame's nonce is the prefix and the frame's number, and it is bound to its file, the start of its
part and its number: a frame that was changed, moved or cut off does not open. Only a frame at a time is in memory.
"""

import hashlib
import io
import logging
import os
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from operator import attrgetter
from typing import BinaryIO
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError
from django.utils import timezone

from offices.outbox.services import publish_event
from patients.records import keys
from patients.records.models import FilePart, Preview, SharedStudy, StoredFile

FRAME_BYTES = 64 * 1024
TAG_BYTES = 16
PREFIX_BYTES = 8
# What a backend may hold in memory at a time: S3's reads a whole object before it gives the first byte.
PART_BYTES = 8 * 1024 * 1024
# Small, so that little is lost when a line breaks while it is read.
READ_BYTES = 16 * 1024
NAMES_AN_EVENT = 500
FILES_A_SWEEP = 1000

log = logging.getLogger(__name__)


class Damaged(Exception):
    """What lies in the storage is not what was written there, or cannot be opened with the keys that we have."""


class PartTaken(Exception):
    """Somebody else wrote this part of the file in the meantime."""


def create_file(*, media_type: str = "") -> StoredFile:
    """An empty file with a new key."""
    return StoredFile.objects.create(media_type=media_type, wrapped_key=keys.new_wrapped_key())


def write_part(*, file: StoredFile, start: int, stream: BinaryIO, limit: int, digest=None) -> FilePart:
    """Encrypt what `stream.read` gives, up to `limit` bytes, into one object, for `keep_part` or `drop_part`.

    To be called outside any transaction that locks: it lasts as long as the stream. A stream that breaks (OSError) ends
    the part with what came. `digest` is fed the plain bytes.
    """
    sealer = _Sealer(file, start, stream, limit, digest)
    name = f"{timezone.now():%Y-%m-%d}/{uuid4().hex}"
    name = _storage().save(name, File(io.BufferedReader(sealer, FRAME_BYTES), name=name))
    return FilePart(file=file, start=start, size=sealer.size, name=name)


@transaction.atomic
def keep_part(*, file: StoredFile, part: FilePart) -> None:
    """Make it the file's end. PartTaken when the file does not end where the part starts: the caller drops it."""
    grown = StoredFile.objects.filter(pk=file.pk, size=part.start).update(size=part.start + part.size)
    if not grown:
        raise PartTaken(part.name)
    if part.size:
        part.save(force_insert=True)
    else:
        drop_part(part=part)
    file.size = part.start + part.size


def drop_part(*, part: FilePart) -> None:
    _storage().delete(part.name)


def store_bytes(*, content: bytes | BinaryIO, media_type: str) -> StoredFile:
    """A whole file, with its sha256."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    digest, file = hashlib.sha256(), create_file(media_type=media_type)
    while True:
        part = write_part(file=file, start=file.size, stream=stream, limit=PART_BYTES, digest=digest)
        keep_part(file=file, part=part)
        if part.size < PART_BYTES:
            break
    file.sha256 = digest.hexdigest()
    file.save(update_fields=["sha256"])
    return file


def open_file(file: StoredFile) -> BinaryIO:
    """A seekable reader of the plain bytes. Raises Damaged where they are not what was stored."""
    return io.BufferedReader(_Reader(file), FRAME_BYTES)


def read_range(file: StoredFile, start: int, end: int) -> Iterator[bytes]:
    """The plain bytes from `start` to `end` (exclusive), a frame or less at a time."""
    with _Reader(file) as reader:
        reader.seek(start)
        while (here := reader.tell()) < min(end, file.size):
            yield reader.read_some(end - here)


@transaction.atomic
def remove_file(file: StoredFile) -> None:
    """Delete its rows, and with them its key; a worker deletes the objects once this is committed."""
    empty_file(file)
    file.delete()


@transaction.atomic
def empty_file(file: StoredFile) -> None:
    """Leave the row and nothing in it."""
    names = list(file.parts.values_list("name", flat=True))
    file.parts.all().delete()
    file.size, file.sha256 = 0, ""
    file.save(update_fields=["size", "sha256"])
    for i in range(0, len(names), NAMES_AN_EVENT):
        publish_event("file.removed", {"names": names[i : i + NAMES_AN_EVENT]})


def remove_files_of_nobody() -> int:
    """Delete the files, two days old or more, that nothing refers to; says how many.

    They are what a worker left that died between storing a file and saying what it is.
    """
    old = StoredFile.objects.filter(created_at__lt=timezone.now() - timedelta(days=2), documents=None, upload=None)
    for model in (Preview, SharedStudy):
        old = old.exclude(Exists(model.objects.filter(file=OuterRef("pk"))))
    removed = 0
    for file in old.order_by("pk")[:FILES_A_SWEEP]:
        try:
            remove_file(file)
            removed += 1
        except ProtectedError:  # somebody's after all
            log.exception("File %s was not swept.", file.pk)
    return removed


def delete_objects(payload: dict) -> None:
    """Handles `file.removed`."""
    for name in payload["names"]:
        _storage().delete(name)


def remove_strays(day: date) -> int:
    """Delete the objects written on that day (UTC, two days ago or more) that belong to no file; says how many.

    They are what a worker left that died, or whose transaction was rolled back, after it had written them.
    """
    if day > timezone.now().date() - timedelta(days=2):
        raise ValueError("Parts of that day may still be on their way.")
    try:
        names = [f"{day:%Y-%m-%d}/{name}" for name in _storage().listdir(f"{day:%Y-%m-%d}")[1]]
    except FileNotFoundError:
        return 0
    strays = set(names) - set(
        FilePart.objects.filter(name__startswith=f"{day:%Y-%m-%d}/").values_list("name", flat=True)
    )
    for name in strays:
        _storage().delete(name)
    return len(strays)


def _storage():
    return storages["records"]


def _cipher(file):
    try:
        return AESGCM(keys.unwrap(file.wrapped_key))
    except InvalidToken as error:
        raise Damaged(f"No key of RECORDS_KEYS opens file {file.pk}.") from error


def _seal_of(file, start, number):
    return file.pk.bytes + start.to_bytes(8) + number.to_bytes(4)


class _Sealer(io.RawIOBase):
    """Reads as the encrypted object of what `stream` gives. `size` counts the plain bytes."""

    def __init__(self, file, start, stream, limit, digest):
        self.file, self.start, self.stream, self.left, self.digest = file, start, stream, limit, digest
        self.cipher = _cipher(file)
        self.prefix = self.ready = os.urandom(PREFIX_BYTES)
        self.size = self.number = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self.ready:
            self.ready = self._next_frame()
        count = min(len(buffer), len(self.ready))
        buffer[:count], self.ready = self.ready[:count], self.ready[count:]
        return count

    def _next_frame(self):
        plain = b"".join(self._pieces(min(FRAME_BYTES, self.left)))
        if not plain:
            return b""
        if self.digest:
            self.digest.update(plain)
        nonce = self.prefix + self.number.to_bytes(4)
        sealed = self.cipher.encrypt(nonce, plain, _seal_of(self.file, self.start, self.number))
        self.size, self.left, self.number = self.size + len(plain), self.left - len(plain), self.number + 1
        if len(plain) < FRAME_BYTES:  # only the last frame may be short
            self.left = 0
        return sealed

    def _pieces(self, wanted):
        while wanted:
            try:
                piece = self.stream.read(min(wanted, READ_BYTES))
            except OSError:
                return
            if not piece:
                return
            yield piece
            wanted -= len(piece)


class _Reader(io.RawIOBase):
    """The plain bytes of a file. Keeps one object open and one frame in memory."""

    def __init__(self, file):
        self.file, self.position = file, 0
        self.cipher = _cipher(file)
        self.object = self.open_part = self.frame = self.frame_at = None

    @cached_property
    def parts(self):
        parts = list(self.file.parts.order_by("start"))
        ends = [0, *(part.start + part.size for part in parts)]
        if ends[-1] != self.file.size or any(part.start != end for part, end in zip(parts, ends, strict=False)):
            raise Damaged(f"File {self.file.pk} lacks a part.")
        return parts

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.position

    def seek(self, offset, whence=io.SEEK_SET):
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.file.size}[whence]
        if base + offset < 0:
            raise ValueError("Before the file's start.")
        self.position = base + offset
        return self.position

    def readinto(self, buffer):
        plain = self.read_some(len(buffer))
        buffer[: len(plain)] = plain
        return len(plain)

    def read_some(self, count):
        """Up to `count` bytes from here, as many as one frame has; none at the end."""
        if self.position >= self.file.size:
            return b""
        part = self._part_at(self.position)
        number, into = divmod(self.position - part.start, FRAME_BYTES)
        if self.frame_at != (part.pk, number):
            self.frame, self.frame_at = self._open_frame(part, number), (part.pk, number)
        plain = self.frame[into : into + count]
        self.position += len(plain)
        return plain

    def close(self):
        if self.object:
            self.object.close()
            self.object = None
        super().close()

    def _part_at(self, position):
        return self.parts[bisect_right(self.parts, position, key=attrgetter("start")) - 1]

    def _open_frame(self, part, number):
        if self.open_part != part:
            if self.object:
                self.object.close()
            try:
                self.object = _storage().open(part.name)
            except FileNotFoundError as error:
                raise Damaged(f"Part {part.name} is not in the storage.") from error
            self.open_part, self.prefix = part, self.object.read(PREFIX_BYTES)
        length = min(FRAME_BYTES, part.size - number * FRAME_BYTES) + TAG_BYTES
        self.object.seek(PREFIX_BYTES + number * (FRAME_BYTES + TAG_BYTES))
        sealed = self.object.read(length)
        try:
            nonce = self.prefix + number.to_bytes(4)
            return self.cipher.decrypt(nonce, sealed, _seal_of(self.file, part.start, number))
        except (InvalidTag, ValueError) as error:
            raise Damaged(f"Frame {number} of part {part.name} does not open.") from error
