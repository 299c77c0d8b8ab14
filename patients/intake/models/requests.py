"""What was asked for, and the consents given with it."""

import pghistory
import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from offices.directory.models import Programme, Specialty, validate_time_zone
from offices.kit.ids import new_id
from offices.kit.transitions import append_only_trigger
from offices.routing.needs import Pathway, Urgency
from offices.translation.models import TranslationJob
from patients.intake.models.people import Patient, Relation


class Channel(models.TextChoices):
    WEB = "web", _("web form")
    PARTNER = "partner", _("partner institution")


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
    asker_name = models.CharField(_("asked by"), max_length=400, blank=True)
    asker_relation = models.CharField(
        _("relation to the patient"), max_length=10, choices=Relation.choices, default=Relation.SELF
    )
    asker_authority = models.TextField(_("authority to act"), blank=True)
    # {question: answer} as the form took it; patients.intake.form.steps names the questions. Empty from partners.
    answers = models.JSONField(_("answers"), default=dict, blank=True)
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
    kind = models.CharField(_("kind"), max_length=50)
    text_version = models.CharField(_("text version"), max_length=40)
    language = models.CharField(_("language"), max_length=12)
    given_by = models.CharField(_("given by"), max_length=400)
    given_as = models.CharField(_("given as"), max_length=10, choices=Relation.choices, default=Relation.SELF)
    given_on = models.DateField(_("given on"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("consent"), _("consents")
        ordering = ["recorded_at"]
        triggers = [append_only_trigger()]

    def __str__(self):
        return f"{self.kind} {self.given_on}"
