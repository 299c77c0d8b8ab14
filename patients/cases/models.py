"""The case: where a patient's request stands, what was promised, and what was written."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.directory.models import Office
from offices.directory.roles import Duty, rows_for_duty
from offices.kit.ids import new_id
from offices.kit.transitions import append_only_trigger, fsm_trigger
from offices.routing.models import Requirement
from offices.translation.models import TranslationJob
from patients.intake.models import CareRequest, Patient, Representative
from patients.records.models import ReadinessRule


class Stage(models.TextChoices):
    SUBMITTED = "submitted", _("Request received")
    RECORDS = "records", _("Collecting records")
    CLINICAL_REVIEW = "clinical_review", _("Review by physicians")
    ESTIMATE = "estimate", _("Cost estimate")
    FINANCIAL_CLEARANCE = "financial_clearance", _("Financial arrangements")
    SCHEDULING = "scheduling", _("Booking appointments")
    TRAVEL = "travel", _("Preparing the journey")
    IN_CARE = "in_care", _("In care")
    RETURN_HOME = "return_home", _("Return home")
    FOLLOW_UP = "follow_up", _("Follow-up")
    CLOSED = "closed", _("Closed")


_ORDER = list(Stage)
# A stage may go on to the next, back to the one before, or be closed; closed is the end.
STAGE_TRANSITIONS = {
    stage: tuple(dict.fromkeys([*_ORDER[i + 1 : i + 2], *_ORDER[max(i - 1, 0) : i], Stage.CLOSED]))
    for i, stage in enumerate(_ORDER[:-1])
} | {Stage.CLOSED: ()}


class ReferenceCounter(models.Model):
    """The last case number given in a year."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)


class CaseQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff whose roles let them: what the own office has or is home to, or all.

        Others: the cases of the patients whom the account represents.
        """
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if not user.is_staff:
            acting = Representative.objects.filter(account=user, ended_at=None)
            return self.filter(patient__in=acting.values("patient"))
        return rows_for_duty(self, user, Duty.READ_CASES, ("office", "home_office"))

    def open_loads(self, users):
        """{key of user: open cases} for the keys given; who has none is left out."""
        rows = self.exclude(stage=Stage.CLOSED).filter(coordinator__in=list(users)).order_by()
        return dict(rows.values_list("coordinator").annotate(models.Count("pk")))

    def waiting_for_us(self):
        """Annotates `waits_for_us`: never answered, or written to by the patient since; once closed, since then."""
        last = Message.objects.filter(case=OuterRef("pk")).order_by("-sent_at")
        is_closed = Q(stage=Stage.CLOSED)
        waits = ~is_closed & (Q(first_answered_at=None) | Q(last_from_patient=True))
        waits |= is_closed & Q(last_from_patient=True, last_written_at__gt=F("stage_changed_at"))
        return self.annotate(
            last_from_patient=Subquery(last.values("from_patient")[:1]),
            last_written_at=Subquery(last.values("sent_at")[:1]),
        ).annotate(waits_for_us=ExpressionWrapper(waits, output_field=models.BooleanField()))

    def for_case_page(self):
        """With everything that the coordinator's page shows of one case."""
        translation = "care_request__translation"
        return self.select_related(
            "patient", "office", "home_office", "coordinator", "account", "care_request__specialty",
            "care_request__programme",
            f"{translation}__released_version", f"{translation}__reviewer",
        ).prefetch_related(
            f"{translation}__versions__author", "care_request__consents", "requirements__requirement",
            "handovers__from_office", "handovers__to_office", "handovers__actor",
        )  # fmt: skip


