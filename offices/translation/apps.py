from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TranslationConfig(AppConfig):
    name = "offices.translation"
    label = "translation"
    verbose_name = _("Translation desk")

    def ready(self):
        from offices.outbox.subscriptions import subscribe
        from offices.translation.services import draft_translation

        subscribe("translation.requested", "translation.draft", draft_translation)
