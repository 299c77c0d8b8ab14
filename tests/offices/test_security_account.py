"""“My sign-in”: second factors are added and removed, sessions are seen and ended, and an idle one ends."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.usersessions.models import UserSession
from django.test import Client

from offices.notifications.models import Notification
from offices.security.codes import app_code
from offices.security.devices import describe_device
from offices.security.services import make_recovery_codes
from offices.security.sessions import RECENT_SECONDS, SEEN
from tests.cast import let_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

ACCOUNT, LOGIN, QUEUE = "/admin/account/", "/admin/login/", "/admin/cases/case/"
SECRET = generate_totp_secret()
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def app(coordinator):
    return TOTP.activate(coordinator, SECRET).instance


@pytest.fixture
def me(app, coordinator, sign_in):
    """The coordinator's client, with an app."""
    return sign_in(coordinator)


def elsewhere(user):
    client = Client(headers={"User-Agent": FIREFOX})
    let_in(client, user)
    return client


def row_of(client):
    return UserSession.objects.get(session_key=client.session.session_key)


def grow_old(client, seconds, *, factor=False):
    """As if the last request, and with `factor` the second factor, lay so many seconds back."""
    session = client.session
    session[SEEN] = session[SEEN] | {"at": session[SEEN]["at"] - seconds}
    if factor:
        session["account_authentication_methods"] = [
            record | {"at": record["at"] - seconds} for record in session["account_authentication_methods"]
        ]
    session.save()


def passkey(user, name="My phone"):
    return WebAuthn.add(user, name, {}).instance


def mails():
    return [mail.text.splitlines()[0] for mail in Notification.objects.filter(kind="sign_in_changed").order_by("pk")]


def test_the_page_names_factors_codes_and_sessions(me, coordinator):
    passkey(coordinator)
    make_recovery_codes(user=coordinator)
    other = elsewhere(coordinator)
    UserSession.objects.filter(pk=row_of(other).pk).update(user_agent=FIREFOX, ip="203.0.113.7")
    text = me.get(ACCOUNT).text
    for told in ("Authenticator app", "My phone", "10 codes are left", "Firefox on Windows", "203.0.113.7", "this one"):
        assert told in text
    assert text.count("this one") == 1


def test_another_factor_can_be_removed_but_never_the_last(me, app, coordinator):
    key = passkey(coordinator)
    assert me.post(f"{ACCOUNT}remove/{key.pk}/").url == ACCOUNT
    assert list(Authenticator.objects.all()) == [app]
    assert "A passkey was removed" in mails()[0]
    assert "only second step" in me.post(f"{ACCOUNT}remove/{app.pk}/", follow=True).text
    assert list(Authenticator.objects.all()) == [app]


def test_anothers_factor_does_not_exist(me, other_coordinator):
    passkey(other_coordinator, "First")
    key = passkey(other_coordinator, "Second")
    assert me.post(f"{ACCOUNT}remove/{key.pk}/").status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_recovery_codes_themselves_cannot_be_removed(me, coordinator):
    make_recovery_codes(user=coordinator)
    row = Authenticator.objects.get(type="recovery_codes")
    assert me.post(f"{ACCOUNT}remove/{row.pk}/").status_code == 404


def test_new_recovery_codes_take_the_place_of_the_old(me, coordinator):
    old = make_recovery_codes(user=coordinator)
    shown = re.findall(r"<li><code>([\d ]+)</code>", me.post(f"{ACCOUNT}recovery-codes/").text)
    assert len(shown) == 10 and not {code.replace(" ", "") for code in shown} & set(old)
    assert len(mails()) == 2


