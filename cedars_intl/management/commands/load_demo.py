from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cedars_intl.demo.loader import load_directory, load_people
from cedars_intl.demo.second_factors import load_second_factors
from cedars_intl.demo.telling import load_stories

PROGRESS_STEP = 20


class Command(BaseCommand):
    help = "Load the demo: offices, people, institutions and cases that are made up. What is there is left alone."

    def handle(self, *args, verbosity, **options):
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("The demo's people have a password that everybody knows: load it with DEMO=1 only.")
        self.verbosity = verbosity
        self._say(f"Offices, services and rules: {load_directory()} new.")
        self._say(f"Staff and institutions: {load_people()} new.")
        self._say(f"Authenticator apps: {load_second_factors()} new.")
        loaded = 0
        for case in load_stories():
            loaded += 1
            if loaded % PROGRESS_STEP == 0:
                self._say(f"  {loaded} cases, up to {case.reference}")
        self._say(f"Cases: {loaded} new.")
        call_command("index_patients", missing=True, verbosity=0)

    def _say(self, text):
        if self.verbosity:
            self.stdout.write(text)
