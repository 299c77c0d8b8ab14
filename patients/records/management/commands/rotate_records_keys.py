from django.core.management.base import BaseCommand

from patients.records.keys import rewrap_keys
from patients.records.models import StoredFile


class Command(BaseCommand):
    help = "Wrap the key of every patient's file with the first of RECORDS_KEYS. Stopped, it goes on when run again."

    def add_arguments(self, parser):
        parser.add_argument("--batch", type=int, default=500, help="how many files are saved at a time")

    def handle(self, *args, batch, **options):
        total, seen, changed = StoredFile.objects.count(), 0, 0
        for looked_at, rewrapped in rewrap_keys(batch=batch):
            seen, changed = seen + looked_at, changed + rewrapped
            self.stdout.write(f"{seen} of {total} looked at, {changed} wrapped anew")
        self.stdout.write(f"Done: {changed} of {seen} keys were wrapped anew; the others already had the first key.")
