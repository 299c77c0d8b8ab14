from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from offices.directory.roles import Duty
from offices.kit.languages import language_name
from offices.kit.scoped_admin import ReadOnlyConfigurationAdmin, ScopedAdmin
from offices.notifications.models import Notification, NotificationState, SinkMessage

STATE_LABELS = {
    NotificationState.QUEUED: "info",
    NotificationState.SENT: "success",
    NotificationState.FAILED: "danger",
}


@admin.register(Notification)
class NotificationAdmin(ScopedAdmin):
    read_duty = Duty.READ_MAILS
    list_display = ["shown_subject", "about", "to", "shown_language", "shown_state", "queued_at", "sent_at"]
    list_filter = ["state", "kind", "language"]
    search_fields = ["about", "to"]
    search_help_text = gettext_lazy("Case reference or address")
    fields = ["kind", "about", "to", "shown_language", "shown_subject", "shown_text", "state", "queued_at", "sent_at"]
    readonly_fields = ["shown_subject", "shown_text", "shown_language"]

    @display(description=gettext_lazy("state"), label=STATE_LABELS)
    def shown_state(self, notification):
        return notification.state, notification.get_state_display()

    @display(description=gettext_lazy("subject"))
    def shown_subject(self, notification):
        return notification.shown_subject

    @display(description=gettext_lazy("language"))
    def shown_language(self, notification):
        return language_name(notification.language)

    @display(description=gettext_lazy("text"))
    def shown_text(self, notification):
        return _("It holds a code and is not shown.") if notification.is_secret else notification.text


if settings.DEMO:

    @admin.register(SinkMessage)
    class SinkMessageAdmin(ReadOnlyConfigurationAdmin):
        list_display = ["subject", "rcpt_to", "received_at"]
        search_fields = ["rcpt_to", "subject"]
        fields = ["subject", "mail_from", "rcpt_to", "received_at", "text"]
