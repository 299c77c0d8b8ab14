"""Writing the directory to files, and reading files into it: first as a list of differences, then for good."""

import json
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import PurePath
from typing import NamedTuple

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.utils.translation import gettext as _

from offices.directory.services import announce_change
from offices.exchange.files import FORMATS, BrokenFile, Problem, Sheet, read_sheet
from offices.exchange.tables import TABLES, Change, TableResource


class SourceFile(NamedTuple):
    """A file to read. `table` is one of TABLES, `format` one of FORMATS."""

    name: str
    content: bytes
    table: str
    format: str


class RowState(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True)
class RowReport:
    """`key` names the row by the cells that identify it."""

    number: int
    state: RowState
    key: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class FileReport:
    """What a file says of its table, row by row in its own order, and what is wrong with it."""

    file: str
    table: str
    rows: tuple[RowReport, ...] = ()
    problems: tuple[Problem, ...] = ()

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows)

    @property
    def differences(self) -> list[RowReport]:
        return [row for row in self.rows if row.state in (RowState.NEW, RowState.CHANGED)]


@dataclass(frozen=True)
class Report:
    files: tuple[FileReport, ...]
    is_written: bool = False
    is_stale: bool = False  # what the files change is not what was seen

    @property
    def problems(self) -> list[Problem]:
        return [problem for file in self.files for problem in file.problems]

    @property
    def has_differences(self) -> bool:
        return any(file.differences for file in self.files)

    @property
    def digest(self) -> str:
        """The same for two reports that say the same."""
        said = [[file.table, *((row.state, row.key, row.changes) for row in file.rows)] for file in self.files]
        return sha256(json.dumps([said, self.problems]).encode()).hexdigest()


def file_name(table: str, format: str) -> str:
    return f"{table}.{format}"


def source_file(name: str, content: bytes, *, table: str = "") -> SourceFile:
    """The file by its name, which says its format, and its table unless `table` does. Raises BrokenFile."""
    path = PurePath(name)
    format = path.suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise BrokenFile((0, "", _("The file’s name must end in .csv or .json.")))
    table = table or path.stem
    if table not in TABLES:
        text = _("The file’s name must be that of a table: %(names)s.") % {"names": ", ".join(TABLES)}
        raise BrokenFile((0, "", text))
    return SourceFile(name, content, table, format)


def export_table(table: str, format: str) -> bytes:
    """All rows of a table as a file."""
    return FORMATS[format].export_data(TABLES[table]().export(native=format == "json"))


def read_changes(files: list[SourceFile]) -> Report:
    """What importing the files would change. Nothing is written."""
    return import_tables(files, dry_run=True, actor=None)


@transaction.atomic
def import_tables(files: list[SourceFile], *, dry_run: bool, actor, seen: str | None = None) -> Report:
    """Read the files, in the order in which tables point to each other, and write what they change: all of it, or
    nothing when one row is wrong. Rows that no file names stay as they are.

    `actor` is the user in whose name it is written, None for the command line. `seen` is the digest of the report that
    the actor has agreed to: when the files change something else by now, nothing is written and the report is stale.
    """
    order = list(TABLES)
    written: list[tuple] = []
    ordered = sorted(files, key=lambda file: order.index(file.table))
    report = Report(tuple(_read_file(file, dry_run, written) for file in ordered))
    is_stale = seen is not None and report.digest != seen
    if dry_run or report.problems or is_stale:
        transaction.set_rollback(True)
        return Report(report.files, is_stale=is_stale)
    if written:
        _log_changes(written, actor)
        announce_change()
    return Report(report.files, is_written=True)


def _read_file(file: SourceFile, dry_run: bool, written: list) -> FileReport:
    resource = TABLES[file.table](lock=not dry_run)
    try:
        sheet = read_sheet(file.content, file.format)
        _check_columns(resource, sheet)
    except BrokenFile as broken:
        return FileReport(file.name, file.table, problems=tuple(Problem(file.name, *fault) for fault in broken.faults))
    numbers, dataset = resource.in_order(sheet.numbers, sheet.dataset)
    result = resource.import_data(dataset, use_transactions=False, numbers=numbers)
    rows, problems = [], [Problem(file.name, 0, "", str(error.error)) for error in result.base_errors]
    for number, outcome in sorted(zip(numbers, result.rows, strict=True), key=lambda pair: pair[0]):
        row, faults = _read_row(resource, number, outcome)
        rows.append(row)
        problems += [Problem(file.name, number, column, text) for column, text in faults]
        if row.state in (RowState.NEW, RowState.CHANGED):
            written.append((row, outcome.instance))
    return FileReport(file.name, file.table, tuple(rows), tuple(problems))


def _check_columns(resource: TableResource, sheet: Sheet) -> None:
    headers = sheet.dataset.headers
    if not headers:
        return
    faults = [(0, name, _("The table has no such column.")) for name in headers if name not in resource.columns]
    faults += [
        (0, field.column_name, _("This column is missing: it says which row is meant."))
        for field in resource.key_fields
        if field.column_name not in headers
    ]
    if faults:
        raise BrokenFile(*faults)


def _read_row(resource, number, outcome) -> tuple[RowReport, list[tuple[str, str]]]:
    """The row as read, and what is wrong with it as (column, text)."""
    if outcome.errors:
        text = _("This row cannot be read: %(reason)s.")
        return RowReport(number, RowState.WRONG, ""), [("", text % {"reason": e.error}) for e in outcome.errors]
    if outcome.validation_error:
        error = outcome.validation_error
        by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        faults = [(resource.column_of(name), text) for name, texts in by_field.items() for text in texts]
        return RowReport(number, RowState.WRONG, ""), faults
    key = ", ".join(resource.key_of_instance(outcome.instance))
    if outcome.is_skip():
        return RowReport(number, RowState.UNCHANGED, key), []
    changes = resource.changes_between(outcome.original, outcome.instance, is_new=outcome.is_new())
    return RowReport(number, RowState.NEW if outcome.is_new() else RowState.CHANGED, key, tuple(changes)), []


def _log_changes(written, actor) -> None:
    """A line in the history of each row, as if the actor had changed it at the desk."""
    if actor is None:
        return
    for row, instance in written:
        is_new = row.state == RowState.NEW
        fields = [change.column for change in row.changes]
        message = [{"added": {}}] if is_new else [{"changed": {"fields": fields}}]
        LogEntry.objects.log_actions(actor.pk, [instance], ADDITION if is_new else CHANGE, message, single_object=True)
