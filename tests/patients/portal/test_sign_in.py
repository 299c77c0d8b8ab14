"""Sign-in by a mailed code: who gets one, what it opens, and what a stranger learns from it (nothing)."""

import re
import time
from unittest import mock

import pytest
from django.core import signing

from offices.notifications.models import Notification
from patients.cases.mails import LINK_SALT, case_url

pytestmark = pytest.mark.django_db

TO_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def ask(client, email, language="en", **more):
    return client.post(f"/{language}/sign-in/", {"email": email, **more})


def mailed_code():
    mail = Notification.objects.filter(kind="sign_in_code").latest("queued_at")
    return re.search(r"\b\d{8}\b", mail.text).group()


def is_signed_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(
    "write",
    [
        lambda code: code,
        lambda code: f" {code[:4]} {code[4:]} ",
        lambda code: f"{code[:4]}-{code[4:]}",
        lambda code: code.translate(TO_ARABIC),
    ],
)
def test_code_opens_the_case(client, case, patient, write):
    assert ask(client, f" {patient.email.upper()}", "es").url == "/es/sign-in/code/"
    mail = Notification.objects.get(kind="sign_in_code")
    assert (mail.to, mail.language, mail.is_secret, mail.state) == (patient.email, "es", True, "queued")
    response = client.post("/es/sign-in/code/", {"code": write(mailed_code())})
    assert (response.status_code, response.url) == (302, "/es/cases/")
    assert client.get("/es/cases/").url == f"/es/cases/{case.reference}/"
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "stranger", ["unknown", "coordinator", "superuser", "closed"], ids=["unknown", "staff", "superuser", "closed"]
)
def test_answer_is_the_same_for_every_address(client, patient, coordinator, superuser, other_patient, stranger):
    other_patient.is_active = False
    other_patient.save()
    email = {
        "unknown": "nobody@example.org",
        "coordinator": coordinator.email,
        "superuser": superuser.email,
        "closed": other_patient.email,
    }[stranger]

    def answer(address):
        response = ask(client, address)
        page = client.get(response.url).content.decode().replace(address, "X")
        wrong = client.post(response.url, {"code": "0000-0000"}).content.decode().replace(address, "X")
        parts = [re.sub(r'value="[^"]{64}"', "", text) for text in (page, wrong)]
        return response.status_code, response.url, parts

    known = answer(patient.email)
    assert answer(email) == known
    assert [mail.to for mail in Notification.objects.filter(kind="sign_in_code")] == [patient.email]
    assert not is_signed_in(client)


def test_wrong_code_can_be_tried_again_but_not_for_ever(client, patient):
    ask(client, patient.email)
    code = mailed_code()
    for _ in range(2):
        response = client.post("/en/sign-in/code/", {"code": "0000-0000"})
        assert "This code is not right" in response.content.decode()
    response = client.post("/en/sign-in/code/", {"code": "0000-0000"})
    assert response.url == "/en/sign-in/"
    assert "wrong several times" in client.get(response.url).content.decode()
    assert client.post("/en/sign-in/code/", {"code": code}).url == "/en/sign-in/"
    assert not is_signed_in(client)


def test_old_code_is_refused(client, patient):
    ask(client, patient.email)
    later = time.time() + 901
    with mock.patch("allauth.account.internal.flows.code_verification.time.time", return_value=later):
        response = client.post("/en/sign-in/code/", {"code": mailed_code()})
    assert response.url == "/en/sign-in/"
    assert not is_signed_in(client)


def test_who_became_staff_meanwhile_is_refused(client, patient):
    ask(client, patient.email)
    patient.is_staff = True
    patient.save()
    assert client.post("/en/sign-in/code/", {"code": mailed_code()}).url == "/en/sign-in/"
    assert not is_signed_in(client)


def test_code_page_without_a_code_leads_back(client, db):
    assert client.get("/en/sign-in/code/").url == "/en/sign-in/"


def test_link_of_the_mail_prefills_the_address_and_leads_to_the_case(client, case, patient, settings):
    settings.SITE_URL = ""
    response = client.get(case_url(case, "es"))
    page = client.get(response.url).content.decode()
    assert f'value="{patient.email}"' in page
    target = re.search(r'name="next" value="([^"]+)"', page).group(1)
    assert target == f"/es/cases/{case.reference}/"
    response = ask(client, patient.email, "es", next=target)
    response = client.post(response.url, {"code": mailed_code(), "next": target})
    assert response.url == target
    assert client.get(target).status_code == 200


@pytest.mark.parametrize("salt", ["another", LINK_SALT])
def test_link_with_a_false_signature_prefills_nothing(client, case, salt):
    signed = signing.dumps("maria@example.org", salt=salt)
    signed = f"x{signed}" if salt == LINK_SALT else signed
    page = client.get("/en/sign-in/", {"for": signed}).content.decode()
    assert 'maria@example.org"' not in page
    assert client.get("/en/sign-in/", {"for": "nonsense"}).status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_never_leaves_the_site(client, patient, target):
    assert "evil" not in client.get("/en/sign-in/", {"next": target}).content.decode().split("<main")[1]
    response = ask(client, patient.email, next=target)
    assert response.url == "/en/sign-in/code/"
    assert client.post(response.url, {"code": mailed_code(), "next": target}).url == "/en/cases/"


def test_next_follows_a_change_of_language(client, case, patient, sign_in):
    sign_in(patient)
    assert client.get("/ar/sign-in/", {"next": f"/es/cases/{case.reference}/"}).url == f"/ar/cases/{case.reference}/"


def test_asking_too_often_is_stopped_for_known_and_unknown(client, patient):
    for email in (patient.email, "nobody@example.org"):
        statuses = [ask(client, email).status_code for _ in range(6)]
        assert statuses[:5] == [302] * 5
        assert statuses[5] in (429, 302)  # 302 only when a new window began just now
        assert Notification.objects.filter(kind="sign_in_code", to=email).count() <= 6


def test_without_the_cache_codes_are_still_sent(client, patient, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    ask(client, patient.email)
    assert client.post("/en/sign-in/code/", {"code": mailed_code()}).url == "/en/cases/"


@pytest.mark.parametrize(("email", "words"), [("", "Enter your e-mail"), ("maria@", "name@example.com")])
def test_address_that_is_none_is_told(client, email, words):
    page = ask(client, email).content.decode()
    assert words in page
    assert "<title>Error: " in page


def test_sign_out(client, patient, sign_in):
    sign_in(patient)
    assert client.get("/en/sign-out/").status_code == 405
    assert client.post("/en/sign-out/").url == "/en/"
    assert not is_signed_in(client)
