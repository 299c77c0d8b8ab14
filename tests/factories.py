"""Rows for tests. What a service makes (a case, a referral) is made by that service."""

from datetime import date, time
from hashlib import sha256
from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from offices.directory.models import (
    Absence,
    Office,
    OfficeCountry,
    OfficeHours,
    Physician,
    Programme,
    Region,
    ServiceLine,
    Specialty,
    StaffLanguage,
    User,
)
from offices.directory.roles import Role
from offices.routing.models import Requirement, RoutingRule
from partners.institutions.access import Access
from partners.institutions.models import Credential, Institution
from partners.institutions.services import issue_credential
from partners.referrals.services import refer_patient
from patients.cases.record_requests import ask_for_records
from patients.cases.services import submit_request
from patients.intake.services import ConsentDetails, ContactDetails, NeedDetails, PatientDetails
from patients.records.models import Document, DocumentKind, DocumentState, Instance, ReadinessRule, Series, Study
from patients.records.vault import store_bytes

PASSWORD = "a-long-test-password"


class RegionFactory(DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ["code"]

    code = "latin-america"
    name = "Latin America"


class OfficeFactory(DjangoModelFactory):
    class Meta:
        model = Office
        django_get_or_create = ["code"]
        skip_postgeneration_save = True

    code = "mexico-city"
    name = factory.LazyAttribute(lambda office: f"{office.code.title()} Office")
    city = factory.LazyAttribute(lambda office: office.code.replace("-", " ").title())
    region = factory.SubFactory(RegionFactory)
    time_zone = "America/Mexico_City"
    languages = ["es", "en"]
    email = factory.LazyAttribute(lambda office: f"{office.code}.office@example.org")

    @factory.post_generation
    def countries(office, create, countries, **kwargs):
        for country in countries or ():
            OfficeCountry.objects.get_or_create(office=office, country=country)

    @factory.post_generation
    def hours(office, create, hours, **kwargs):
        """(weekday, opening, closing) of each stretch; without any, Monday to Friday from nine to six."""
        for weekday, opens_at, closes_at in hours or [(day, time(9), time(18)) for day in range(1, 6)]:
            OfficeHours.objects.get_or_create(
                office=office, weekday=weekday, opens_at=opens_at, defaults={"closes_at": closes_at}
            )


class PhysicianFactory(DjangoModelFactory):
    class Meta:
        model = Physician
        django_get_or_create = ["code"]

    code = "anika-rao"
    name = "Dr. Anika Rao"


class ServiceLineFactory(DjangoModelFactory):
    class Meta:
        model = ServiceLine
        django_get_or_create = ["code"]

    code = "heart"
    name = "Heart"


class SpecialtyFactory(DjangoModelFactory):
    class Meta:
        model = Specialty
        django_get_or_create = ["code"]

    code = "cardiology"
    name = factory.LazyAttribute(lambda specialty: specialty.code.title())
    is_offered = True
    lead = factory.SubFactory(PhysicianFactory)


class ProgrammeFactory(DjangoModelFactory):
    class Meta:
        model = Programme
        django_get_or_create = ["code"]

    code = "heart-valves"
    name = factory.LazyAttribute(lambda programme: programme.code.title())
    specialty = factory.SubFactory(SpecialtyFactory)
    is_offered = True
    lead = factory.SubFactory(PhysicianFactory)


class RequirementFactory(DjangoModelFactory):
    class Meta:
        model = Requirement
        django_get_or_create = ["code"]

    code = "visa-b2"
    kind = "visa"
    name = factory.LazyAttribute(lambda requirement: requirement.code.title())


class RoutingRuleFactory(DjangoModelFactory):
    class Meta:
        model = RoutingRule
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Rule {n}")
    valid_from = date(2026, 1, 1)

    @factory.post_generation
    def specialties(rule, create, specialties, **kwargs):
        if create:
            rule.specialties.set(specialties or ())

    @factory.post_generation
    def requirements(rule, create, requirements, **kwargs):
        if create:
            rule.requirements.set(requirements or ())


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")

    @classmethod
    def _create(cls, model, *args, password=None, **fields):
        return model.objects.create_user(password=password, **fields)


class StaffFactory(UserFactory):
    office = factory.SubFactory(OfficeFactory)
    is_staff = True
    roles = [Role.COORDINATOR]
    password = PASSWORD

    @factory.post_generation
    def qualified_languages(user, create, codes, **kwargs):
        StaffLanguage.objects.bulk_create(
            StaffLanguage(user=user, language=code, may_release=True) for code in dict.fromkeys(codes or ())
        )

    @factory.post_generation
    def speaks(user, create, codes, **kwargs):
        StaffLanguage.objects.bulk_create(StaffLanguage(user=user, language=code) for code in codes or ())


class AbsenceFactory(DjangoModelFactory):
    class Meta:
        model = Absence

    user = factory.SubFactory(StaffFactory)


class InstitutionFactory(DjangoModelFactory):
    class Meta:
        model = Institution
        django_get_or_create = ["code"]

    code = "demo-mx"
    name = factory.LazyAttribute(lambda institution: f"Hospital {institution.code}")
    country = "MX"


class ReadinessRuleFactory(DjangoModelFactory):
    class Meta:
        model = ReadinessRule
        django_get_or_create = ["code"]

    code = "pathology"
    kind = DocumentKind.PATHOLOGY
    name = factory.LazyAttribute(lambda rule: rule.code.title())
    why = factory.LazyAttribute(lambda rule: f"Why {rule.code} is needed.")


class DocumentFactory(DjangoModelFactory):
    """A document that was read, of a patient; its file holds `content`."""

    class Meta:
        model = Document

    class Params:
        content = b"%PDF-1.7 a letter"
        media_type = "application/pdf"

    file = factory.LazyAttribute(lambda document: store_bytes(content=document.content, media_type=document.media_type))
    filename = factory.Sequence(lambda n: f"letter-{n}.pdf")
    state = DocumentState.READY
    kind = DocumentKind.LETTER


class StudyFactory(DjangoModelFactory):
    """A study of a patient: one series of `images` images, each in a document of its own."""

    class Meta:
        model = Study
        skip_postgeneration_save = True

    uid = factory.Sequence(lambda n: f"1.2.826.0.1.3680043.8.498.{n}")
    description = "MRI of the head"

    @factory.post_generation
    def images(study, create, images, modality="MR", state=DocumentState.READY, **document):
        series = Series.objects.create(study=study, uid=f"{study.uid}.1", number=1, modality=modality)
        for number in range(1, (images or 1) + 1):
            kept = DocumentFactory(
                patient=study.patient, study=study, filename=f"IM{number:04}.dcm", kind=DocumentKind.IMAGING,
                state=state, content=f"{study.uid} {number}".encode(), media_type="application/dicom", **document,
            )  # fmt: skip
            Instance.objects.create(series=series, document=kept, uid=f"{series.uid}.{number}", number=number)


def request_details(
    *, email="maria@example.org", country="MX", language="es", specialty=None, words="Tengo dolor en el pecho.",
    given_names="María", family_name="Núñez", **need
):  # fmt: skip
    """The four details that `submit_request` takes, as keywords."""
    return {
        "patient": PatientDetails(
            given_names=given_names, family_name=family_name, birth_date=date(1980, 5, 17), residence_country=country,
            language=language, sex="female",
        ),
        "contact": ContactDetails(email=email, phone="+525555010123", time_zone="America/Mexico_City"),
        "need": NeedDetails(specialty=specialty or SpecialtyFactory(), words=words, words_language=language, **need),
        "consents": [
            ConsentDetails(
                kind="treatment_inquiry", text_version="1", language=language, given_by=f"{given_names} {family_name}"
            )
        ],
    }  # fmt: skip


def make_case(*, submission_id=None, channel="web", at=None, **details):
    """A case of `request_details(**details)`, in the office that serves its country (the `offices` fixture)."""
    return submit_request(submission_id=submission_id or uuid4(), channel=channel, at=at, **request_details(**details))


def make_record_request(case, *rules, actor=None, at=None):
    """An open request for the records of the rules; without any, for a pathology report."""
    rules = rules or [ReadinessRuleFactory()]
    return ask_for_records(case=case, rules=rules, actor=actor or StaffFactory(office=case.office), at=at)


def refer(institution, *, partner_reference="MX-1", idempotency_key="", body="1", **details):
    """The answer of `refer_patient` to a referral of `request_details(**details)`; `body` stands for what was sent."""
    credential = Credential.objects.filter(institution=institution).first()
    credential = credential or issue_credential(institution=institution, actor=None)[0]
    details = request_details(**details)
    return refer_patient(
        access=Access(credential.pk, institution.pk, ("referrals:write",), expires_at=0),
        partner_reference=partner_reference,
        fingerprint=sha256(body.encode()).hexdigest(),
        idempotency_key=idempotency_key,
        consent_given_on=date(2026, 3, 2),
        consent_language="es",
        **{name: details[name] for name in ("patient", "contact", "need")},
    )
