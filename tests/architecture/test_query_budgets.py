"""Every list takes as many queries at 30 rows as at 3, and no more than its ceiling."""

from datetime import date

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.urls import reverse
from django.utils import timezone
from django_countries import countries

from offices.directory.models import OfficeCountry, OfficeDay
from offices.notifications.services import queue_notification
from offices.outbox.models import Attempt, Delivery
from offices.outbox.services import publish_event
from offices.translation.services import release_translation, request_translation, save_version
from partners.institutions.services import issue_credential
from patients.cases.services import post_message
from patients.intake.models import QuestionRule
from patients.website.services import rebuild_search
from tests.factories import (
    InstitutionFactory,
    OfficeFactory,
    PhysicianFactory,
    ProgrammeFactory,
    ReadinessRuleFactory,
    RegionFactory,
    RequirementFactory,
    RoutingRuleFactory,
    ServiceLineFactory,
    SpecialtyFactory,
    StaffFactory,
    make_case,
    refer,
)
from tests.patients.portal.walking import begin

pytestmark = pytest.mark.django_db
FEW, MANY = 3, 30


@pytest.fixture
def measure(count_queries):
    """measure(make, call) -> the queries that `call()` takes after `make(n)` for n rows, the same for FEW and for MANY."""

    def measure(make, call):
        for number in range(FEW):
            make(number)
        few = count_queries(call)
        for number in range(FEW, MANY):
            make(number)
        many = count_queries(call)
        assert many == few, f"{few} queries for {FEW} rows, {many} for {MANY}"
        return many

    return measure


def make_answered_case(number):
    case = make_case(email=f"patient{number}@example.org")
    author = StaffFactory(office=case.office)
    post_message(case=case, author=author, text="Hello.", language="en")


def make_released_job(number):
    office = OfficeFactory(code=f"office-{number}")
    reviewer = StaffFactory(office=office, qualified_languages=["es"])
    job = request_translation(office=office, text="Hola.", target_language="en", source_language="es")
    save_version(job=job, text="Hello.", actor=reviewer)
    release_translation(job=job, actor=reviewer)


def make_delivery(number):
    event = publish_event("test.happened", {})
    Delivery.objects.create(event=event, subscriber=f"subscriber{number}")


def make_notification(number):
    queue_notification(
        kind="sign_in_code",
        to=f"patient{number}@example.org",
        language="en",
        context={"code": "X", "minutes": 15},
        office=OfficeFactory(code=f"office-{number}"),
    )


def make_credential(number):
    issue_credential(institution=InstitutionFactory(code=f"hospital-{number}"), actor=None)


def make_referral(number):
    institution = InstitutionFactory(code=f"hospital-{number}")
    refer(institution, partner_reference=f"R-{number}", email=f"patient{number}@example.org")


def make_patient(number):
    make_case(email=f"patient{number}@example.org", given_names=f"Ana{number}", family_name=f"Sosa{number}")


def make_match(number):
    """A pair of the same name and birth date, and none with the pairs before."""
    name = "".join(chr(ord("a") + int(digit)) * 3 for digit in str(number + 10))
    for which in (1, 2):
        make_case(email=f"{name}{which}@example.org", given_names=name.title(), family_name=f"{name}ez".title())


# What makes the row of the number for a list, each with relations of its own, and the list's ceiling of queries.
LISTS = {
    "directory.Region": (lambda number: RegionFactory(code=f"region-{number}"), 5),
    "directory.Office": (
        lambda number: OfficeFactory(code=f"office-{number}", region=RegionFactory(code=f"region-{number}")), 6
    ),
    "directory.Specialty": (lambda number: SpecialtyFactory(code=f"specialty-{number}"), 5),
    "directory.OfficeDay": (
        lambda number: OfficeDay.objects.create(office=OfficeFactory(code=f"office-{number}"), day=date(2026, 12, 24)), 7
    ),
    "directory.Physician": (lambda number: PhysicianFactory(code=f"physician-{number}"), 5),
    "directory.ServiceLine": (lambda number: ServiceLineFactory(code=f"line-{number}"), 5),
    "directory.Programme": (
        lambda number: ProgrammeFactory(
            code=f"programme-{number}", specialty=SpecialtyFactory(code=f"specialty-{number}"),
            lead=PhysicianFactory(code=f"physician-{number}"),
        ), 6
    ),
    "routing.Requirement": (lambda number: RequirementFactory(code=f"requirement-{number}"), 5),
    "routing.RoutingRule": (
        lambda number: RoutingRuleFactory(
            office=OfficeFactory(code=f"office-{number}"), specialties=[SpecialtyFactory(code=f"specialty-{number}")]
        ), 7
    ),
    "intake.Patient": (make_patient, 6),
    "intake.PatientMatch": (make_match, 6),
    "records.ReadinessRule": (
        lambda number: ReadinessRuleFactory(
            code=f"rule-{number}", specialty=SpecialtyFactory(code=f"specialty-{number}")
        ), 5
    ),
    "intake.QuestionRule": (
        lambda number: QuestionRule.objects.create(
            country=list(countries)[number].code, question="visa", action=QuestionRule.Action.SKIP
        ), 5
    ),
    "directory.User": (lambda number: StaffFactory(office=OfficeFactory(code=f"office-{number}")), 6),
    "outbox.Event": (lambda number: publish_event(f"test.happened{number}", {}), 6),
    "outbox.Delivery": (make_delivery, 6),
    "notifications.Notification": (make_notification, 7),
    "translation.TranslationJob": (make_released_job, 7),
    "cases.Case": (make_answered_case, 11),
    "institutions.Institution": (lambda number: InstitutionFactory(code=f"hospital-{number}"), 5),
    "institutions.Credential": (make_credential, 5),
    "referrals.Referral": (make_referral, 6),
}  # fmt: skip


