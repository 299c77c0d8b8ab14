"""What the headers of DICOM files say, without their pixels and without private data."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO
from zipfile import ZipFile

from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import MediaStorageDirectoryStorage

from patients.records.inspection.archives import is_dicom
from patients.records.inspection.images import read_header
from patients.records.notes import Note
from patients.records.sources import Unreadable

BUFFER_BYTES = 64 * 1024
LONGEST_NAME = 1000
TAGS = [
    "SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "StudyDate",
    "SeriesDate", "AcquisitionDate", "ContentDate", "StudyDescription", "SeriesDescription", "InstitutionName",
    "PatientName", "PatientBirthDate", "Modality", "BodyPartExamined", "SeriesNumber", "InstanceNumber",
]  # fmt: skip


@dataclass(frozen=True)
class StudyHeader:
    """Named as the fields of Study."""

    uid: str
    description: str
    studied_on: date | None
    institution: str
    named_patient: str
    named_birth_date: date | None


@dataclass(frozen=True)
class SeriesHeader:
    """Named as the fields of Series."""

    uid: str
    number: int | None
    modality: str
    body_part: str
    description: str


@dataclass(frozen=True)
class Header:
    """Of one DICOM object; `member` is its name in the zip file."""

    study: StudyHeader
    series: SeriesHeader
    uid: str
    number: int | None
    member: str = ""


def read_file(stream: BinaryIO) -> Header:
    """Of a single DICOM file. Raises Unreadable when it belongs to no study."""
    return _header_of(read_header(stream, tags=TAGS), member="")


def read_archive(stream: BinaryIO) -> tuple[list[Header], int]:
    """Of each DICOM file in a zip file, read where it lies; and how many other files there are."""
    headers, others = [], 0
    with ZipFile(stream) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            try:
                headers.append(_read_member(archive, member))
            except Exception:  # whatever pydicom makes of a broken one: the others are read
                others += 1
    if not headers:
        raise Unreadable(Note.NO_STUDY_UID)
    return headers, others


def _read_member(archive, member):
    if not is_dicom(archive, member) or len(member.filename) > LONGEST_NAME:
        raise Unreadable(Note.NO_PIXELS)
    with archive.open(member) as content, io.BufferedReader(content, BUFFER_BYTES) as reader:
        return _header_of(read_header(reader, tags=TAGS), member=member.filename)


def read_member(stream: BinaryIO, name: str, *, most: int) -> BinaryIO | None:
    """One member of a zip file in memory; None when it is larger than `most` bytes."""
    with ZipFile(stream) as archive:
        return io.BytesIO(archive.read(name)) if archive.getinfo(name).file_size <= most else None


def members(stream: BinaryIO, names: set[str], *, most: int) -> Iterator[tuple[str, BinaryIO]]:
    """Those members, one after another, each in memory; without those that are larger than `most` bytes."""
    with ZipFile(stream) as archive:
        for name in archive.namelist():
            if name in names and archive.getinfo(name).file_size <= most:
                yield name, io.BytesIO(archive.read(name))


def _header_of(header: Dataset, *, member: str) -> Header:
    if header.get("SOPClassUID") == MediaStorageDirectoryStorage or "StudyInstanceUID" not in header:
        is_index = header.file_meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage
        raise Unreadable(Note.CD_INDEX if is_index else Note.NO_STUDY_UID)
    study_uid, series_uid, uid = (_uid(header, name) for name in ("Study", "Series", "SOP"))
    return Header(
        study=StudyHeader(
            uid=study_uid,
            description=_text(header, "StudyDescription", 200),
            studied_on=next(filter(None, (_day(header, name) for name in _STUDY_DATES)), None),
            institution=_text(header, "InstitutionName", 200),
            named_patient=_person(header),
            named_birth_date=_day(header, "PatientBirthDate"),
        ),
        series=SeriesHeader(
            uid=series_uid,
            number=_number(header, "SeriesNumber"),
            modality=_text(header, "Modality", 16),
            body_part=_text(header, "BodyPartExamined", 64),
            description=_text(header, "SeriesDescription", 200),
        ),
        uid=uid,
        number=_number(header, "InstanceNumber"),
        member=member,
    )


_STUDY_DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")


def _uid(header, name):
    uid = _text(header, f"{name}InstanceUID", 65)
    if not uid or len(uid) > 64:
        raise Unreadable(Note.NO_STUDY_UID)
    return uid


def _text(header, name, longest):
    """Without what Postgres does not keep. pydicom decodes it by the file's character sets."""
    value = header.get(name)
    text = " ".join(map(str, value)) if isinstance(value, MultiValue) else str("" if value is None else value)
    return text.replace("\x00", "").strip()[:longest]


def _day(header, name):
    digits = "".join(filter(str.isdecimal, _text(header, name, 20)))[:8]
    try:
        return datetime.strptime(digits, "%Y%m%d").date() if len(digits) == 8 else None
    except ValueError:
        return None


def _number(header, name):
    try:
        number = int(float(_text(header, name, 20)))
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 2**31 else None


def _person(header):
    """ "Yamada Tarou (山田 太郎)" of "Yamada^Tarou=山田^太郎"."""
    groups = [" ".join(group.replace("^", " ").split()) for group in _text(header, "PatientName", 400).split("=")]
    name, native = groups[0], groups[1] if len(groups) > 1 else ""
    return (f"{name} ({native})" if name and native else name or native)[:400]
