"""Zip files: studies, and the office documents that are zip files, too."""

import re
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo, _EndRecData

from patients.records.inspection import names
from patients.records.limits import (
    MOST_DIRECTORY_BYTES,
    MOST_ENTRIES,
    MOST_MEMORY_BYTES,
    MOST_RATIO,
    MOST_UNPACKED_BYTES,
    RATIO_MATTERS_BYTES,
)
from patients.records.refusals import Refusal, Refused
from patients.records.virus import EICAR

_NESTED = frozenset({"zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz"})
_ENCRYPTED_FLAG = 0x1
# The test virus comes in files as small as this.
_SMALL_BYTES = 4096
_ENTRY_MAGIC, _END64_MAGIC = b"PK\x01\x02", b"PK\x06\x06"
# Between the list of entries and the end record of a large file (ZIP64): another end record, and where that is.
_END64_BYTES = 56 + 20
_MAIN_PARTS = {names.DOCX: "word/document.xml", names.XLSX: "xl/workbook.xml", names.PPTX: "ppt/presentation.xml"}


def check_study(stream: BinaryIO, *, size: int, **kwargs) -> None:
    """A zip file of DICOM files, with whatever else lies on a hospital's CD. Raises Refused."""
    _require_few_entries(stream)
    with ZipFile(stream) as archive:
        members = _check_archive(archive, size)
        if any(names.name_ending(member.filename) in _NESTED for member in members):
            raise Refused(Refusal.ZIP_NESTED)
        if not any(is_dicom(archive, member) for member in members):
            raise Refused(Refusal.ZIP_NO_STUDY)


def check_office(stream: BinaryIO, *, media_type: str, size: int) -> None:
    """A document of Office or OpenDocument that is what its name says, without macros. Raises Refused."""
    _require_few_entries(stream)
    with ZipFile(stream) as archive:
        members = _check_archive(archive, size)
        if sum(member.file_size for member in members) > 4 * MOST_MEMORY_BYTES:
            raise Refused(Refusal.ZIP_BOMB)
        parts = {member.filename for member in members}
        check = _check_ooxml if media_type in names.OOXML else _check_odf
        check(archive, parts, media_type)


def is_dicom(archive: ZipFile, member: ZipInfo) -> bool:
    """Whether a member is a DICOM file, whatever its name."""
    if member.file_size <= 132:
        return False
    with archive.open(member) as content:
        return content.read(132)[128:] == b"DICM"


def read_part(archive: ZipFile, name: str) -> bytes:
    """A part of an office document, which is in memory whole. Raises Refused when it is too large for that."""
    if archive.getinfo(name).file_size > MOST_MEMORY_BYTES:
        raise Refused(Refusal.ZIP_BOMB)
    return archive.read(name)


def _require_few_entries(stream: BinaryIO) -> None:
    """Before ZipFile makes an object of each entry. It goes by the size of their list, not by the stated number."""
    end = _EndRecData(stream)
    if not end:
        return  # no zip file, as ZipFile will say
    signature, size, location = end[0], end[5], end[9]
    if size > MOST_DIRECTORY_BYTES:
        raise Refused(Refusal.ZIP_TOO_MANY)
    stream.seek(max(0, location - size - (_END64_BYTES if signature == _END64_MAGIC else 0)))
    if stream.read(size).count(_ENTRY_MAGIC) > MOST_ENTRIES:
        raise Refused(Refusal.ZIP_TOO_MANY)
    stream.seek(0)


def _check_archive(archive: ZipFile, size: int) -> list[ZipInfo]:
    """The files in the archive, without folders. `file_size` is what a reader of a member gives at most."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise Refused(Refusal.ZIP_ENCRYPTED)
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_UNPACKED_BYTES or unpacked > max(RATIO_MATTERS_BYTES, MOST_RATIO * size):
        raise Refused(Refusal.ZIP_BOMB)
    if any(_leads_outside(member.orig_filename) for member in archive.infolist()):
        raise Refused(Refusal.ZIP_NAMES)
    if any(_has_test_virus(archive, member) for member in members):
        raise Refused(Refusal.VIRUS)
    return members


def _leads_outside(name: str) -> bool:
    path = name.replace("\\", "/")
    return path.startswith("/") or bool(re.match("[A-Za-z]:", path)) or ".." in path.split("/") or "\x00" in path


def _has_test_virus(archive: ZipFile, member: ZipInfo) -> bool:
    return len(EICAR) <= member.file_size <= _SMALL_BYTES and EICAR in archive.read(member)


def _check_ooxml(archive, parts, media_type):
    if _MAIN_PARTS[media_type] not in parts or "[Content_Types].xml" not in parts:
        raise Refused(Refusal.TYPE_DISAGREES)
    is_macro_type = b"macroenabled" in read_part(archive, "[Content_Types].xml").lower()
    if is_macro_type or any(part.lower().endswith("vbaproject.bin") for part in parts):
        raise Refused(Refusal.MACROS)


def _check_odf(archive, parts, media_type):
    if "mimetype" not in parts or read_part(archive, "mimetype").strip().decode("ascii", "replace") != media_type:
        raise Refused(Refusal.TYPE_DISAGREES)
    if "META-INF/manifest.xml" in parts and b"encryption-data" in read_part(archive, "META-INF/manifest.xml"):
        raise Refused(Refusal.ENCRYPTED_OFFICE)
    if any(part.startswith(("Basic/", "Scripts/")) for part in parts):
        raise Refused(Refusal.MACROS)
    if "content.xml" not in parts:
        raise Refused(Refusal.BROKEN)
