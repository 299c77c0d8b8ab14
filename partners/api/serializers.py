"""A referral as partners send it, and as we tell how it stands."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from offices.directory.models import Programme, Specialty
from offices.routing.needs import Pathway, Urgency
from partners.api.fields import Country, Email, Language, Line, PastDay, Phone, StrictText
from partners.referrals.models import Status
from patients.cases.models import Stage
from patients.intake.models import Sex
from patients.intake.services import ContactDetails, NeedDetails, PatientDetails

LONGEST_SUMMARY = 20_000


def field_error(field, code, detail):
    return ValidationError({field: [ErrorDetail(detail, code)]})


def specialty_not_offered():
    refusal = _("We cannot offer care in this specialty.")
    offered = _("Offered: %(codes)s") % {"codes": ", ".join(Specialty.objects.offered().values_list("code", flat=True))}
    detail = f"{refusal} {offered}"
    return field_error("specialty", "specialty_not_offered", detail)


def programme_not_offered():
    return field_error("programme", "programme_not_offered", _("We cannot offer this programme in this specialty."))


class StrictSerializer(serializers.Serializer):
    """Refuses fields that it does not know: a misspelt optional field must not get lost in silence."""

    def to_internal_value(self, data):
        unknown = {}
        if isinstance(data, Mapping):
            unknown = {
                name: [ErrorDetail(_("There is no such field."), "unknown_field")]
                for name in data
                if name not in self.fields
            }
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**error.detail, **unknown}) from error
        if unknown:
            raise ValidationError(unknown)
        return values


class PatientSerializer(StrictSerializer):
    """Who is referred."""

    given_names = Line(max_length=200, default="", allow_blank=True, help_text="As in the passport.")
    family_name = Line(
        max_length=200, default="", allow_blank=True, help_text="As in the passport. One of the two names is enough."
    )
    native_name = Line(max_length=200, default="", allow_blank=True, help_text="In the patient's own script.")
    birth_date = PastDay()
    sex = serializers.ChoiceField(choices=Sex.choices)
    residence_country = Country()
    language = Language(help_text="The language in which we write to the patient.")
    email = Email(
        max_length=254, default="", allow_blank=True, help_text="With it the patient can follow the case online."
    )
    phone = Phone(default="", allow_blank=True, help_text="E.164.")

    def validate(self, attrs):
        if not attrs["given_names"] and not attrs["family_name"]:
            raise field_error("given_names", "name_required", _("Give at least one name."))
        return attrs


class ConsentSerializer(StrictSerializer):
    """That the patient agreed to be referred to us."""

    given_on = PastDay(help_text="The day on which the patient agreed to this referral. You keep the signed text.")
    language = Language(help_text="The language of the text that the patient agreed to.")


class NewReferralSerializer(StrictSerializer):
    """A patient, what is asked for, and why."""

    partner_reference = Line(max_length=100, help_text="Yours, unique among your referrals.")
    pathway = serializers.ChoiceField(choices=Pathway.choices)
    specialty = Line(max_length=50, help_text="The code of a specialty that we offer, such as cardiology.")
    programme = Line(
        max_length=50,
        default="",
        allow_blank=True,
        help_text="The code of a programme that we offer in it.",
    )
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    patient = PatientSerializer()
    clinical_summary = StrictText(max_length=LONGEST_SUMMARY)
    summary_language = Language()
    consent = ConsentSerializer()

    def validate_specialty(self, code):
        specialty = Specialty.objects.filter(code=code).first()
        if specialty is None:
            raise ValidationError(specialty_not_offered().detail["specialty"])
        return specialty

    def validate_programme(self, code):
        programme = Programme.objects.select_related("lead", "specialty__lead").filter(code=code).first()
        if code and programme is None:
            raise ValidationError(programme_not_offered().detail["programme"])
        return programme

    def details(self):
        """The keywords of `refer_patient` that say what was sent."""
        sent = self.validated_data
        patient = dict(sent["patient"])
        contact = ContactDetails(email=patient.pop("email"), phone=patient.pop("phone"))
        return {
            "partner_reference": sent["partner_reference"],
            "patient": PatientDetails(**patient),
            "contact": contact,
            "need": NeedDetails(
                specialty=sent["specialty"],
                programme=sent["programme"] or None,
                words=sent["clinical_summary"],
                words_language=sent["summary_language"],
                pathway=sent["pathway"],
                urgency=sent["urgency"],
            ),
            "consent_given_on": sent["consent"]["given_on"],
            "consent_language": sent["consent"]["language"],
        }


class ReferralSerializer(serializers.Serializer):
    """How a referral stands."""

    # This only describes: answers are written by `summary_of`, without a serializer.

    id = serializers.UUIDField()
    partner_reference = serializers.CharField()
    case_reference = serializers.CharField(help_text="Ours, for phone calls and letters.")
    status = serializers.ChoiceField(choices=Status.choices, help_text="How the referral stands, in one word.")
    stage = serializers.ChoiceField(choices=Stage.choices, help_text="Where the patient's journey stands.")
    stage_changed_at = serializers.DateTimeField()
    answer_due_at = serializers.DateTimeField(help_text="By when a coordinator answers the patient for the first time.")
    answered_at = serializers.DateTimeField(allow_null=True, help_text="When that was; null until then.")
    pathway = serializers.ChoiceField(choices=Pathway.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    specialty = serializers.CharField()
    created_at = serializers.DateTimeField()


class ReferralPageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The address of the next page; null on the last.")
    previous = serializers.URLField(allow_null=True, help_text="The address of the page before; null on the first.")
    results = ReferralSerializer(many=True)


class OfferedProgrammeSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Send it as `programme`.")
    name = serializers.CharField(help_text="In the language of Accept-Language.")


class OfferedSpecialtySerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Send it as `specialty`.")
    name = serializers.CharField(help_text="In the language of Accept-Language.")
    programmes = OfferedProgrammeSerializer(many=True)


class OfferedServicesSerializer(serializers.Serializer):
    """What can be asked for today."""

    results = OfferedSpecialtySerializer(many=True)


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="The path of the field, such as patient.birth_date.")
    code = serializers.CharField(help_text="What is wrong with it; never changes.")
    detail = serializers.CharField(help_text="The same for people, in the language of Accept-Language.")


class ProblemSerializer(serializers.Serializer):
    """RFC 9457."""

    type = serializers.URLField(help_text="Where this code is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="What is wrong; never changes.")
    instance = serializers.CharField(help_text="The path that was asked for.")
    detail = serializers.CharField(required=False)
    errors = FieldErrorSerializer(many=True, required=False)