def registered_lists():
    return {model._meta.label: model for model in admin.site._registry}


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def reading(client, address, **options):
    """A call that reads the page, which must be there."""

    def read():
        assert client.get(address, **options).status_code == 200

    return read


@pytest.mark.parametrize("label", registered_lists())
def test_every_list_of_the_desk(label, offices, specialty, superuser, sign_in, measure):
    assert label in LISTS, f"{label} has a list at the desk, and nothing here makes rows for it"
    make, ceiling = LISTS[label]
    model, client = registered_lists()[label], sign_in(superuser)
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert measure(make, reading(client, address)) <= ceiling
    assert len(client.get(address).context["cl"].result_list) >= MANY


def test_no_maker_is_left_of_a_list_that_is_gone():
    assert set(LISTS) == set(registered_lists())


@pytest.fixture
def write(case, patient, coordinator):
    """write(n): the message n of the case, by its patient and by the office in turn."""

    def write(number):
        author = (patient, coordinator)[number % 2]
        post_message(case=case, author=author, text=f"Nr. {number}", language="en")

    return write


def test_the_page_of_a_case_at_the_desk(case, coordinator, sign_in, write, measure):
    assert measure(write, reading(sign_in(coordinator), page_of(case))) <= 30


def test_the_page_of_a_translation_job(case, coordinator, sign_in, measure):
    job = case.care_request.translation

    def make(number):
        save_version(job=job, text=f"Nr. {number}", actor=StaffFactory(office=case.office))

    assert measure(make, reading(sign_in(coordinator), page_of(job))) <= 8


def test_the_page_of_a_delivery(case, superuser, sign_in, measure):
    delivery = Delivery.objects.earliest("pk")

    def make(number):
        Attempt.objects.create(delivery=delivery, started_at=timezone.now(), succeeded=False, error=f"Nr. {number}")

    assert measure(make, reading(sign_in(superuser), page_of(delivery))) <= 8


def test_the_page_of_an_institution(institution, superuser, sign_in, measure):
    def make(number):
        issue_credential(institution=institution, actor=None, label=f"Nr. {number}")

    assert measure(make, reading(sign_in(superuser), page_of(institution))) <= 8


def test_the_page_of_an_office(offices, superuser, sign_in, measure):
    office = offices["los-angeles"]

    def make(number):
        OfficeCountry.objects.create(office=office, country=[*countries][number].code)

    assert measure(make, reading(sign_in(superuser), page_of(office))) <= 8


def test_the_history_of_a_row_at_the_desk(institution, superuser, sign_in, measure):
    def make(number):
        LogEntry.objects.log_actions(StaffFactory().pk, [institution], CHANGE, f"Nr. {number}", single_object=True)

    address = reverse("admin:institutions_institution_history", args=[institution.pk])
    assert measure(make, reading(sign_in(superuser), address)) <= 8


def test_the_patients_list_of_cases(case, patient, sign_in, measure):
    def make(number):
        make_case(email=patient.email)

    assert measure(make, reading(sign_in(patient), "/en/cases/")) <= 6


def test_the_patients_page_of_a_case(case, patient, sign_in, write, measure):
    assert measure(write, reading(sign_in(patient), f"/en/cases/{case.reference}/")) <= 18


def make_office(number):
    OfficeFactory(code=f"office-{number}", region=RegionFactory(code=f"region-{number}"), countries=["MX"])


def make_service(number):
    specialty = SpecialtyFactory(
        code=f"specialty-{number}",
        service_line=ServiceLineFactory(code=f"line-{number}"),
        lead=PhysicianFactory(code=f"physician-{number}"),
    )
    lead = PhysicianFactory(code=f"lead-{number}")
    ProgrammeFactory(code=f"programme-{number}", specialty=specialty, lead=lead)
    ProgrammeFactory(code=f"heart-{number}", specialty=SpecialtyFactory(), lead=lead)


@pytest.mark.parametrize(
    ("make", "path", "ceiling"),
    [
        (make_office, "", 4),
        (make_office, "offices/", 3),
        (make_office, "offices/office-0/", 5),
        (make_office, "help/", 1),
        (make_service, "services/", 1),
        (make_service, "services/cardiology/", 2),
    ],
)
def test_the_pages_of_the_website(client, db, measure, make, path, ceiling):
    assert measure(make, reading(client, f"/en/{path}")) <= ceiling


def test_the_search(client, db, measure):
    def make(number):
        make_service(number)
        rebuild_search()

    assert measure(make, reading(client, "/en/search/?q=specialty")) <= 1


def test_the_map_of_the_site(client, db, measure):
    assert measure(lambda number: [make_office(number), make_service(number)], reading(client, "/sitemap.xml")) <= 2


def test_the_list_of_specialties_in_the_request(client, db, measure):
    begin(client)
    page = reading(client, "/en/request/steps/specialty/")
    assert measure(lambda number: SpecialtyFactory(code=f"specialty-{number}"), page) <= 6


def test_the_partners_list_of_services(client, partner_a, measure):
    def make(number):
        ProgrammeFactory(code=f"programme-{number}", specialty=SpecialtyFactory(code=f"specialty-{number}"))

    assert measure(make, reading(client, "/api/v1/services/", headers=partner_a)) <= 2


def test_the_partners_list_of_referrals(client, offices, specialty, institution, partner_a, measure):
    def make(number):
        refer(institution, partner_reference=f"R-{number}", email=f"patient{number}@example.org")

    assert measure(make, reading(client, "/api/v1/referrals/", headers=partner_a)) <= 1
