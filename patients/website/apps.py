from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebsiteConfig(AppConfig):
    name = "patients.website"
    label = "website"
    verbose_name = _("Website")

    def ready(self):
        from offices.outbox.subscriptions import subscribe
        from patients.website.services import rebuild_search

        subscribe("directory.changed", "website.search", lambda payload: rebuild_search())
