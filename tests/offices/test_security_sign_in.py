"""Staff sign in with a second factor: what a password alone opens (nothing), and what counts as a second factor."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection
from django.urls import reverse

from offices.notifications.models import Notification
from offices.security.codes import TRIES, app_code
from offices.security.services import make_recovery_codes
from tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db

LOGIN, SECOND_STEP, SET_UP = "/admin/login/", "/admin/second-step/", "/admin/account/set-up/"
QUEUE = "/admin/cases/case/"
SECRET = generate_totp_secret()
STEP_SECONDS = 30


@pytest.fixture
def with_app(coordinator):
    """The coordinator, with an authenticator app that holds SECRET."""
    TOTP.activate(coordinator, SECRET)
    return coordinator


def type_password(client, user, query=""):
    return client.post(f"{LOGIN}{query}", {"username": user.email, "password": PASSWORD})


def type_code(client, code):
    return client.post(SECOND_STEP, {"code": code})


def code_in(seconds=0):
    return app_code(SECRET, int(time.time() + seconds) // STEP_SECONDS)


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_a_password_alone_opens_nothing(client, with_app):
    assert type_password(client, with_app).url == SECOND_STEP
    assert not is_signed_in(client)
    assert client.get(QUEUE).url == f"{LOGIN}?next={QUEUE}"
    assert "authenticator app shows" in client.get(SECOND_STEP).text


def test_the_apps_code_opens_the_desk_where_it_was_asked_for(client, with_app):
    type_password(client, with_app, f"?next={QUEUE}")
    assert type_code(client, code_in()).url == QUEUE
    assert client.get(QUEUE).status_code == 200


@pytest.mark.parametrize("target", ["https://elsewhere.example.org/", "//elsewhere.example.org", "javascript:alert(1)"])
def test_next_leads_to_no_other_site(client, with_app, target):
    type_password(client, with_app, f"?next={target}")
    assert type_code(client, code_in()).url == "/admin/"


def test_a_code_in_spaces_or_in_arabic_digits_is_read(client, with_app):
    type_password(client, with_app)
    code = code_in().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert type_code(client, f" {code[:3]} {code[3:]} ").status_code == 302


@pytest.mark.parametrize("seconds", [-10 * STEP_SECONDS, 10 * STEP_SECONDS], ids=["expired", "not yet"])
def test_a_code_of_another_time_is_refused(client, with_app, seconds):
    type_password(client, with_app)
    answer = type_code(client, code_in(seconds))
    assert answer.status_code == 200 and "This code is not right" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not is_signed_in(client)


def test_a_code_opens_once(client, with_app):
    code = code_in()
    type_password(client, with_app)
    type_code(client, code)
    client.logout()
    type_password(client, with_app)
    assert "was used already" in type_code(client, code).text
    assert not is_signed_in(client)


def test_a_recovery_code_opens_once_in_the_place_of_the_app(client, with_app):
    codes = make_recovery_codes(user=with_app)
    type_password(client, with_app)
    assert type_code(client, codes[3]).status_code == 302
    assert is_signed_in(client)
    client.logout()
    type_password(client, with_app)
    assert type_code(client, codes[3]).status_code == 200
    assert not is_signed_in(client)
    assert type_code(client, codes[4]).status_code == 302


def test_tries_are_limited_even_for_the_right_code(client, with_app):
    type_password(client, with_app)
    for _ in range(TRIES):
        assert type_code(client, "000000").status_code == 200
    answer = type_code(client, code_in())
    assert answer.status_code == 429 and "Wait 15 minutes" in answer.text
    assert not is_signed_in(client)


def test_the_second_step_without_a_password_leads_to_the_password(client, with_app):
    assert client.get(f"{SECOND_STEP}?next={QUEUE}").url == f"{LOGIN}?next=%2Fadmin%2Fcases%2Fcase%2F"
    assert type_code(client, code_in()).url == LOGIN


@pytest.mark.parametrize("sent", ["{}", "[]", "null", "1", '{"id": "x", "response": {}}', "not JSON"])
def test_a_made_up_passkey_is_refused(client, with_app, sent):
    type_password(client, with_app)
    client.get(SECOND_STEP)
    answer = client.post(SECOND_STEP, {"credential": sent})
    assert answer.status_code == 200 and "does not open this account" in answer.text
    assert client.get("/admin/passkey/").json()["publicKey"]["challenge"]
    assert client.post("/admin/passkey/", {"credential": sent}).url == LOGIN
    assert not is_signed_in(client)


def test_who_has_no_second_factor_reaches_nothing_but_its_set_up(client, coordinator, case):
    assert type_password(client, coordinator, f"?next={QUEUE}").url == QUEUE
    for page in (QUEUE, "/admin/account/", SECOND_STEP, "/en/", f"/en/cases/{case.reference}/", "/nowhere/"):
        assert client.get(page).url.startswith(SET_UP), page
    assert client.get(QUEUE, follow=True).redirect_chain == [(f"{SET_UP}?next=%2Fadmin%2Fcases%2Fcase%2F", 302)]
    for page in (SET_UP, "/admin/account/app/", "/admin/account/passkey/"):
        assert client.get(page).status_code == 200, page
    assert client.post("/admin/account/recovery-codes/").url.startswith(SET_UP)
    client.post("/admin/logout/")
    assert not is_signed_in(client)


def key_on(page):
    return re.search(r'class="desk-key"[^>]*>([^<]+)<', page.text).group(1).replace(" ", "")


def test_a_new_member_sets_up_an_app_and_goes_on(client, coordinator):
    type_password(client, coordinator)
    page = client.get(f"/admin/account/app/?next={QUEUE}")
    secret = key_on(page)
    assert "<svg" in page.text and "otpauth" not in client.session.get("security_new_app", "")
    wrong = client.post("/admin/account/app/", {"code": "000000", "next": QUEUE})
    assert "This code is not right" in wrong.text and key_on(wrong) == secret
    done = client.post("/admin/account/app/", {"code": app_code(secret), "next": QUEUE})
    shown = re.findall(r"<li><code>([\d ]+)</code>", done.text)
    assert len(shown) == 10 and "recovery-codes.txt" in done.text and f'href="{QUEUE}"' in done.text
    assert client.get(QUEUE).status_code == 200
    assert "10 codes are left" in client.get("/admin/account/").text
    mail = Notification.objects.get(kind="sign_in_changed")
    assert mail.to == coordinator.email and "An authenticator app was set up" in mail.text
    client.logout()
    type_password(client, coordinator)
    assert type_code(client, shown[0]).status_code == 302


def test_a_password_session_from_before_sets_up_nothing_once_there_is_a_second_factor(client, coordinator):
    type_password(client, coordinator)
    secret = key_on(client.get("/admin/account/app/"))
    TOTP.activate(coordinator, SECRET)
    assert client.post("/admin/account/app/", {"code": app_code(secret)}).url == LOGIN
    assert not is_signed_in(client)


def test_a_patient_who_became_staff_signs_in_again(client, patient, sign_in):
    sign_in(patient)
    patient.is_staff = True
    patient.save()
    assert client.get(QUEUE).url.startswith(LOGIN)
    assert not is_signed_in(client)


def test_a_new_superuser_sets_up_too(client):
    boss = StaffFactory(is_superuser=True)
    type_password(client, boss)
    assert client.get("/admin/directory/user/").url.startswith(SET_UP)


def test_secrets_are_encrypted_in_the_database(with_app):
    codes = make_recovery_codes(user=with_app)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        (stored,) = cursor.fetchone()
    row = Authenticator.objects.get(type="recovery_codes")
    assert SECRET not in stored and not any(code in stored for code in codes)
    assert RecoveryCodes(row).generate_codes() == codes
    assert not re.fullmatch(r"[0-9a-f]{80}", row.data["seed"])


def test_another_secret_key_opens_no_second_factor(client, with_app, settings):
    first = settings.SECRET_KEY
    settings.SECRET_KEY = "another-" + "0123456789abcdef" * 4
    type_password(client, with_app)
    assert type_code(client, code_in()).status_code == 200
    settings.SECRET_KEY_FALLBACKS = [first]
    assert type_code(client, code_in()).status_code == 302


def test_the_demo_shows_the_code_of_the_demos_own_secret_alone(client, with_app, settings):
    settings.DEMO = True
    type_password(client, with_app)
    assert "Demo:" not in client.get(SECOND_STEP).text
    settings.DEMO_SECOND_FACTOR = SECRET
    code = re.search(r'id="demo-code"[^>]*>(\d{6})<', client.get(SECOND_STEP).text).group(1)
    settings.DEMO = False
    assert "Demo:" not in client.get(SECOND_STEP).text
    assert type_code(client, code).status_code == 302


def test_patients_and_partners_are_asked_for_no_second_factor(client, case, patient, sign_in, partner_a):
    sign_in(patient)
    assert client.get(f"/en/cases/{case.reference}/").status_code == 200
    assert client.get("/api/v1/referrals/", headers=partner_a).status_code == 200
    assert not Authenticator.objects.exists()
    assert "security_seen" not in client.session


def test_every_page_of_the_desk_leads_to_my_sign_in(client, sign_in, coordinator):
    assert f'href="{reverse("admin:account")}"' in sign_in(coordinator).get(QUEUE).text