@pytest.mark.parametrize(
    ("method", "page"),
    [("get", "app/"), ("post", "app/"), ("get", "passkey/"), ("post", "recovery-codes/"), ("post", "remove/{key}/")],
)
def test_a_change_asks_for_the_second_factor_again_after_a_while(me, app, method, page):
    page = ACCOUNT + page.format(key=app.pk)
    grow_old(me, RECENT_SECONDS, factor=True)
    answer = getattr(me, method)(page)
    assert answer.url.startswith("/admin/second-step/?next=")
    assert Authenticator.objects.count() == 1
    assert me.post(answer.url, {"code": "000000"}).status_code == 200
    assert getattr(me, method)(page).url.startswith("/admin/second-step/")
    back = me.post(answer.url, {"code": app_code(SECRET)}).url
    assert back == (page if "remove" not in page and "recovery" not in page else ACCOUNT)
    assert me.get(f"{ACCOUNT}app/").status_code == 200


def test_an_app_on_a_new_phone_takes_the_place_of_the_old(me, app):
    secret = re.search(r'class="desk-key"[^>]*>([^<]+)<', me.get(f"{ACCOUNT}app/").text).group(1).replace(" ", "")
    me.post(f"{ACCOUNT}app/", {"code": app_code(secret)})
    assert Authenticator.objects.get(type="totp").pk == app.pk
    grow_old(me, RECENT_SECONDS, factor=True)
    assert me.post("/admin/second-step/", {"code": app_code(SECRET)}).status_code == 200


def test_a_session_is_ended_for_real(me, coordinator):
    other = elsewhere(coordinator)
    assert other.get(QUEUE).status_code == 200
    assert me.post(f"{ACCOUNT}sessions/{row_of(other).pk}/end/").url == ACCOUNT
    assert other.get(QUEUE).url.startswith(LOGIN)
    assert me.get(QUEUE).status_code == 200


def test_all_other_sessions_are_ended(me, coordinator):
    others = [elsewhere(coordinator), elsewhere(coordinator)]
    me.post(f"{ACCOUNT}sessions/end-others/")
    assert all(other.get(QUEUE).url.startswith(LOGIN) for other in others)
    assert me.get(QUEUE).status_code == 200


def test_ending_the_own_session_signs_out(me):
    assert me.post(f"{ACCOUNT}sessions/{row_of(me).pk}/end/").url == LOGIN
    assert me.get(QUEUE).url.startswith(LOGIN)


def test_anothers_session_cannot_be_ended(me, other_coordinator):
    other = elsewhere(other_coordinator)
    assert me.post(f"{ACCOUNT}sessions/{row_of(other).pk}/end/").status_code == 404
    assert other.get(QUEUE).status_code == 200


def test_a_session_of_an_old_password_is_not_listed(me, coordinator):
    elsewhere(coordinator)
    form = {"old_password": PASSWORD, "new_password1": "a-new-test-password", "new_password2": "a-new-test-password"}
    me.post("/admin/password_change/", form)
    assert me.get(ACCOUNT).text.count("End the session") == 1


def test_signing_in_puts_the_session_into_the_list(client, app, coordinator):
    client.post(LOGIN, {"username": coordinator.email, "password": PASSWORD}, headers={"User-Agent": FIREFOX})
    assert not UserSession.objects.exists()
    client.post("/admin/second-step/", {"code": app_code(SECRET)}, headers={"User-Agent": FIREFOX})
    row = UserSession.objects.get()
    assert (row.user, row.session_key, row.user_agent) == (coordinator, client.session.session_key, FIREFOX)


def test_no_session_of_a_patient_is_kept_in_a_list(client, patient, sign_in, case):
    sign_in(patient).get(f"/en/cases/{case.reference}/")
    assert not UserSession.objects.exists()


def test_an_idle_session_ends_and_says_why(me, settings):
    grow_old(me, settings.STAFF_IDLE_MINUTES * 60 + 1)
    answer = me.get(f"{QUEUE}?q=x")
    assert answer.url == "/admin/login/?ended=idle&next=%2Fadmin%2Fcases%2Fcase%2F%3Fq%3Dx"
    assert "_auth_user_id" not in me.session
    assert "because nothing was done for a while" in me.get(answer.url).text


def test_an_idle_session_ends_on_the_sign_in_page_itself(me, settings):
    grow_old(me, settings.STAFF_IDLE_MINUTES * 60 + 1)
    assert me.get(f"{LOGIN}?ended=idle").status_code == 200
    assert "_auth_user_id" not in me.session


