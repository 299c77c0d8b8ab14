"""A request while it is being written: saved at every step, by whoever holds its key, and gone when it expires."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from offices.kit.ids import new_id
from patients.intake.models.people import Patient
from patients.intake.models.requests import CareRequest

DRAFT_DAYS = 30


def draft_end():
    return timezone.now() + timedelta(days=DRAFT_DAYS)


class DraftQuerySet(models.QuerySet):
    def open(self):
        return self.filter(care_request=None, expires_at__gt=timezone.now())


class Draft(models.Model):
    """`care_request` is set once it is sent. `email` is where the way back and the notice of its end are mailed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("account"),
    )  # fmt: skip
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("known patient")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=12)
    care_request = models.OneToOneField(
        CareRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="draft", verbose_name=_("request")
    )
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"), default=draft_end)
    warned_at = models.DateTimeField(_("end announced at"), null=True, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("unfinished request"), _("unfinished requests")
        ordering = ["-saved_at"]
        indexes = [models.Index(fields=["expires_at"], condition=Q(care_request=None), name="draft_ending")]

    def __str__(self):
        return str(self.pk)


class DraftStep(models.Model):
    """The answers of one step. `unfinished` is what was typed and not yet sent; `version` grows with each save."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="steps", verbose_name=_("draft"))
    step = models.CharField(_("step"), max_length=40)
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    unfinished = models.JSONField(_("typed, not sent"), default=dict, blank=True)
    is_done = models.BooleanField(_("done"), default=False)
    version = models.PositiveIntegerField(_("version"), default=0)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("step of a draft"), _("steps of drafts")
        constraints = [models.UniqueConstraint(fields=["draft", "step"], name="draft_step_once")]

    def __str__(self):
        return self.step


class ResumeKey(models.Model):
    """A one-time way back to a draft: a link or a code by mail, each kept as a hash."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="keys", verbose_name=_("draft"))
    email = models.EmailField(_("e-mail"), default="")
    link_hash = models.CharField(max_length=64, unique=True, editable=False)
    code_hash = models.CharField(max_length=64, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("key to a draft"), _("keys to drafts")

    def __str__(self):
        return str(self.pk)


def hash_key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class QuestionRule(models.Model):
    """A question of the form that people of a country are asked too, or are spared."""

    class Action(models.TextChoices):
        ASK = "ask", _("ask")
        SKIP = "skip", _("skip")

    country = CountryField(_("country of residence"))
    question = models.CharField(_("question"), max_length=60)
    action = models.CharField(_("action"), max_length=4, choices=Action.choices)

    class Meta:
        verbose_name, verbose_name_plural = _("question by country"), _("questions by country")
        ordering = ["country", "question"]
        constraints = [models.UniqueConstraint(fields=["country", "question"], name="question_rule_once")]

    def __str__(self):
        return f"{self.country.code}: {self.question}"
