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
        from patients.cases.services import tell_of_translation

        workload.register(Case.objects.open_loads)
        subscribe("translation.released", "cases.tell_of_translation", tell_of_translation)
