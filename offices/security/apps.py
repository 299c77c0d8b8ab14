from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SecurityConfig(AppConfig):
    name = "offices.security"
    label = "security"
    verbose_name = _("Signing in")

    def ready(self):
        """Only the sessions of staff are kept in a list, by our own middleware: no address of a patient is."""
        from allauth.account.signals import user_logged_in
        from allauth.usersessions.signals import on_user_logged_in

        user_logged_in.disconnect(on_user_logged_in)