@pghistory.track(append_only=True, model_name="CaseHistory")
class Case(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(_("reference"), max_length=20, unique=True, editable=False)
    care_request = models.OneToOneField(CareRequest, on_delete=models.PROTECT, verbose_name=_("request"))
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="cases", verbose_name=_("patient"))
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="cases", verbose_name=_("office"))
    home_office = models.ForeignKey(
        Office, on_delete=models.PROTECT, related_name="home_cases", verbose_name=_("home office")
    )
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("coordinator"),
    )  # fmt: skip
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="cases",
        verbose_name=_("account"),
    )  # fmt: skip
    stage = models.CharField(_("stage"), max_length=20, choices=Stage.choices, default=Stage.SUBMITTED)
    stage_changed_at = models.DateTimeField(_("stage changed at"), default=timezone.now)
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    answer_due_at = models.DateTimeField(_("answer promised by"))
    first_answered_at = models.DateTimeField(_("first answered at"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("case"), _("cases")
        ordering = ["-opened_at"]
        # Serves the office's queue of unanswered cases, nearest promise first.
        indexes = [
            models.Index(
                fields=["office", "answer_due_at"], condition=Q(first_answered_at=None), name="case_waiting_for_answer"
            )
        ]
        triggers = [fsm_trigger("stage", STAGE_TRANSITIONS)]

    def __str__(self):
        return self.reference

    @property
    def time_zone(self) -> str:
        """The patient's time zone, else that of the office for the patient's country."""
        return self.care_request.time_zone or self.home_office.time_zone

    @property
    def next_stages(self) -> list[Stage]:
        return [Stage(stage) for stage in STAGE_TRANSITIONS[self.stage]]

    @property
    def is_late(self) -> bool:
        return (self.first_answered_at or timezone.now()) > self.answer_due_at


class CaseRequirement(models.Model):
    """What the rules required of this patient when the case was opened."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="requirements", verbose_name=_("case"))
    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, verbose_name=_("requirement"))

    class Meta:
        verbose_name, verbose_name_plural = _("requirement of a case"), _("requirements of cases")
        ordering = ["requirement__position", "requirement__code"]
        constraints = [models.UniqueConstraint(fields=["case", "requirement"], name="case_requirement_once")]

    def __str__(self):
        return str(self.requirement)


class Handover(models.Model):
    """A case given by one office to another, with what the next one must know. Without an actor the hours decided."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handovers", verbose_name=_("case"))
    from_office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+", verbose_name=_("from"))
    to_office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+", verbose_name=_("to"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    note = models.TextField(_("note"))
    handed_over_at = models.DateTimeField(_("handed over at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("handover"), _("handovers")
        ordering = ["handed_over_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(from_office=F("to_office")), name="handover_to_another_office"),
            models.CheckConstraint(condition=~Q(note=""), name="handover_is_written"),
        ]
        triggers = [append_only_trigger()]

    def __str__(self):
        return f"{self.from_office} → {self.to_office}"


class RecordRequestState(models.TextChoices):
    OPEN = "open", _("waiting for the records")
    FULFILLED = "fulfilled", _("records are there")
    WITHDRAWN = "withdrawn", _("no longer asked for")


RECORD_REQUEST_TRANSITIONS = {
    RecordRequestState.OPEN: (RecordRequestState.FULFILLED, RecordRequestState.WITHDRAWN),
    RecordRequestState.FULFILLED: (),
    RecordRequestState.WITHDRAWN: (),
}


@pghistory.track(append_only=True, model_name="RecordRequestHistory")
class RecordRequest(models.Model):
    """Records that the patient was asked for. While it is open, the patient is reminded by schedule."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="record_requests", verbose_name=_("case"))
    items = models.ManyToManyField(ReadinessRule, related_name="+", verbose_name=_("records"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    state = models.CharField(
        _("state"), max_length=10, choices=RecordRequestState.choices, default=RecordRequestState.OPEN
    )
    reminders = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    remind_at = models.DateTimeField(_("next reminder"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("request for records"), _("requests for records")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="open"), name="record_request_open_once")
        ]
        indexes = [models.Index(fields=["remind_at"], condition=Q(state="open"), name="record_request_to_remind")]
        triggers = [fsm_trigger("state", RECORD_REQUEST_TRANSITIONS)]

    def __str__(self):
        return f"{self.case} {self.asked_at:%Y-%m-%d}"


class MessageQuerySet(models.QuerySet):
    def of_case(self, case):
        """The messages of a case in order, with their authors and translations."""
        return (
            self.filter(case=case)
            .select_related("author", "translation__released_version", "translation__reviewer")
            .prefetch_related("translation__versions")
        )


class Message(models.Model):
    """What a patient and the office write to each other. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="messages", verbose_name=_("case"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    from_patient = models.BooleanField(_("from the patient"))
    text = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=12)
    translation = models.OneToOneField(
        TranslationJob, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("translation")
    )
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        ordering = ["sent_at"]
        triggers = [append_only_trigger()]

    def __str__(self):
        return self.text[:60]
