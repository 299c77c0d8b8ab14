"""Events and their deliveries: nothing is promised to the outside except by a row committed with its cause."""

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.kit.transitions import append_only_trigger, fsm_trigger


class Event(models.Model):
    """Something that happened, named in the past tense (`case.advanced`). Never changed."""

    name = models.CharField(_("name"), max_length=80)
    payload = models.JSONField(_("payload"), default=dict)
    occurred_at = models.DateTimeField(_("occurred at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("events")
        ordering = ["-id"]
        triggers = [append_only_trigger()]

    def __str__(self):
        return self.name


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("waiting")
    DONE = "done", _("done")
    DEAD = "dead", _("given up")


DELIVERY_TRANSITIONS = {
    DeliveryState.PENDING: (DeliveryState.DONE, DeliveryState.DEAD),
    DeliveryState.DEAD: (DeliveryState.PENDING,),
    DeliveryState.DONE: (),
}


class DeliveryQuerySet(models.QuerySet):
    def due(self, now=None):
        """Waiting, due, and leased to no live worker."""
        now = now or timezone.now()
        return self.filter(Q(leased_until=None) | Q(leased_until__lt=now), state=DeliveryState.PENDING, due_at__lte=now)


@pghistory.track(
    pghistory.UpdateEvent(condition=pghistory.AnyChange("state")), append_only=True, model_name="DeliveryHistory"
)
class Delivery(models.Model):
    """One event on its way to one subscriber."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("event"))
    subscriber = models.CharField(_("subscriber"), max_length=80)
    state = models.CharField(_("state"), max_length=8, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    leased_until = models.DateTimeField(_("leased until"), null=True, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.TextField(_("last error"), blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("delivery"), _("deliveries")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["event", "subscriber"], name="delivery_once_a_subscriber")]
        # Serves the sweep and the age that /readyz shows: only rows that wait are in it.
        indexes = [models.Index(fields=["due_at"], condition=Q(state="pending"), name="delivery_waiting")]
        triggers = [fsm_trigger("state", DELIVERY_TRANSITIONS)]

    def __str__(self):
        return f"{self.event} → {self.subscriber}"


class Attempt(models.Model):
    """One try at a delivery and how it ended. Never changed."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="attempts", verbose_name=_("delivery")
    )
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), default=timezone.now)
    succeeded = models.BooleanField(_("succeeded"))
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("attempt"), _("attempts")
        ordering = ["id"]
        triggers = [append_only_trigger()]

    def __str__(self):
        return f"{self.delivery} {self.started_at:%Y-%m-%d %H:%M}"
