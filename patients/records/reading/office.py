"""The text of Office and OpenDocument files: of what people write in them, without how it looks."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring

from patients.records.inspection import names
from patients.records.inspection.archives import read_part

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_ODF_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ODF_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def read_office(stream: BinaryIO, media_type: str) -> str:
    """Its paragraphs and rows as lines, cells with tabs between them."""
    with ZipFile(stream) as archive:
        return "\n".join(_READERS[media_type](archive))


def _part(archive, name) -> Element:
    return fromstring(read_part(archive, name), forbid_dtd=True)


def _parts_in(archive, folder) -> list[Element]:
    """The numbered parts of a folder in their order: slide2.xml before slide10.xml."""
    found = [name for name in archive.namelist() if name.startswith(folder) and name.endswith(".xml")]
    return [
        _part(archive, name)
        for name in sorted(found, key=lambda name: (len(name), name))
        if "/" not in name.removeprefix(folder)
    ]


def _paragraphs(root: Element, paragraph: str, text: str, breaks: dict[str, str]) -> Iterator[str]:
    for block in root.iter(paragraph):
        yield "".join((node.text or "") if node.tag == text else breaks.get(node.tag, "") for node in block.iter())


def _read_docx(archive):
    breaks = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n"}
    yield from _paragraphs(_part(archive, "word/document.xml"), f"{_WORD}p", f"{_WORD}t", breaks)


def _read_pptx(archive):
    for slide in _parts_in(archive, "ppt/slides/"):
        yield from _paragraphs(slide, f"{_DRAWING}p", f"{_DRAWING}t", {f"{_DRAWING}br": "\n"})


def _read_xlsx(archive):
    shared = []
    if "xl/sharedStrings.xml" in archive.namelist():
        strings = _part(archive, "xl/sharedStrings.xml").iter(f"{_SHEET}si")
        shared = ["".join(node.text or "" for node in string.iter(f"{_SHEET}t")) for string in strings]
    for sheet in _parts_in(archive, "xl/worksheets/"):
        for row in sheet.iter(f"{_SHEET}row"):
            yield "\t".join(_cell_text(cell, shared) for cell in row.iter(f"{_SHEET}c")).rstrip()


def _cell_text(cell, shared):
    if cell.get("t") == "inlineStr":
        return "".join(node.text or "" for node in cell.iter(f"{_SHEET}t"))
    value = cell.findtext(f"{_SHEET}v") or ""
    return shared[int(value)] if cell.get("t") == "s" and value.isdecimal() and int(value) < len(shared) else value


def _read_odt(archive):
    for node in _part(archive, "content.xml").iter():
        if node.tag in (f"{_ODF_TEXT}p", f"{_ODF_TEXT}h"):
            yield _odf_text(node)


def _read_ods(archive):
    for row in _part(archive, "content.xml").iter(f"{_ODF_TABLE}table-row"):
        yield "\t".join(_odf_text(cell) for cell in row.iter(f"{_ODF_TABLE}table-cell")).rstrip()


def _odf_text(node: Element) -> str:
    gaps = {f"{_ODF_TEXT}tab": "\t", f"{_ODF_TEXT}s": " ", f"{_ODF_TEXT}line-break": "\n"}
    inner = "".join(gaps.get(child.tag, "") + _odf_text(child) + (child.tail or "") for child in node)
    return (node.text or "") + inner


_READERS = {
    names.DOCX: _read_docx,
    names.XLSX: _read_xlsx,
    names.PPTX: _read_pptx,
    names.ODT: _read_odt,
    names.ODS: _read_ods,
}
