import json

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from partners.institutions.models import Institution
from partners.institutions.services import InstitutionNotActive, issue_credential


class Command(BaseCommand):
    help = "Issue a credential to an institution. Prints JSON; the secret is shown this once and kept nowhere."

    def add_arguments(self, parser):
        parser.add_argument("--institution", required=True, metavar="CODE", help="such as demo-mx")
        parser.add_argument("--label", default="", help="which system of theirs will use it")

    def handle(self, *args, institution, label, **options):
        found = Institution.objects.filter(code=institution).first()
        if found is None:
            known = ", ".join(Institution.objects.order_by("code").values_list("code", flat=True)) or "-"
            text = _("There is no institution “%(code)s”. Known codes: %(known)s")
            raise CommandError(text % {"code": institution, "known": known})
        try:
            credential, secret = issue_credential(institution=found, actor=None, label=label)
        except InstitutionNotActive as error:
            text = _("The institution “%(code)s” is suspended: resume it first.")
            raise CommandError(text % {"code": institution}) from error
        answer = {"institution": found.code, "client_id": credential.client_id, "client_secret": secret}
        self.stdout.write(json.dumps(answer))
