from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferralsConfig(AppConfig):
    name = "partners.referrals"
    label = "referrals"
    verbose_name = _("Referrals")

    def ready(self):
        from partners.referrals.panels import show_referral
        from partners.referrals.search import referral_words
        from patients.cases.panels import register
        from patients.intake.search import register_words

        register(show_referral)
        register_words(referral_words)
