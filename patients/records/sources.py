"""Reading what people sent: whose fault a failure is, the file's or the storage's."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from patients.records.models import StoredFile
from patients.records.notes import Note
from patients.records.refusals import Refused
from patients.records.vault import FRAME_BYTES, open_file


class Unreadable(Exception):
    """The step cannot be done with this file, however often it is tried. `note` is one of Note."""

    def __init__(self, note: str = Note.UNREADABLE):
        self.note = note
        super().__init__(str(note))


class _Watched(io.RawIOBase):
    """Passes reads on, and keeps what went wrong below: a library may swallow that, or raise its own instead."""

    name = None  # pydicom asks

    def __init__(self, stream):
        self.stream, self.trouble = stream, None

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=io.SEEK_SET):
        return self.stream.seek(offset, whence)

    def tell(self):
        return self.stream.tell()

    def readinto(self, buffer):
        try:
            return self.stream.readinto(buffer)
        except Exception as error:
            self.trouble = error
            raise


@contextmanager
def watched(stream: BinaryIO) -> Iterator[BinaryIO]:
    """`stream` for a parser. Raises what went wrong in the storage, else Unreadable for whatever the parser raises."""
    below = _Watched(stream)
    try:
        with io.BufferedReader(below, FRAME_BYTES) as reader:
            yield reader
    except Exception as error:
        if below.trouble:
            raise below.trouble from error
        if isinstance(error, (Refused, Unreadable)):
            raise
        raise Unreadable from error
    if below.trouble:  # the parser went on without what it could not read
        raise below.trouble


@contextmanager
def reading(file: StoredFile) -> Iterator[BinaryIO]:
    """The plain bytes of a stored file for a parser, as `watched` gives them."""
    with open_file(file) as stream, watched(stream) as reader:
        yield reader
