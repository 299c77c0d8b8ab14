"""The patient, what was asked for, and the consent given with it."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from phonenumber_field.modelfields import PhoneNumberField

from offices.directory.models import Programme, Specialty, validate_time_zone
from offices.kit.ids import new_id
from offices.kit.names import full_name
from offices.kit.transitions import append_only_trigger
from offices.routing.needs import Pathway, Urgency
from offices.translation.models import TranslationJob


class Sex(models.TextChoices):
    UNKNOWN = "unknown", _("not stated")
    FEMALE = "female", _("female")
    MALE = "male", _("male")
    OTHER = "other", _("other")


class Channel(models.TextChoices):
    WEB = "web", _("web form")
    PARTNER = "partner", _("partner institution")


@pghistory.track(append_only=True, model_name="PatientHistory")
class Patient(models.Model):
    """A person who needs care. Names as in the passport, and in the person's own script; one word is enough."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    given_names = models.CharField(_("given names"), max_length=200, blank=True)
    family_name = models.CharField(_("family name"), max_length=200, blank=True)
    native_name = models.CharField(_("name in own script"), max_length=200, blank=True)
    birth_date = models.DateField(_("birth date"))
    sex = models.CharField(_("sex"), max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    residence_country = CountryField(_("country of residence"))
    language = models.CharField(_("language"), max_length=12)

    class Meta:
        verbose_name, verbose_name_plural = _("patient"), _("patients")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(given_names="", family_name=""), name="patient_has_a_name")]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        return full_name(self.given_names, self.family_name, self.native_name)


def only_what_is_offered() -> pgtrigger.Trigger:
    """The wall behind `record_request`: the database takes no request for what the centre does not offer."""
    return pgtrigger.Trigger(
        name="only_what_is_offered",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("specialty_id", "programme_id"),
        func="""
            IF NOT EXISTS (
                SELECT 1 FROM directory_specialty service JOIN directory_physician lead ON lead.id = service.lead_id
                WHERE service.id = NEW.specialty_id AND service.is_offered AND lead.is_active
            ) THEN
                RAISE EXCEPTION 'Specialty % is not offered.', NEW.specialty_id;
            END IF;
            IF NEW.programme_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM directory_programme service JOIN directory_physician lead ON lead.id = service.lead_id
                WHERE service.id = NEW.programme_id AND service.specialty_id = NEW.specialty_id
                    AND service.is_offered AND lead.is_active
            ) THEN
                RAISE EXCEPTION 'Programme % is not offered in specialty %.', NEW.programme_id, NEW.specialty_id;
            END IF;
            RETURN NEW;
        """,
    )


@pghistory.track(append_only=True, model_name="CareRequestHistory")
class CareRequest(models.Model):
    """What was asked for, by the web form or by a partner. `submission_id` makes a second sending the same request."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    submission_id = models.UUIDField(_("submission"), unique=True, editable=False)
    channel = models.CharField(_("came by"), max_length=8, choices=Channel.choices)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="requests", verbose_name=_("patient"))
    email = models.EmailField(_("e-mail"), blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[validate_time_zone])
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, verbose_name=_("specialty"))
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("programme")
    )
    pathway = models.CharField(_("pathway"), max_length=16, choices=Pathway.choices, default=Pathway.IN_PERSON)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency.choices, default=Urgency.ROUTINE)
    words = models.TextField(_("own words"))
    words_language = models.CharField(_("stated language of the words"), max_length=12, blank=True)
    translation = models.OneToOneField(
        TranslationJob, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("translation")
    )
    submitted_at = models.DateTimeField(_("submitted at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("request"), _("requests")
        ordering = ["-submitted_at"]
        triggers = [only_what_is_offered()]

    def __str__(self):
        return f"{self.patient}: {self.specialty}"


class Consent(models.Model):
    """A consent as it was given: to which text, in which language, when, by whom. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    care_request = models.ForeignKey(
        CareRequest, on_delete=models.PROTECT, related_name="consents", verbose_name=_("request")
    )
    kind = models.CharField(_("kind"), max_length=40)
    text_version = models.CharField(_("text version"), max_length=40)
    language = models.CharField(_("language"), max_length=12)
    given_by = models.CharField(_("given by"), max_length=400)
    given_on = models.DateField(_("given on"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("consent"), _("consents")
        ordering = ["recorded_at"]
        triggers = [append_only_trigger()]

    def __str__(self):
        return f"{self.kind} {self.given_on}"
