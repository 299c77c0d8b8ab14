"""Mails to people, as they were written, and (in the demo only) as they arrived."""

import pghistory
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from offices.directory.models import Office
from offices.directory.roles import Duty, rows_for_duty
from offices.kit.ids import new_id
from offices.kit.transitions import fsm_trigger


class NotificationState(models.TextChoices):
    QUEUED = "queued", _("waiting to be sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("could not be sent")


NOTIFICATION_TRANSITIONS = {
    NotificationState.QUEUED: (NotificationState.SENT, NotificationState.FAILED),
    NotificationState.FAILED: (NotificationState.SENT,),
    NotificationState.SENT: (),
}


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What the user's own office sent, or every office, to those whose roles let them read it."""
        return rows_for_duty(self, user, Duty.READ_MAILS)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state")),
    exclude=["subject", "text", "html"],
    append_only=True,
    model_name="NotificationHistory",
)
class Notification(models.Model):
    """One mail, rendered in its reader's language when it was queued. `about` is a public reference or empty."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("office"))
    about = models.CharField(_("about"), max_length=40, blank=True, db_index=True)
    to = models.EmailField(_("to"))
    language = models.CharField(_("language"), max_length=12)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    is_secret = models.BooleanField(_("holds a code"), default=False)
    state = models.CharField(
        _("state"), max_length=8, choices=NotificationState.choices, default=NotificationState.QUEUED
    )
    queued_at = models.DateTimeField(_("queued at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("notification"), _("notifications")
        ordering = ["-queued_at"]
        triggers = [fsm_trigger("state", NOTIFICATION_TRANSITIONS)]

    def __str__(self):
        return self.shown_subject

    @property
    def shown_subject(self) -> str:
        """The subject, unless it holds a code."""
        return gettext("A code to sign in") if self.is_secret else self.subject


class SinkMessage(models.Model):
    """A mail that the demo's sink received, readable in the admin. Outside the demo there are none."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    mail_from = models.CharField(_("from"), max_length=320)
    rcpt_to = models.TextField(_("to"))
    subject = models.TextField(_("subject"), blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    raw = models.BinaryField(_("as received"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("received mail"), _("mail sink")
        ordering = ["-received_at"]

    def __str__(self):
        return self.subject
