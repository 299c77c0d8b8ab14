"""The text of a document: as it stands in the file, or read from the picture of a page."""

import csv
import io
import re
import time
from typing import BinaryIO

import charset_normalizer
import pypdfium2
from striprtf.striprtf import rtf_to_text

from patients.records.inspection import names
from patients.records.limits import MOST_MEMORY_BYTES, MOST_TEXT_LETTERS, OCR_DPI, OCR_PAGES, OCR_PIXELS, OCR_SECONDS
from patients.records.models import TextSource
from patients.records.notes import Note
from patients.records.reading import ocr, office
from patients.records.reading.pictures import draw_pdf_page, page_pictures
from patients.records.sources import Unreadable

# A page with fewer letters is a scan with a stamp of text on it.
FEW_LETTERS = 20
# How texts were saved before Unicode, by the writer's language.
_CODE_PAGES = {
    "ar": "cp1256", "fa": "cp1256", "ur": "cp1256", "ru": "cp1251", "uk": "cp1251", "bg": "cp1251", "sr": "cp1251",
    "zh": "gb18030", "ja": "cp932", "ko": "cp949", "el": "cp1253", "tr": "cp1254", "he": "cp1255", "pl": "cp1250",
    "cs": "cp1250", "hu": "cp1250", "ro": "cp1250", "hr": "cp1250", "vi": "cp1258", "th": "cp874",
}  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read_text(stream: BinaryIO, media_type: str, *, language: str = "") -> tuple[str, str, dict]:
    """The text, its TextSource, and a note with its counts about what was left out ({} for none).

    `language` is that of whoever sent it. Raises Unreadable for types without text.
    """
    stream.seek(0)
    if media_type == names.PDF:
        text, source, note = _read_pdf(stream, language)
    elif media_type in names.PICTURES:
        text, source, note = _read_picture(stream, media_type, language)
    else:
        text, source, note = _read_file(stream, media_type, language), TextSource.FILE, {}
    return clean(text), source, note


def clean(text: str) -> str:
    """Without what Postgres does not keep, and without lines of nothing."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()[:MOST_TEXT_LETTERS]


def decode(content: bytes, language: str = "") -> str:
    """A text of unknown charset: by its mark, as UTF-8, or as its writer's language was saved before that."""
    for mark, charset in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(charset, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        likely = dict.fromkeys([_CODE_PAGES.get(language.split("-")[0], "cp1252"), "cp1252"])
        best = charset_normalizer.from_bytes(content[:65_536], cp_isolation=list(likely)).best()
        return content.decode(best.encoding if best else "cp1252", "replace")


def _read_file(stream, media_type, language):
    if media_type in names.OOXML | names.ODF:
        return office.read_office(stream, media_type)
    content = stream.read(MOST_MEMORY_BYTES)
    if media_type == names.RTF:
        return rtf_to_text(content.decode("latin-1"), errors="replace")
    if media_type == names.CSV:
        return _lines_of_table(decode(content, language))
    if media_type == names.TEXT:
        return decode(content, language)
    raise Unreadable(Note.NO_TEXT_READER)


def _lines_of_table(text):
    """Cells with tabs between them, whatever stood there."""
    try:
        dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
        return "\n".join("\t".join(row) for row in csv.reader(io.StringIO(text), dialect))
    except csv.Error:
        return text


def _read_pdf(stream, language):
    texts, scans, letters, until = [], 0, 0, time.monotonic() + OCR_SECONDS
    with pypdfium2.PdfDocument(stream) as document:
        total = len(document)
        for page in document:
            text, left = page.get_textpage().get_text_bounded(), until - time.monotonic()
            is_scan = sum(map(str.isalnum, text)) < FEW_LETTERS
            if is_scan and ocr.is_there() and scans < OCR_PAGES and left > 1:
                scans += 1
                pixels = min(OCR_PIXELS, max(page.get_size()) * OCR_DPI / 72)
                text += "\n" + ocr.read_picture(draw_pdf_page(page, pixels), language, seconds=left)
            texts.append(text)
            letters += len(text)
            if letters > MOST_TEXT_LETTERS:
                break
    return "\n\n".join(texts), TextSource.OCR if scans else TextSource.FILE, _note_of_pdf(texts, scans, total)


def _note_of_pdf(texts, scans, total):
    """What was left out: pages after the most that are read, and scans where none can be read."""
    empty = sum(not any(map(str.isalnum, text)) for text in texts)
    if empty and not ocr.is_there():
        return {"note": Note.NO_OCR}
    if len(texts) < total or (empty and scans >= OCR_PAGES):
        return {"note": Note.SOME_PAGES, "total": total, "done": len(texts) - empty}
    return {}


def _read_picture(stream, media_type, language):
    if not ocr.is_there():
        return "", TextSource.OCR, {"note": Note.NO_OCR}
    texts, until = [], time.monotonic() + OCR_SECONDS
    for picture in page_pictures(stream, media_type, most=OCR_PAGES, pixels=OCR_PIXELS):
        if (left := until - time.monotonic()) < 1:
            break
        texts.append(ocr.read_picture(picture, language, seconds=left))
    return "\n\n".join(texts), TextSource.OCR, {}
