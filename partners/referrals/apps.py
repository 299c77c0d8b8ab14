from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferralsConfig(AppConfig):
    name = "partners.referrals"
    label = "referrals"
    verbose_name = _("Referrals")

    def ready(self):
        from partners.referrals.panels import show_referral
        from patients.cases.panels import register

        register(show_referral)
