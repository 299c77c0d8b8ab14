"""Whether the first bytes of a file are those of the type that its name says."""

import filetype
from django.conf import settings

from patients.records.inspection import names
from patients.records.inspection.names import inspect_name
from patients.records.refusals import Refusal, Refused

# As much of a file as `inspect_head` looks at.
HEAD_BYTES = 8192

_OLE_MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
# Control characters that no text has; tabs, ends of lines and pages, and escapes are not among them.
_NOT_TEXT = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1a\x1b")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def inspect_head(filename: str, head: bytes, size: int) -> str:
    """The media type of a file of `size` bytes that begins with `head` (up to HEAD_BYTES of it). Raises Refused."""
    media_type = inspect_name(filename)
    if size == 0 or not head:
        raise Refused(Refusal.EMPTY)
    if size > settings.UPLOAD_LARGEST_BYTES:
        raise Refused(Refusal.TOO_LARGE)
    if head.startswith(_OLE_MAGIC) and media_type in names.OOXML:
        raise Refused(Refusal.ENCRYPTED_OFFICE)  # which is how Office locks such a file
    if not _begins_as(media_type, head[:HEAD_BYTES]):
        raise Refused(Refusal.TYPE_DISAGREES)
    return media_type


def _begins_as(media_type: str, head: bytes) -> bool:
    if media_type == names.DICOM:
        return head[128:132] == b"DICM" and not head.startswith(_PROGRAMS)
    if media_type == names.PDF:
        return b"%PDF-" in head[:1024] and not head.startswith(_PROGRAMS)  # real files have a line before it
    if media_type in (names.HEIC, names.HEIF):
        return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS
    if media_type in names.PICTURES:
        kind = filetype.image_match(head)
        return kind is not None and kind.mime == media_type
    if media_type == names.ZIP or media_type in names.OOXML | names.ODF:
        return head.startswith(_ZIP_MAGICS)
    if media_type in names.OLE:
        return head.startswith(_OLE_MAGIC)
    if media_type == names.RTF:
        return head.startswith(b"{\\rtf")
    return _begins_as_text(media_type, head)


def _begins_as_text(media_type: str, head: bytes) -> bool:
    mark = next((mark for mark in _BYTE_ORDER_MARKS if head.startswith(mark)), b"")
    if mark in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "replace").encode()
    plain = head.removeprefix(mark)
    if not _NOT_TEXT.isdisjoint(plain) or plain.startswith((*_PROGRAMS, b"%PDF-", b"{\\rtf")):
        return False
    start = plain.lstrip()[:1]
    return {names.XML: b"<", names.JSON: b"{"}.get(media_type, start) == start