def test_a_session_lives_until_it_is_idle_for_as_long_as_the_setting_says(me, settings):
    settings.STAFF_IDLE_MINUTES = 30
    grow_old(me, 29 * 60)
    assert me.get(QUEUE).status_code == 200
    grow_old(me, 29 * 60)
    assert me.get(QUEUE).status_code == 200


def test_the_ping_keeps_a_session_alive(me, settings):
    grow_old(me, settings.STAFF_IDLE_MINUTES * 60 - 5)
    assert me.post(f"{ACCOUNT}awake/").json() == {"left": settings.STAFF_IDLE_MINUTES * 60}
    grow_old(me, settings.STAFF_IDLE_MINUTES * 60 - 5)
    assert me.get(QUEUE).status_code == 200


def test_the_last_use_is_written_once_a_minute(me, count_queries):
    seen = me.session[SEEN]
    me.get(ACCOUNT)
    assert me.session[SEEN] == seen
    grow_old(me, 61)
    before = time.time()
    me.get(ACCOUNT)
    assert me.session[SEEN]["at"] >= before
    assert row_of(me).last_seen_at.timestamp() >= before


def test_a_session_of_staff_ends_after_twelve_hours_however_it_is_used(client, app, coordinator):
    client.post(LOGIN, {"username": coordinator.email, "password": PASSWORD})
    client.post("/admin/second-step/", {"code": app_code(SECRET)})
    end = client.session.get_expiry_date()
    assert end.timestamp() - time.time() == pytest.approx(12 * 3600, abs=60)
    grow_old(client, 600)
    client.get(QUEUE)
    assert client.session.get_expiry_date() == end


def test_the_page_takes_as_many_queries_for_many_sessions(me, coordinator, count_queries):
    few = count_queries(lambda: me.get(ACCOUNT))
    for _ in range(5):
        elsewhere(coordinator)
    assert count_queries(lambda: me.get(ACCOUNT)) == few <= 8


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (FIREFOX, "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Mac"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8", "A device that we do not know"),
    ],
)
def test_devices_in_plain_words(agent, told):
    assert describe_device(agent) == told


def take_away(client, user):
    return client.post(f"/admin/directory/user/{user.pk}/second-factor/")


def test_a_superuser_takes_away_a_lost_second_factor(app, coordinator, superuser, sign_in):
    theirs, boss = elsewhere(coordinator), sign_in(superuser)
    assert "Take away the second step" in boss.get(f"/admin/directory/user/{coordinator.pk}/change/").text
    assert take_away(boss, coordinator).url == f"/admin/directory/user/{coordinator.pk}/change/"
    assert not Authenticator.objects.exists()
    assert theirs.get(QUEUE).url.startswith(LOGIN)
    assert "An administrator took away your second step" in mails()[0]
    assert Notification.objects.get(kind="sign_in_changed").to == coordinator.email


def test_nobody_else_takes_it_away_and_nobody_the_own_one(app, coordinator, other_coordinator, superuser, sign_in):
    assert take_away(sign_in(other_coordinator), coordinator).status_code == 403
    assert Authenticator.objects.exists()
    TOTP.activate(superuser, SECRET)
    take_away(sign_in(superuser), superuser)
    assert Authenticator.objects.filter(user=superuser).exists()


def test_taking_it_away_asks_the_superuser_again_after_a_while(app, coordinator, superuser, sign_in):
    boss = sign_in(superuser)
    grow_old(boss, RECENT_SECONDS, factor=True)
    assert take_away(boss, coordinator).url.startswith("/admin/second-step/")
    assert Authenticator.objects.exists()


def test_a_patient_has_no_second_factor_to_take_away(patient, superuser, sign_in):
    boss = sign_in(superuser)
    assert take_away(boss, patient).status_code == 404
    assert "Second step" not in boss.get(f"/admin/directory/user/{patient.pk}/change/").text
