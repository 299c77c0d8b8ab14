"""`manage.py directory export DIR [--format csv|json] [--table X]`, `... import PATH... [--dry-run]`."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from offices.exchange.files import FORMATS, BrokenFile
from offices.exchange.services import RowState, export_table, file_name, import_tables, source_file
from offices.exchange.tables import TABLES

NOTHING = "Nothing was written."


class Command(BaseCommand):
    help = "Write the directory to files, or read files into it: regions, offices, hours, physicians, services."

    def add_arguments(self, parser):
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="write each table to a file of its own")
        export.add_argument("folder")
        export.add_argument("--format", choices=FORMATS, default="csv")
        export.add_argument("--table", choices=TABLES, action="append", help="only this table; may be given again")
        read = actions.add_parser("import", help="read files, named as the export names them: all of them, or none")
        read.add_argument("path", nargs="+", help="a file, or a folder of files")
        read.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")

    def handle(self, *, action, **options):
        if action == "export":
            self._export(Path(options["folder"]), options["format"], options["table"] or list(TABLES))
        else:
            self._import([Path(path) for path in options["path"]], options["dry_run"])

    def _export(self, folder, format, tables):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for table in tables:
                (folder / file_name(table, format)).write_bytes(export_table(table, format))
                self.stdout.write(f"{file_name(table, format)}: {TABLES[table].table_model().objects.count()} rows.")
        except OSError as error:
            raise CommandError(error) from error

    def _import(self, paths, dry_run):
        report = import_tables(self._read(paths), dry_run=dry_run, actor=None)
        for file in report.files:
            counts = ", ".join(f"{file.count(state)} {state}" for state in RowState if file.count(state))
            self.stdout.write(f"{file.file}: {counts or 'no rows'}.")
            for row in file.differences:
                self.stdout.write(f"  row {row.number}, {row.key}: {row.state}")
                for change in row.changes:
                    before = "" if change.before is None else f"{change.before!r} → "
                    self.stdout.write(f"    {change.column}: {before}{change.after!r}")
        for problem in report.problems:
            where = [
                problem.file,
                f"row {problem.row}" * bool(problem.row),
                f"column {problem.column}" * bool(problem.column),
            ]
            self.stdout.write(f"{', '.join(filter(None, where))}: {problem.text}")
        if report.problems:
            raise CommandError(f"{len(report.problems)} problems. {NOTHING}")
        self.stdout.write("Written." if report.is_written and report.has_differences else NOTHING)

    def _read(self, paths):
        files = []
        for path in paths:
            inner = (
                sorted(file for file in path.iterdir() if file.suffix.lower()[1:] in FORMATS)
                if path.is_dir()
                else [path]
            )
            if not inner:
                raise CommandError(f"{path}: no .csv or .json file is here. {NOTHING}")
            for file in inner:
                try:
                    files.append(source_file(file.name, file.read_bytes()))
                except OSError as error:
                    raise CommandError(f"{error}. {NOTHING}") from error
                except BrokenFile as broken:
                    raise CommandError(f"{file}: {broken.faults[0][2]} {NOTHING}") from broken
        tables = [file.table for file in files]
        for table in tables:
            if tables.count(table) > 1:
                raise CommandError(f"There is more than one file of {table}. {NOTHING}")
        return files
