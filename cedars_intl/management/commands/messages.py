"""`manage.py messages extract | compile | check | todo LANGUAGE | fill LANGUAGE FILE`."""

import json
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cedars_intl.demo import DIRECTORY
from cedars_intl.messages.catalogues import CatalogueError, compile_catalogues, update_catalogues
from cedars_intl.messages.checks import catalogue_problems, directory_problems
from cedars_intl.messages.extract import ExtractionError, extract_messages
from cedars_intl.messages.locales import LOCALES
from cedars_intl.messages.worklist import fill_catalogue, untranslated


class Command(BaseCommand):
    help = "Keep the message catalogues: extract, compile, check, todo, fill."
    requires_system_checks = ()

    def add_arguments(self, parser):
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("extract", help="bring every .po file in step with the code and the templates")
        actions.add_parser("compile", help="compile the .po files that changed")
        actions.add_parser("check", help="list what is missing, stale or wrong; exit 1 if anything is")
        todo = actions.add_parser("todo", help="print what is untranslated in a language, as JSON")
        todo.add_argument("language", choices=LOCALES)
        fill = actions.add_parser("fill", help="take translations from a filled-in todo list")
        fill.add_argument("language", choices=LOCALES)
        fill.add_argument("file", help="a JSON file, or - for the standard input")

    def handle(self, *, action, language=None, file=None, **options):
        folder = settings.LOCALE_PATHS[0]
        try:
            if action == "compile":
                self._report("Compiled", compile_catalogues(folder))
                return
            template = extract_messages(settings.BASE_DIR)
            if action == "extract":
                self._report("Updated", update_catalogues(template, folder))
            elif action == "check":
                self._check(template, folder)
            elif action == "todo":
                items = untranslated(template, folder, LOCALES[language])
                self.stdout.write(json.dumps(items, ensure_ascii=False, indent=2))
            else:
                self._fill(template, folder, LOCALES[language], file)
        except (ExtractionError, CatalogueError) as error:
            raise CommandError(error) from error

    def _report(self, verb, codes):
        self.stdout.write(f"{verb}: {', '.join(codes)}." if codes else f"{verb}: nothing, all is up to date.")

    def _check(self, template, folder):
        problems = [*catalogue_problems(template, folder)]
        for file in sorted(DIRECTORY.glob("*.toml")):
            problems += directory_problems(file)
        for problem in problems:
            self.stdout.write(str(problem))
        if problems:
            raise CommandError(f"{len(problems)} problems in the catalogues; see messages todo and messages fill.")
        self.stdout.write(f"{len(template)} messages, sound in {len(LOCALES)} languages.")

    def _fill(self, template, folder, locale, file):
        try:
            items = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"{file}: {error}") from error
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise CommandError(f"{file}: not a list of messages as messages todo prints it.")
        written, refusals = fill_catalogue(template, folder, locale, items)
        self.stdout.write(f"{written} translations written.")
        for refusal in refusals:
            self.stdout.write(f"refused: {refusal}")
        if refusals:
            raise CommandError(f"{len(refusals)} translations refused.")
