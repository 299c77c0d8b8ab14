"""The demo's data is true to the product's rules, at whatever hour it is loaded; loading it again changes nothing."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from cedars_intl.demo import PATIENT, SIGN_INS
from cedars_intl.demo.loader import load_directory, load_people, read_directory
from cedars_intl.demo.people import INSTITUTIONS, PASSWORD, STAFF
from cedars_intl.demo.stories import all_stories
from cedars_intl.demo.telling import load_stories
from offices.directory.completeness import read_completeness
from offices.directory.models import (
    Absence,
    Level,
    Office,
    OfficeChannel,
    OfficeCountry,
    OfficeDay,
    OfficeHours,
    Physician,
    Programme,
    Specialty,
    User,
)
from offices.directory.roles import Duty, Role
from offices.directory.services import stand_in_for
from offices.outbox.models import Event
from offices.routing.models import Requirement, RoutingRule
from offices.routing.needs import FOLLOWS_THE_SUN
from offices.translation.models import JobState, TranslationJob
from partners.institutions.access import Access
from partners.referrals.models import Referral
from patients.cases.models import STAGE_TRANSITIONS, Case, Handover, Stage
from tests.factories import OfficeFactory, SpecialtyFactory, StaffFactory

pytestmark = pytest.mark.django_db

ROLES = {role.value: role for role in Role}


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    call_command("load_demo", verbosity=0)


def rows():
    ours = ("cedars_intl", "offices", "patients", "partners")
    return {
        model._meta.label: model.objects.count() for model in apps.get_models() if model.__module__.startswith(ours)
    }


def test_the_loaded_demo(demo, client):
    before = rows()
    call_command("load_demo", verbosity=0)
    assert rows() == before

    check_cases()
    mexico = Case.objects.filter(office__code="mexico-city")
    assert mexico.count() >= 55
    assert mexico.filter(first_answered_at=None).count() >= 10
    assert {case.is_late for case in mexico.filter(first_answered_at=None)} == {True, False}

    assert Case.objects.filter(account__email=PATIENT).exists()
    for member in STAFF:
        assert client.login(username=member.email, password=PASSWORD), member.email

    released = TranslationJob.objects.filter(state=JobState.RELEASED)
    assert released.exists()
    assert {job.reviewer.email for job in released} == {"reviewer@example.org"}
    assert TranslationJob.objects.filter(state=JobState.IN_REVIEW).exists()

    seen = {}
    for referral in Referral.objects.select_related("institution"):
        seen.setdefault(referral.institution, set()).add(referral)
    assert {institution.code for institution in seen} == {code for code, _name, _country in INSTITUTIONS}
    for institution, referrals in seen.items():
        access = Access(0, institution.pk, (), 0.0)
        assert set(Referral.objects.visible_to(access)) == referrals
        assert {referral.case.patient.residence_country.code for referral in referrals} == {institution.country.code}


# In UTC: a working morning in the Americas, a night there, a Friday when the Gulf closes early, the days after
# Christmas, and the first hour of a day that few years have.
@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 24, 16, 30, tzinfo=UTC),
        datetime(2026, 12, 2, 8, 5, tzinfo=UTC),
        datetime(2026, 12, 11, 12, 0, tzinfo=UTC),
        datetime(2026, 12, 26, 23, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 0, 0, tzinfo=UTC),
    ],
    ids=lambda now: f"{now:%a-%d-%b-%H}",
)
def test_it_loads_at_any_hour(now):
    load_directory()
    load_people(now)
    assert len(list(load_stories(now))) == len(all_stories())
    assert not list(load_stories(now + timedelta(days=1)))
    check_cases(now)
    assert Case.objects.filter(home_office__code="mexico-city").count() >= 60
    assert set(Absence.objects.on(now.date()).values_list("user__email", flat=True)) == {"abudhabi@example.org"}


def check_cases(now=None):
    now = now or timezone.now()
    cases = Case.objects.select_related(
        "office", "home_office", "coordinator", "care_request__specialty", "care_request__programme"
    ).prefetch_related("messages__author__office", "handovers__from_office", "handovers__to_office")
    assert len(cases) == len(all_stories())
    assert {case.home_office.code for case in cases} == set(Office.objects.values_list("code", flat=True))
    for case in cases:
        assert case.care_request.specialty.can_be_requested
        assert case.care_request.programme is None or case.care_request.programme.can_be_requested
        assert case.coordinator is None or case.coordinator.office == case.office
        assert case.coordinator or not case.first_answered_at

        messages, handovers = list(case.messages.all()), list(case.handovers.all())
        times = [case.opened_at, *(message.sent_at for message in messages)]
        assert times == sorted(times) and times[-1] <= now
        assert case.opened_at <= case.stage_changed_at <= now
        for message in messages:
            assert "{" not in message.text
            if not message.from_patient:
                assert message.author.may(Duty.WRITE_TO_PATIENTS)
                assert message.author.office == office_at(case, handovers, message.sent_at), case.reference

        # Urgent ones follow the sun, and come back when the home office opens.
        assert not handovers or case.care_request.urgency in FOLLOWS_THE_SUN
        assert not handovers or not case.home_office.calendar.is_open(case.opened_at)
        assert all(handover.handed_over_at <= now for handover in handovers)
        is_back = bool(handovers) and case.home_office.calendar.next_opening(case.opened_at) <= now
        if case.stage != Stage.CLOSED:
            assert [h.to_office == case.home_office for h in handovers] == [False, True][: len(handovers)]
            assert len(handovers) == (2 if is_back else bool(handovers))
            assert case.office == (handovers[-1].to_office if handovers else case.home_office)
    assert Handover.objects.filter(actor=None).exists()
    ordered = sorted(cases, key=lambda case: (case.opened_at, case.reference))
    for year in {case.opened_at.year for case in cases}:
        references = [case.reference for case in ordered if case.opened_at.year == year]
        assert references == sorted(references)

    readers = [user for user in User.objects.filter(is_staff=True) if user.may(Duty.READ_CASES)]
    assert readers
    for user in readers:
        assert Case.objects.visible_to(user).exists(), user.email


def office_at(case, handovers, at):
    """Which office had the case at that time."""
    to = [handover.to_office for handover in handovers if handover.handed_over_at <= at]
    return to[-1] if to else case.home_office


def test_every_role_is_held_and_shown(demo):
    held = {role for member in STAFF for role in member.roles}
    assert held == set(Role.values)
    shown = {email: duty for email, _password, duty in SIGN_INS}
    for member in STAFF:
        assert member.roles or member.is_superuser
        assert all(str(ROLES[role].label) in shown[member.email] for role in member.roles), member.email
        user = User.objects.get(email=member.email)
        assert user.roles == list(member.roles) and user.capacity == member.capacity
        assert {specialty.code for specialty in user.specialties.all()} == set(member.specialties)
        assert {spoken.language: spoken.level for spoken in user.spoken_languages.all()} == member.speaks
        assert set(user.qualified_languages) == set(member.qualified_languages)
        user.full_clean()

    coordinators = [user for user in User.objects.all() if Role.COORDINATOR in user.roles]
    for office in Office.objects.all():
        team = [user for user in coordinators if user.office == office]
        spoken = [
            {spoken.language for spoken in user.spoken_languages.filter(level__gte=Level.PROFESSIONAL)} for user in team
        ]
        assert spoken and all("en" in languages for languages in spoken)
        assert set(office.languages) <= set().union(*spoken), office

    away = User.objects.get(email="abudhabi@example.org")
    today = timezone.now().astimezone(away.office.zone).date()
    assert stand_in_for(away, today).email == "abudhabi2@example.org"
    assert stand_in_for(away, today + timedelta(days=7)) is None
    for absence in Absence.objects.all():
        assert absence.stand_in.office == absence.user.office and Role.COORDINATOR in absence.stand_in.roles


def test_a_real_site_is_refused(settings):
    settings.DEMO = settings.DEBUG = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("load_demo", verbosity=0)
    assert not User.objects.exists()


def test_the_directory_is_whole_in_all_languages():
    assert load_directory()
    assert Event.objects.filter(name="directory.changed").count() == 1
    assert not [gap for texts in read_completeness() for gap in texts.gaps]
    assert not load_directory()
    assert Event.objects.filter(name="directory.changed").count() == 1

    data = read_directory()
    sizes = {
        Office: len(data["office"]),
        OfficeHours: sum(len(row["hours"]) for row in data["office"]),
        OfficeDay: sum(len(row["own_days"]) for row in data["office"]),
        OfficeChannel: sum(len(row["channels"]) for row in data["office"]),
        OfficeCountry: sum(len(row["countries"]) for row in data["office"]),
        Physician: len(data["physician"]),
        Specialty: len(data["specialty"]),
        Programme: len(data["programme"]),
        Requirement: len(data["requirement"]),
        RoutingRule: len(data["rule"]),
    }
    assert {model: model.objects.count() for model in sizes} == sizes
    for model in (Office, Specialty, Requirement, RoutingRule):
        for row in model.objects.all():
            row.full_clean(validate_unique=False)
    for specialty in Specialty.objects.all():
        assert specialty.lead or not specialty.is_offered
        assert specialty.can_be_requested == specialty.is_offered
    assert Programme.objects.offered().count() == len(data["programme"]) - 2


def test_a_database_from_before_is_completed():
    """It has offices without a place, specialties without leads, and accounts without roles or languages."""
    office = OfficeFactory(code="mexico-city", name="Ours", latitude=None, longitude=None, is_fallback=False)
    hours = list(office.hours.values_list("weekday", "opens_at", "closes_at"))
    before = {"lead": None, "service_line": None, "summary": "", "is_offered": False}
    SpecialtyFactory(code="oncology", name="Tumours", **before)
    SpecialtyFactory(code="dental", name="Teeth", **before)
    led = SpecialtyFactory(code="cardiology", name="Hearts", is_offered=False)
    user = StaffFactory(email="mexico2@example.org", name="Someone", office=office, roles=[])
    other = StaffFactory(email="mexico@example.org", office=office, roles=["office_manager"])
    other.spoken_languages.create(language="es", level=Level.NATIVE)
    load_directory()
    load_people()

    office.refresh_from_db()
    assert (office.name_en, office.name_ru, str(office.latitude)) == ("Ours", "Офис в Мехико", "19.433")
    assert office.does_ru and office.channels.exists() and office.own_days.exists()
    assert list(office.hours.values_list("weekday", "opens_at", "closes_at")) == hours
    oncology, dental = Specialty.objects.get(code="oncology"), Specialty.objects.get(code="dental")
    assert oncology.can_be_requested and (oncology.name_en, oncology.service_line.code) == ("Tumours", "cancer")
    assert oncology.summary_ar and dental.summary_ar and not dental.is_offered
    led.refresh_from_db()
    assert not led.is_offered and led.name_en == "Hearts"

    user, other = User.objects.get(pk=user.pk), User.objects.get(pk=other.pk)
    assert (user.name, user.roles, sorted(user.qualified_languages)) == ("Someone", ["coordinator"], ["es", "pt-br"])
    assert user.specialties.exists()
    assert other.roles == ["office_manager"] and not other.specialties.exists()
    before = rows()
    assert not load_directory() and not load_people()
    assert rows() == before


def test_the_stories_can_happen():
    data = read_directory()
    offered = {
        table: {row["code"]: row for row in data[table] if row.get("is_offered", True)}
        for table in ("specialty", "programme")
    }
    gone = {row["code"] for row in data["physician"] if not row.get("is_active", True)}
    addresses = Counter(story.email for story in all_stories())
    assert set(addresses.values()) == {1}
    assert any(story.programme for story in all_stories())
    for story in all_stories():
        assert story.specialty in offered["specialty"], story.email
        if story.programme:
            programme = offered["programme"][story.programme]
            assert programme["specialty"] == story.specialty and programme["lead"] not in gone, story.email
        assert story.stage in STAGE_TRANSITIONS, story.email
        assert story.stage == Stage.SUBMITTED or story.messages, f"{story.email} moved on without an answer"
        assert story.email.endswith("@example.org")
        assert all(message.hours_ago <= story.hours_ago for message in story.messages), story.email
