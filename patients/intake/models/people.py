"""People: the patient, and whoever acts for the patient. People are not cases: one may have several of each."""

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from offices.kit.ids import new_id
from offices.kit.names import full_name


class Sex(models.TextChoices):
    UNKNOWN = "unknown", _("not stated")
    FEMALE = "female", _("female")
    MALE = "male", _("male")
    OTHER = "other", _("other")


class Relation(models.TextChoices):
    """How who writes stands to the patient."""

    SELF = "self", _("the patient")
    PARENT = "parent", _("parent")
    GUARDIAN = "guardian", _("legal guardian")
    RELATIVE = "relative", _("relative or friend")
    AGENT = "agent", _("agent or facilitator")
    DOCTOR = "doctor", _("doctor of the patient")
    GOVERNMENT = "government", _("government office or embassy")


@pghistory.track(append_only=True, exclude=["search"], model_name="PatientHistory")
class Patient(models.Model):
    """A person who needs care. Names as in the passport, and in the person's own script; one word is enough."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    given_names = models.CharField(_("given names"), max_length=200, blank=True)
    family_name = models.CharField(_("family name"), max_length=200, blank=True)
    native_name = models.CharField(_("name in own script"), max_length=200, blank=True)
    birth_date = models.DateField(_("birth date"))
    sex = models.CharField(_("sex"), max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    nationality = CountryField(_("nationality"), blank=True)
    passport_number = models.CharField(_("passport number"), max_length=40, blank=True)
    residence_country = CountryField(_("country of residence"))
    language = models.CharField(_("language"), max_length=12)
    called = models.CharField(_("how to address"), max_length=200, blank=True)
    # Written by patients.intake.search.index_patients alone; null until then.
    search = SearchVectorField(null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("patient"), _("patients")
        ordering = ["-id"]
        indexes = [
            GinIndex(fields=["search"], name="patient_search"),
            models.Index(fields=["birth_date"], name="patient_birth_date"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(given_names="", family_name=""), name="patient_has_a_name")]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        return full_name(self.given_names, self.family_name, self.native_name)


@pghistory.track(append_only=True, model_name="RepresentativeHistory")
class Representative(models.Model):
    """An account that acts for a patient: the patient's own, or that of a parent, an agent, an embassy."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="representatives", verbose_name=_("patient")
    )
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="represents", verbose_name=_("account")
    )
    relation = models.CharField(_("relation"), max_length=10, choices=Relation.choices)
    authority = models.TextField(_("authority to act"), blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("representative"), _("representatives")
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "account"], condition=Q(ended_at=None), name="representative_acts_once"
            )
        ]

    def __str__(self):
        return f"{self.account} → {self.patient}"
