from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.kit.ids import new_id
from offices.kit.transitions import append_only_trigger
from partners.institutions.access import Access
from partners.institutions.models import Credential, Institution
from patients.cases.models import Case, Stage


class Status(models.TextChoices):
    """How a referral stands for its partner. It follows from the stage of the case."""

    RECEIVED = "received", _("Received")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")


STATUS_OF_STAGE = {
    stage.value: {Stage.SUBMITTED: Status.RECEIVED, Stage.CLOSED: Status.COMPLETED}.get(stage, Status.IN_PROGRESS).value
    for stage in Stage
}


SUMMARY = {
    "id": "id",
    "partner_reference": "partner_reference",
    "created_at": "created_at",
    "case_reference": "case__reference",
    "stage": "case__stage",
    "stage_changed_at": "case__stage_changed_at",
    "answer_due_at": "case__answer_due_at",
    "answered_at": "case__first_answered_at",
    "pathway": "case__care_request__pathway",
    "urgency": "case__care_request__urgency",
    "specialty": "case__care_request__specialty__code",
}


class ReferralQuerySet(models.QuerySet):
    def visible_to(self, reader):
        """To an institution (its Access) its own; to staff (a User) those of the cases they may see; to others none."""
        if isinstance(reader, Access):
            return self.filter(institution_id=reader.institution_id)
        return self.filter(case__in=Case.objects.visible_to(reader)) if reader.is_staff else self.none()

    def with_status(self, status):
        return self.filter(case__stage__in=[stage for stage, its in STATUS_OF_STAGE.items() if its == status])

    def summaries(self):
        """Rows for `summary_of`, in one query."""
        return self.values(*SUMMARY.values())


def summary_of(row):
    """What partners are told of a referral, from a row of `summaries()`: how it stands, and nothing of the patient."""
    summary = {name: row[path] for name, path in SUMMARY.items()}
    return summary | {"status": STATUS_OF_STAGE[summary["stage"]]}


class Referral(models.Model):
    """That an institution sent us this case, under a reference of its own. Never changed: what moves is the case.

    `fingerprint` is the SHA-256 of the request as it was sent, by which the same one sent again is known from another.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="referrals", db_index=False, verbose_name=_("institution")
    )
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="referrals", verbose_name=_("credential"))
    case = models.OneToOneField(Case, models.PROTECT, related_name="referral", verbose_name=_("case"))
    partner_reference = models.CharField(_("partner's reference"), max_length=100)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("referral"), _("referrals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "partner_reference"], name="referral_one_a_partner_reference"
            )
        ]
        # Serves an institution's list from any id on; ids grow with time.
        indexes = [models.Index(fields=["institution", "id"], name="referral_list")]
        triggers = [append_only_trigger()]

    def __str__(self):
        return self.partner_reference


class IdempotencyRecord(models.Model):
    """The answer that the first request with this Idempotency-Key got. Never changed and kept for good."""

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="+")
    made_referral = models.BooleanField()
    answer = models.TextField()
    answered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="idempotencyrecord_one_a_key")]
        triggers = [append_only_trigger()]

    def __str__(self):
        return self.key
