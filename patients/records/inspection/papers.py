"""PDF, the office documents of before 2007, and texts."""

from typing import BinaryIO

import olefile
import pikepdf

from patients.records.inspection import names
from patients.records.limits import MOST_MEMORY_BYTES, MOST_PAGES, MOST_PIXELS, OCR_PAGES
from patients.records.refusals import Refusal, Refused

# A record of a workbook that says that what follows is encrypted ([MS-XLS] 2.4.117).
_FILEPASS = 0x2F


def check_pdf(stream: BinaryIO, **kwargs) -> None:
    """A PDF that opens without a password, with pages of a size that can be drawn. Raises Refused.

    One that is only locked against changes opens, and is accepted.
    """
    try:
        document = pikepdf.open(stream)
    except pikepdf.PasswordError as error:
        raise Refused(Refusal.ENCRYPTED_PDF) from error
    with document:
        if not document.pages:
            raise Refused(Refusal.BROKEN)
        for number, page in enumerate(document.pages):
            if number >= MOST_PAGES:
                raise Refused(Refusal.TOO_LONG)
            if _page_pixels(page) > MOST_PIXELS or (number < OCR_PAGES and _largest_picture(page) > MOST_PIXELS):
                raise Refused(Refusal.PIXEL_FLOOD)


def _page_pixels(page) -> float:
    left, bottom, right, top = (float(side) for side in page.mediabox)
    return abs(right - left) * abs(top - bottom) * float(page.obj.get("/UserUnit", 1)) ** 2


def _largest_picture(page) -> int:
    sizes = [int(image.get("/Width", 0)) * int(image.get("/Height", 0)) for image in page.images.values()]
    return max(sizes, default=0)


def check_old_office(stream: BinaryIO, *, media_type: str, **kwargs) -> None:
    """A Word or Excel file of before 2007 without a password and without macros. Raises Refused."""
    with olefile.OleFileIO(stream) as document:
        parts = {part.lower() for path in document.listdir(streams=True, storages=True) for part in path}
        if "encryptedpackage" in parts:
            raise Refused(Refusal.ENCRYPTED_OFFICE)
        main = "WordDocument" if media_type == names.DOC else next(iter({"workbook", "book"} & parts), "Workbook")
        if not document.exists(main):
            raise Refused(Refusal.TYPE_DISAGREES)
        if parts & {"_vba_project", "vba", "macros", "_vba_project_cur"}:
            raise Refused(Refusal.MACROS)
        beginning = document.openstream(main).read(4096)
        if _is_locked_word(beginning) if media_type == names.DOC else _is_locked_workbook(beginning):
            raise Refused(Refusal.ENCRYPTED_OFFICE)


def _is_locked_word(beginning: bytes) -> bool:
    """By the flag fEncrypted of the file's information block ([MS-DOC] 2.5.2)."""
    return bool(int.from_bytes(beginning[10:12], "little") & 0x0100)


def _is_locked_workbook(beginning: bytes) -> bool:
    at = 0
    while at + 4 <= len(beginning):
        if int.from_bytes(beginning[at : at + 2], "little") == _FILEPASS:
            return True
        at += 4 + int.from_bytes(beginning[at + 2 : at + 4], "little")
    return False


def check_text(stream: BinaryIO, *, size: int, **kwargs) -> None:
    """Raises Refused when it is too long for a text that somebody wrote."""
    if size > MOST_MEMORY_BYTES:
        raise Refused(Refusal.TOO_LONG)
