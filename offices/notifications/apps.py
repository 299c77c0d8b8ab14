from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "offices.notifications"
    label = "notifications"
    verbose_name = _("Notifications")

    def ready(self):
        from offices.notifications.services import mark_notification_failed, send_notification
        from offices.outbox.subscriptions import subscribe

        subscribe("notification.queued", "notifications.send", send_notification, on_dead=mark_notification_failed)
