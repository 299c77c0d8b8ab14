"""Recording what a patient or a partner sent."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from offices.directory.models import Programme, Specialty
from offices.routing.needs import Pathway, Urgency
from patients.intake.form.kinds import Answers
from patients.intake.models import CareRequest, Consent, Patient, Relation, Sex


class SpecialtyNotOffered(Exception):
    """The centre does not offer this specialty, so it cannot be asked for."""

    def __init__(self):
        super().__init__(_("We cannot offer care in this specialty."))


class ProgrammeNotOffered(Exception):
    """The centre does not offer this programme, or not in the specialty that was named."""

    def __init__(self):
        super().__init__(_("We cannot offer this programme in this specialty."))


@dataclass(frozen=True)
class PatientDetails:
    given_names: str
    family_name: str
    birth_date: date
    residence_country: str
    language: str
    native_name: str = ""
    sex: str = Sex.UNKNOWN
    nationality: str = ""
    passport_number: str = ""
    called: str = ""


@dataclass(frozen=True)
class ContactDetails:
    """`phone` in E.164, `time_zone` an IANA name; each may be empty."""

    email: str = ""
    phone: str = ""
    time_zone: str = ""


@dataclass(frozen=True)
class NeedDetails:
    """`words_language` empty: to be detected."""

    specialty: Specialty
    words: str
    words_language: str = ""
    pathway: str = Pathway.IN_PERSON
    urgency: str = Urgency.ROUTINE
    programme: Programme | None = None


@dataclass(frozen=True)
class AskerDetails:
    """Who writes, and by what right; the patient when nothing is said."""

    name: str = ""
    relation: str = Relation.SELF
    authority: str = ""


@dataclass(frozen=True)
class ConsentDetails:
    kind: str
    text_version: str
    language: str
    given_by: str
    given_on: date | None = None
    given_as: str = Relation.SELF
    recorded_at: datetime | None = None


@transaction.atomic
def record_request(
    *, submission_id: UUID, channel: str, patient: PatientDetails, contact: ContactDetails, need: NeedDetails,
    consents: Sequence[ConsentDetails], asker: AskerDetails | None = None, answers: Answers | None = None,
    known: Patient | None = None, at: datetime | None = None,
) -> CareRequest:  # fmt: skip
    """Write patient, request and consents. A `known` patient gets another request, and the details as they are now.

    Raises SpecialtyNotOffered, ProgrammeNotOffered, and IntegrityError for a known submission.
    """
    if not need.specialty.can_be_requested:
        raise SpecialtyNotOffered
    programme = need.programme
    if programme and not (programme.can_be_requested and programme.specialty_id == need.specialty.pk):
        raise ProgrammeNotOffered
    at, asker = at or timezone.now(), asker or AskerDetails()
    care_request = CareRequest.objects.create(
        submission_id=submission_id,
        channel=channel,
        patient=_update(known, patient) if known else Patient.objects.create(**asdict(patient)),
        email=contact.email.strip().lower(),
        phone=contact.phone,
        time_zone=contact.time_zone,
        specialty=need.specialty,
        programme=programme,
        pathway=need.pathway,
        urgency=need.urgency,
        words=need.words,
        words_language=need.words_language,
        asker_name=asker.name,
        asker_relation=asker.relation,
        asker_authority=asker.authority,
        answers=dict(answers or {}),
        submitted_at=at,
    )
    Consent.objects.bulk_create(
        Consent(
            care_request=care_request,
            **asdict(consent) | {"given_on": consent.given_on or at.date(), "recorded_at": consent.recorded_at or at},
        )
        for consent in consents
    )
    return care_request


def details_of(patient: Patient) -> PatientDetails:
    """The details of a patient as they are known."""
    known = {field.name: getattr(patient, field.name) for field in fields(PatientDetails)}
    countries = {name: known[name].code for name in ("residence_country", "nationality")}
    return PatientDetails(**known | countries)


def _update(patient: Patient, details: PatientDetails) -> Patient:
    """What was not said this time stays as it is known."""
    said = {name: value for name, value in asdict(details).items() if value not in ("", Sex.UNKNOWN)}
    for name, value in said.items():
        setattr(patient, name, value)
    patient.save(update_fields=list(said))
    return patient
