"""Two patients who may be one person. A person of the team decides, and may decide otherwise later."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.kit.ids import new_id
from offices.kit.transitions import fsm_trigger
from patients.intake.models.people import Patient


class MatchState(models.TextChoices):
    PROPOSED = "proposed", _("to be decided")
    LINKED = "linked", _("the same person")
    DISMISSED = "dismissed", _("two people")


MATCH_TRANSITIONS = {
    MatchState.PROPOSED: (MatchState.LINKED, MatchState.DISMISSED),
    MatchState.LINKED: (MatchState.PROPOSED,),
    MatchState.DISMISSED: (MatchState.PROPOSED,),
}


@pghistory.track(append_only=True, model_name="PatientMatchHistory")
class PatientMatch(models.Model):
    """`score` is 0 to 100; `reasons` are codes such as `birth_date`, `passport`, with the points each gave.

    Linked patients stay two rows, so that undoing a link loses nothing.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+", verbose_name=_("patient"))
    second = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+", verbose_name=_("patient"))
    score = models.PositiveSmallIntegerField(_("score"))
    reasons = models.JSONField(_("reasons"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=MatchState.choices, default=MatchState.PROPOSED)
    found_at = models.DateTimeField(_("found at"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    note = models.TextField(_("why"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("possible duplicate"), _("possible duplicates")
        ordering = ["-score", "-found_at"]
        constraints = [
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="match_in_order"),
            models.UniqueConstraint(fields=["first", "second"], name="match_once"),
        ]
        triggers = [fsm_trigger("state", MATCH_TRANSITIONS)]

    def __str__(self):
        return f"{self.first} ↔ {self.second}"
