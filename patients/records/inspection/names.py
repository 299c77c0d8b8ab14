"""Which files are accepted, by the end of their names."""

import re
from pathlib import PurePosixPath

from patients.records.refusals import Refusal, Refused

DICOM = "application/dicom"
ZIP = "application/zip"
PDF = "application/pdf"
XML, JSON = "application/xml", "application/json"
TEXT, CSV, RTF = "text/plain", "text/csv", "application/rtf"
DOC, XLS = "application/msword", "application/vnd.ms-excel"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
JPEG, PNG, TIFF, WEBP, GIF = "image/jpeg", "image/png", "image/tiff", "image/webp", "image/gif"
HEIC, HEIF = "image/heic", "image/heif"

OOXML, ODF = frozenset({DOCX, XLSX, PPTX}), frozenset({ODT, ODS})
OLE = frozenset({DOC, XLS})
PICTURES = frozenset({JPEG, PNG, TIFF, WEBP, GIF, HEIC, HEIF})

# The end of a name, lower case and without its dot, and the media type that the file must then be.
ACCEPTED = {
    "pdf": PDF, "jpg": JPEG, "jpeg": JPEG, "jfif": JPEG, "png": PNG, "heic": HEIC, "heif": HEIF, "hif": HEIF,
    "tif": TIFF, "tiff": TIFF, "webp": WEBP, "gif": GIF, "docx": DOCX, "xlsx": XLSX, "pptx": PPTX, "odt": ODT,
    "ods": ODS, "doc": DOC, "xls": XLS, "rtf": RTF, "txt": TEXT, "csv": CSV, "dcm": DICOM, "dicom": DICOM,
    "ima": DICOM, "zip": ZIP, "xml": XML, "json": JSON,
}  # fmt: skip
MACRO_NAMES = frozenset({"docm", "dotm", "xlsm", "xltm", "xlsb", "xlam", "pptm", "potm", "ppsm", "ppam", "sldm"})

# Scanners name files by number or UID ("IM0001", "1.2.840.113619.2"): such an end is no type.
_NUMBER = re.compile(r"\d*")


def name_ending(filename: str) -> str:
    """The end of a name that stands for its type: "jpg" of "Scan.JPG"; empty when it has none, as DICOM files may."""
    name = PurePosixPath(filename.replace("\\", "/")).name.strip().rstrip(".")
    ending = name.rpartition(".")[2].lower() if "." in name.lstrip(".") else ""
    return "" if _NUMBER.fullmatch(ending) else ending


def inspect_name(filename: str) -> str:
    """The media type that a file of this name must be. Raises Refused."""
    ending = name_ending(filename)
    if ending in MACRO_NAMES:
        raise Refused(Refusal.MACROS)
    if not filename.strip() or (ending and ending not in ACCEPTED):
        raise Refused(Refusal.TYPE_NOT_ACCEPTED)
    return ACCEPTED.get(ending, DICOM)
