"""Files as tables of cells, in the formats that they may have. What is wrong with a file is said by its rows."""

import csv
import io
import json
from collections import Counter
from typing import NamedTuple

import tablib
from django.utils.translation import gettext as _
from import_export.formats import base_formats

MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 2_000
BOM = "\ufeff"  # by which Excel knows UTF-8


class Problem(NamedTuple):
    """`row` is the number that the reader counts: of a CSV the header is row 1, of a JSON file the first object. Zero
    is for the whole file, an empty column for the whole row."""

    file: str
    row: int
    column: str
    text: str


class BrokenFile(Exception):
    """The file cannot be read; `faults` is a list of (row, column, text)."""

    def __init__(self, *faults: tuple[int, str, str]):
        super().__init__(faults)
        self.faults = faults


class Sheet(NamedTuple):
    """The cells of a file; `numbers` of its rows."""

    dataset: tablib.Dataset
    numbers: list[int]


class Csv(base_formats.CSV):
    """Comma-separated; read with semicolons too, as Excel writes it in many countries.

    import-export's own reader fills short rows with empty cells, which would empty texts unseen: here they are faults.
    """

    def export_data(self, dataset, **kwargs) -> bytes:
        return (BOM + super().export_data(dataset, **kwargs)).encode()

    def read(self, text: str) -> Sheet:
        head = text.partition("\n")[0]
        delimiter = ";" if head.count(";") > head.count(",") else ","
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise BrokenFile((0, "", _("This is not a whole CSV file: %(reason)s.") % {"reason": error})) from error
        headers = [name.strip() for name in rows[0]] if rows else []
        if not any(headers):
            raise BrokenFile((0, "", _("The file is empty: its first row must name the columns.")))
        full = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(row)]
        wanted = _("This row has %(cells)s cells, but the first row names %(columns)s columns.")
        faults = [
            (number, "", wanted % {"cells": len(row), "columns": len(headers)})
            for number, row in full
            if len(row) != len(headers)
        ]
        return _sheet(headers, full, faults)


class Json(base_formats.JSON):
    """A list of objects, which all have the same keys.

    tablib's own reader takes the keys from the first object alone, and would mix up those of another in another order.
    """

    def export_data(self, dataset, **kwargs) -> bytes:
        return (json.dumps(dataset.dict, ensure_ascii=False, indent=1) + "\n").encode()

    def read(self, text: str) -> Sheet:
        try:
            rows = json.loads(text, object_pairs_hook=_without_doubles)
            json.dumps(rows, ensure_ascii=False).encode()  # an escaped half of a character is no text
        except (ValueError, RecursionError) as error:
            raise BrokenFile((0, "", _("This is not a whole JSON file: %(reason)s.") % {"reason": error})) from error
        if not isinstance(rows, list):
            raise BrokenFile((0, "", _("The file must hold a list of rows, each an object with the columns as keys.")))
        numbered = list(enumerate(rows, start=1))
        strays = [(number, "", _("This row is no object.")) for number, row in numbered if not isinstance(row, dict)]
        if strays:
            raise BrokenFile(*strays)
        headers = list(rows[0]) if rows else []
        faults = []
        for number, row in numbered:
            faults += [(number, name, _("This column is missing here.")) for name in headers if name not in row]
            faults += [
                (number, name, _("The first row does not have this column.")) for name in row if name not in headers
            ]
        return _sheet(headers, [(number, [row.get(name) for name in headers]) for number, row in numbered], faults)


FORMATS = {"csv": Csv(), "json": Json()}


def read_sheet(content: bytes, format: str) -> Sheet:
    """The cells of a file. Raises BrokenFile."""
    if len(content) > MAX_BYTES:
        raise BrokenFile((0, "", _("The file is larger than 2 MB.")))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _("The file is not in UTF-8. In Excel, save it as “CSV UTF-8”, then try again.")
        raise BrokenFile((0, "", text)) from error
    return FORMATS[format].read(text)


def _without_doubles(pairs):
    doubles = [name for name, times in Counter(name for name, _value in pairs).items() if times > 1]
    if doubles:
        raise ValueError(_("%(name)s stands twice in one row") % {"name": ascii(doubles[0])})
    return dict(pairs)


def _sheet(headers, rows, faults):
    twice = [name for name, times in Counter(headers).items() if times > 1]
    faults = [(0, name, _("This column is named twice.")) for name in twice] + faults
    if len(rows) > MAX_ROWS:
        faults = [(0, "", _("The file has more than %(count)s rows. Split it into several.") % {"count": MAX_ROWS})]
    if faults:
        raise BrokenFile(*faults)
    return Sheet(tablib.Dataset(*(row for _number, row in rows), headers=headers), [number for number, _row in rows])
