"""The demo's staff have authenticator apps with a secret that everybody knows, but for the one who sets up an own one."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.test import Client

from cedars_intl.demo.people import APP_SECRET, SETS_UP_AN_APP, STAFF
from cedars_intl.demo.second_factors import load_second_factors
from offices.security.codes import app_code
from tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return [StaffFactory(email=member.email, office=None) for member in STAFF]


def test_everybody_but_one_gets_an_app_once(team):
    assert load_second_factors() == len(STAFF) - 1
    assert load_second_factors() == 0
    apps = Authenticator.objects.select_related("user")
    assert {app.user.email for app in apps} == {member.email for member in STAFF} - {SETS_UP_AN_APP}
    assert {decrypt(app.data["secret"]) for app in apps} == {APP_SECRET}


def test_who_has_set_up_another_one_keeps_it(team):
    key = Authenticator.objects.create(user=team[0], type="webauthn", data={"name": "Mine", "credential": {}})
    load_second_factors()
    assert list(Authenticator.objects.filter(user=team[0])) == [key]


def test_nobody_else_gets_the_demos_app(team, coordinator):
    load_second_factors()
    assert not Authenticator.objects.filter(user=coordinator).exists()


def test_the_page_shows_code_after_code(team, settings):
    """Two people of the demo may sign in with one account in the same half minute."""
    settings.DEMO = True
    load_second_factors()
    shown = []
    for _ in range(2):
        client = Client()
        client.post("/admin/login/", {"username": team[0].email, "password": PASSWORD})
        shown.append(client.get("/admin/second-step/").context["demo_code"])
        assert client.post("/admin/second-step/", {"code": shown[-1]}).status_code == 302
    assert shown[0] != shown[1] and len(app_code(APP_SECRET)) == 6
