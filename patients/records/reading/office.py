"""The text of Office and OpenDocument files: of what people write in them, without how it looks."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring

from patients.records.inspection import names
from patients.records.inspection.archives import read_part
from patients.records.limits import MOST_TEXT_LETTERS

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_ODF_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ODF_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_ODF_BLOCKS = frozenset({f"{_ODF_TEXT}p", f"{_ODF_TEXT}h"})
_ODF_GAPS = {f"{_ODF_TEXT}tab": "\t", f"{_ODF_TEXT}s": " ", f"{_ODF_TEXT}line-break": "\n"}
_ROW, _CELL = "\n", "\t"


def read_office(stream: BinaryIO, media_type: str) -> str:
    """Its paragraphs and rows as lines, cells with tabs between them; the first MOST_TEXT_LETTERS of it.

    Every node is looked at once, and what many cells point at is not written out for all of them.
    """
    with ZipFile(stream) as archive:
        return "".join(_first_letters(_READERS[media_type](archive), MOST_TEXT_LETTERS))


def _first_letters(pieces: Iterable[str], left: int) -> Iterator[str]:
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _part(archive, name) -> Element:
    return fromstring(read_part(archive, name), forbid_dtd=True)


def _parts_in(archive, folder) -> Iterator[Element]:
    """The numbered parts of a folder in their order: slide2.xml before slide10.xml. One at a time is in memory."""
    found = [name for name in archive.namelist() if name.startswith(folder) and name.endswith(".xml")]
    for name in sorted(found, key=lambda name: (len(name), name)):
        if "/" not in name.removeprefix(folder):
            yield _part(archive, name)


def _paragraphs(root: Element, paragraph: str, text: str, breaks: dict[str, str]) -> Iterator[str]:
    """What stands in a paragraph within another, as a text box does, is a line of its own."""
    for node in root.iter():
        if node.tag == text:
            yield node.text or ""
        else:
            yield "\n" if node.tag == paragraph else breaks.get(node.tag, "")


def _read_docx(archive):
    breaks = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n"}
    yield from _paragraphs(_part(archive, "word/document.xml"), f"{_WORD}p", f"{_WORD}t", breaks)


def _read_pptx(archive):
    for slide in _parts_in(archive, "ppt/slides/"):
        yield from _paragraphs(slide, f"{_DRAWING}p", f"{_DRAWING}t", {f"{_DRAWING}br": "\n"})


def _read_xlsx(archive):
    shared = []
    if "xl/sharedStrings.xml" in archive.namelist():
        strings = _part(archive, "xl/sharedStrings.xml").iterfind(f"{_SHEET}si")
        shared = ["".join(node.text or "" for node in string.iter(f"{_SHEET}t")) for string in strings]
    yield from _laid_out(_sheet_pieces(archive, shared))


def _sheet_pieces(archive, shared):
    for sheet in _parts_in(archive, "xl/worksheets/"):
        for row in sheet.iterfind(f"{_SHEET}sheetData/{_SHEET}row"):
            yield _ROW
            for cell in row.iterfind(f"{_SHEET}c"):
                yield _CELL
                yield _cell_text(cell, shared)


def _cell_text(cell, shared):
    if cell.get("t") == "inlineStr":
        return "".join(node.text or "" for node in cell.iter(f"{_SHEET}t"))
    value = cell.findtext(f"{_SHEET}v") or ""
    is_shared = cell.get("t") == "s" and value.isdecimal() and len(value) < 10
    return shared[int(value)] if is_shared and int(value) < len(shared) else value


def _laid_out(pieces: Iterable[str]) -> Iterator[str]:
    """Rows and cells of a table: of those without a text, what is needed to put the others in their places."""
    column = written = 1
    start = ""
    for piece in pieces:
        if piece == _ROW:
            column, written, start = 0, 1, "\n"
        elif piece == _CELL:
            column += 1
        elif piece:
            yield start + "\t" * (column - written) + piece
            written, start = max(column, 1), ""


def _read_odt(archive):
    yield from _odf_pieces(_part(archive, "content.xml"), _ODF_GAPS | dict.fromkeys(_ODF_BLOCKS, "\n"))


def _read_ods(archive):
    starts = _ODF_GAPS | {f"{_ODF_TABLE}table-row": _ROW, f"{_ODF_TABLE}table-cell": _CELL}
    yield from _laid_out(_odf_pieces(_part(archive, "content.xml"), starts))


def _odf_pieces(root: Element, starts: dict[str, str]) -> Iterator[str]:
    """The text of paragraphs and headings in their order; `starts` says what stands before an element."""
    depth, open_nodes = 0, [(root, iter(root))]
    while open_nodes:
        node, children = open_nodes[-1]
        child = next(children, None)
        if child is not None:
            depth += child.tag in _ODF_BLOCKS
            open_nodes.append((child, iter(child)))
            yield starts.get(child.tag, "")
            yield (child.text or "") if depth else ""
        else:
            open_nodes.pop()
            depth -= node.tag in _ODF_BLOCKS
            yield (node.tail or "") if depth else ""


_READERS = {
    names.DOCX: _read_docx,
    names.XLSX: _read_xlsx,
    names.PPTX: _read_pptx,
    names.ODT: _read_odt,
    names.ODS: _read_ods,
}
