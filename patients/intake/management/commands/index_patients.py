from django.core.management.base import BaseCommand

from patients.intake.models import Patient
from patients.intake.search import BATCH, index_patients


class Command(BaseCommand):
    help = "Write anew what patients are found by. Needed once for those who were there before the search was."

    def add_arguments(self, parser):
        parser.add_argument("--missing", action="store_true", help="only those that were never indexed")

    def handle(self, *args, missing, verbosity, **options):
        patients = Patient.objects.filter(search=None) if missing else Patient.objects.all()
        keys = list(patients.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            index_patients(keys[start : start + BATCH])
            if verbosity:
                self.stdout.write(f"{min(start + BATCH, len(keys))} of {len(keys)} patients")
        if verbosity:
            self.stdout.write(f"Done: {len(keys)} patients are indexed.")
