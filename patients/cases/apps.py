from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "patients.cases"
    label = "cases"
    verbose_name = _("Cases")

    def ready(self):
        from offices.outbox.subscriptions import subscribe
        from offices.routing import workload
        from patients.cases.models import Case
        from patients.cases.record_requests import (
            end_request_of_closed,
            recheck_document,
            recheck_match,
            tell_of_undone_match,
        )
        from patients.cases.search import case_words
        from patients.cases.services import tell_of_translation
        from patients.intake.search import register_words

        register_words(case_words)
        workload.register(Case.objects.open_loads)
        subscribe("translation.released", "cases.tell_of_translation", tell_of_translation)
        for event in ("document.ready", "document.confirmed"):
            subscribe(event, "cases.recheck_document", recheck_document)
        subscribe("match.decided", "cases.recheck_match", recheck_match)
        subscribe("match.undone", "cases.tell_of_undone_match", tell_of_undone_match)
        subscribe("case.advanced", "cases.end_request_of_closed", end_request_of_closed)
