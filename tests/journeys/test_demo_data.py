"""The demo's data is true to the product's rules, and loading it again changes nothing."""

import tomllib
from collections import Counter

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from modeltranslation.utils import build_localized_fieldname

from cedars_intl.demo import DIRECTORY_FILE, PATIENT
from cedars_intl.demo.people import INSTITUTIONS, PASSWORD, STAFF
from cedars_intl.demo.stories import all_stories
from cedars_intl.messages.checks import directory_problems
from offices.directory.models import Office, OfficeCountry, Region, Specialty, User
from offices.translation.models import JobState, TranslationJob
from partners.institutions.access import Access
from partners.referrals.models import Referral
from patients.cases.models import STAGE_TRANSITIONS, Case, Stage

pytestmark = pytest.mark.django_db


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

    cases = Case.objects.select_related("office", "patient", "care_request__specialty").prefetch_related("messages")
    assert len(cases) == len(all_stories())
    offices = Counter(case.office.code for case in cases)
    assert offices.keys() == set(Office.objects.values_list("code", flat=True))
    assert offices["mexico-city"] >= 60

    mexico = Case.objects.filter(office__code="mexico-city")
    assert mexico.filter(first_answered_at=None).count() >= 10
    assert {case.is_late for case in mexico.filter(first_answered_at=None)} == {True, False}

    for case in cases:
        assert case.care_request.specialty.is_offered
        times = [case.opened_at, *(message.sent_at for message in case.messages.all())]
        assert times == sorted(times)
        assert case.opened_at <= case.stage_changed_at
    assert [case.reference for case in cases.order_by("opened_at")] == sorted(case.reference for case in cases)

    assert Case.objects.filter(account__email=PATIENT).exists()
    for member in STAFF:
        assert client.login(username=member.email, password=PASSWORD), member.email
        user = User.objects.get(email=member.email)
        assert Case.objects.visible_to(user).exists(), member.email

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


def test_a_real_site_is_refused(settings):
    settings.DEMO = settings.DEBUG = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("load_demo", verbosity=0)
    assert not User.objects.exists()


def test_the_directory_speaks_all_languages(demo, settings):
    assert not list(directory_problems(DIRECTORY_FILE))
    fields = [build_localized_fieldname("name", code) for code, _name in settings.LANGUAGES]
    for row in [*Region.objects.all(), *Office.objects.all(), *Specialty.objects.all()]:
        assert all(getattr(row, field) for field in fields), row
    served = [
        country for office in tomllib.loads(DIRECTORY_FILE.read_text())["office"] for country in office["countries"]
    ]
    assert OfficeCountry.objects.count() == len(set(served)) == len(served)


def test_the_stories_can_happen():
    offered = {
        specialty["code"]
        for specialty in tomllib.loads(DIRECTORY_FILE.read_text())["specialty"]
        if specialty.get("is_offered", True)
    }
    addresses = Counter(story.email for story in all_stories())
    assert set(addresses.values()) == {1}
    for story in all_stories():
        assert story.specialty in offered, story.email
        assert story.stage in STAGE_TRANSITIONS, story.email
        assert story.stage == Stage.SUBMITTED or story.messages, f"{story.email} moved on without an answer"
        assert story.email.endswith("@example.org")
        assert all(message.hours_ago <= story.hours_ago for message in story.messages), story.email
