"""Recording what a patient or a partner sent."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from offices.directory.models import Programme, Specialty
from offices.routing.needs import Pathway, Urgency
from patients.intake.models import CareRequest, Consent, Patient, Sex


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
class ConsentDetails:
    kind: str
    text_version: str
    language: str
    given_by: str
    given_on: date | None = None


@transaction.atomic
def record_request(
    *, submission_id: UUID, channel: str, patient: PatientDetails, contact: ContactDetails, need: NeedDetails,
    consent: ConsentDetails, at: datetime | None = None,
) -> CareRequest:  # fmt: skip
    """Write patient, request and consent.

    Raises SpecialtyNotOffered, ProgrammeNotOffered, and IntegrityError for a known submission.
    """
    if not need.specialty.can_be_requested:
        raise SpecialtyNotOffered
    programme = need.programme
    if programme and not (programme.can_be_requested and programme.specialty_id == need.specialty.pk):
        raise ProgrammeNotOffered
    at = at or timezone.now()
    care_request = CareRequest.objects.create(
        submission_id=submission_id,
        channel=channel,
        patient=Patient.objects.create(**asdict(patient)),
        email=contact.email.strip().lower(),
        phone=contact.phone,
        time_zone=contact.time_zone,
        specialty=need.specialty,
        programme=programme,
        pathway=need.pathway,
        urgency=need.urgency,
        words=need.words,
        words_language=need.words_language,
        submitted_at=at,
    )
    Consent.objects.create(
        care_request=care_request,
        kind=consent.kind,
        text_version=consent.text_version,
        language=consent.language,
        given_by=consent.given_by,
        given_on=consent.given_on or at.date(),
    )
    return care_request
