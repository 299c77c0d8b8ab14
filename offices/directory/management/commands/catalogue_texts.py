"""`manage.py catalogue_texts [--fail]`."""

from django.core.management.base import BaseCommand, CommandError

from offices.directory.completeness import read_completeness


class Command(BaseCommand):
    help = "Say which catalogue texts are there in English and lack in another language."

    def add_arguments(self, parser):
        parser.add_argument("--fail", action="store_true", help="exit 1 if anything lacks")

    def handle(self, *, fail, **options):
        missing = 0
        for texts in read_completeness():
            name = texts.model._meta.label
            for gap in texts.gaps:
                self.stdout.write(f"{name} {getattr(gap.row, 'code', gap.row.pk)}: {gap.field} in {gap.language}")
            counts = ", ".join(f"{code} {count} of {texts.rows}" for code, count in texts.complete.items())
            self.stdout.write(f"{name}: {counts}.")
            missing += len(texts.gaps)
        told = f"{missing} texts are missing."
        if missing and fail:
            raise CommandError(told)
        self.stdout.write(told if missing else "No text is missing.")
