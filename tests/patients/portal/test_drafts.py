"""A request that is being written: nothing of it is lost, and nobody else comes to it."""

import re
from datetime import timedelta
from unittest import mock
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from offices.notifications.models import Notification
from offices.notifications.services import send_notification
from patients.intake.drafts import CODE_TRIES, COOKIE, answers_of, keep_typed, save_step, warn_of_ends
from patients.intake.models import Draft, DraftStep, ResumeKey
from patients.records import vault
from patients.records.documents import receive_document
from patients.records.drafts import remove_ended_drafts
from patients.records.models import Document, StoredFile
from tests.patients.portal.walking import TYPED, begin, fill, save, send

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 500
WORDS = "/en/request/steps/words/"
TO_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture(autouse=True)
def _centre(offices, specialty, settings):
    """Every page here is one of a centre with offices and a specialty; links in mails are paths."""
    settings.SITE_URL = ""


def keep(client, step, typed, seen=0, language="en"):
    body = urlencode(typed | {"seen": str(seen)}, doseq=True)
    return client.post(f"/{language}/request/steps/{step}/keep/", body, "application/x-www-form-urlencoded")


def mailed(kind="draft_way_back"):
    """(link, code) of the newest mail of its kind."""
    text = Notification.objects.filter(kind=kind).latest("queued_at").text
    return re.search(r"/\w+/request/resume/[\w-]+/", text).group(), re.search(r"\b\d{4}-?\d{4}\b", text).group()


def ask_for_the_way_back(client, email="maria@example.org", language="en"):
    return client.post(f"/{language}/request/later/", {"email": email})


def come_by_code(client, code, email="maria@example.org"):
    return client.post("/en/request/resume/", {"email": email, "code": code})


def holds(client):
    return "<h1>Your request</h1>" in client.get("/en/request/").content.decode()


# Two pages, two tabs, two sessions.


def test_two_tabs_show_both_and_lose_nothing(client, begun):
    first = {"words": "From the first tab.", "diagnosis": "", "seen": "0"}
    second = {"words": "From the second tab.", "diagnosis": "Angina", "seen": "0"}
    assert client.post(WORDS, first).status_code == 302
    response = client.post(WORDS, second)
    page = response.content.decode()
    assert response.status_code == 409
    assert re.search(r"<dd[^>]*>From the first tab\.</dd>", page)
    assert re.search(r"<textarea[^>]*>\s*From the second tab\.</textarea>", page) and 'value="Angina"' in page
    assert 'name="seen" value="1"' in page
    assert answers_of(begun)["words"] == "From the first tab."
    assert client.post(WORDS, second | {"seen": "1"}).status_code == 302
    assert answers_of(begun)["words"] == "From the second tab."


def test_two_tabs_that_say_the_same_do_not_disagree(client, begun):
    for _tab in range(2):
        assert client.post(WORDS, {"words": "The same.", "seen": "0"}).status_code == 302
    for _tab in range(2):
        assert save(client, "consents", TYPED["consents"] | {"seen": "0"}).status_code == 302


def test_agreements_of_another_tab_are_shown_by_their_titles(client, begun):
    save(client, "consents", TYPED["consents"] | {"seen": "0"})
    response = save(client, "consents", TYPED["consents"] | {"consent_home_doctor": "on", "seen": "0"})
    assert response.status_code == 409
    told = response.content.decode().partition("There it says:")[2].partition("<form")[0]
    assert "To read your request" in told and "Nothing." not in told
    assert "To tell the doctor at home" not in told


def test_a_session_that_ended_takes_nothing_along(client, begun):
    save(client, "name", TYPED["name"])
    client.cookies.pop("sessionid", None)
    assert holds(client)
    assert 'value="María"' in client.get("/en/request/steps/name/").content.decode()


def test_the_cookie_is_for_the_server_alone_and_signed(client, begun):
    cookie = client.cookies[COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert 29 * 86400 < cookie["max-age"] <= 30 * 86400
    other = Client()
    for forged in (str(begun.pk), cookie.value[:-1] + "x", f"{begun.pk}:1aaaaa:signature", "", "\u00ff"):
        other.cookies[COOKIE] = forged
        assert not holds(other)
    other.cookies[COOKIE] = cookie.value
    assert holds(other)


def test_without_a_draft_a_page_says_what_can_be_done(client):
    for path in ("steps/name/", "steps/name/skip/"):
        assert client.get(f"/en/request/{path}").url == "/en/request/resume/"
    assert "not open in this browser" in client.get("/en/request/resume/").content.decode()
    assert client.get("/en/request/later/").url == "/en/request/"
    assert client.get("/en/request/check/").url == "/en/request/"
    assert client.post("/en/request/discard/").status_code == 404


# What is typed and not yet sent.


def test_what_was_typed_and_not_sent_is_shown_again(client, begun):
    assert keep(client, "words", {"words": "Me duele", "diagnosis": "Ang"}).status_code == 204
    page = client.get(WORDS).content.decode()
    assert re.search(r"<textarea[^>]*>\s*Me duele</textarea>", page) and 'value="Ang"' in page
    assert "is here again" in page
    assert client.post(WORDS, {"words": "Me duele el pecho"}).status_code == 302
    page = client.get(WORDS).content.decode()
    assert "Me duele el pecho" in page and "is here again" not in page


def test_what_was_typed_in_parts_and_ticked_is_shown_again(client, begun):
    save(client, "diet", {"diet": ["halal", "soft"], "diet_words": "Sin sal"})
    save(client, "allergies", {"no_allergies": "on"})
    keep(client, "birth", {"birth_date_day": "1٧", "birth_date_month": "5", "birth_date_year": ""})
    keep(client, "diet", {"diet": ["kosher"], "diet_words": ""}, seen=1)
    keep(client, "allergies", {"allergies": "Latex"}, seen=1)
    keep(client, "consents", {"consent_records": "on"})
    page = client.get("/en/request/steps/birth/").content.decode()
    assert 'name="birth_date_day" value="1٧"' in page and '<option value="5" selected>' in page
    page = client.get("/en/request/steps/diet/").content.decode()
    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["kosher"] and "Sin sal" not in page
    page = client.get("/en/request/steps/allergies/").content.decode()
    assert "Latex" in page and " checked" not in page
    page = client.get("/en/request/steps/consents/").content.decode()
    assert re.findall(r'name="(\w+)"[^>]* checked', page) == ["consent_records"]


def test_what_was_typed_before_a_save_does_not_come_back(client, begun):
    save(client, "words", {"words": "Saved."})
    assert keep(client, "words", {"words": "Older."}, seen=0).status_code == 409
    assert "Older." not in client.get(WORDS).content.decode()
    assert keep(client, "words", {"words": "Newer."}, seen=1).status_code == 204
    assert "Newer." in client.get(WORDS).content.decode()
    assert answers_of(begun)["words"] == "Saved."


def test_what_is_kept_is_limited_and_is_of_the_page(client, begun):
    assert keep(client, "words", {"words": "x" * 40_001}).status_code == 413
    assert keep(client, "words", {f"words_{'x' * 40_001}": ""}).status_code == 413
    assert not DraftStep.objects.exists()
    assert keep(client, "words", {"words": "a\0b", "nothing": "x", "words_\0": "x"}).status_code == 204
    assert DraftStep.objects.get().unfinished == {"words": ["ab"]}
    assert keep(client, "nothing", {}).status_code == 404
    assert client.get("/en/request/steps/words/keep/").status_code == 405


def test_keeping_touches_the_own_draft_alone(client, begun):
    stranger = Client()
    assert keep(stranger, "words", {"words": "Mine"}).status_code == 404
    begin(stranger)
    assert keep(stranger, "words", {"words": "Mine"}).status_code == 204
    assert not begun.steps.exists()
    assert Draft.objects.exclude(pk=begun.pk).get().steps.get().unfinished == {"words": ["Mine"]}


def test_every_page_saved_or_typed_on_keeps_the_draft_longer(begun):
    for act in (
        lambda: save_step(draft=begun, step="words", answers={"words": "x"}),
        lambda: keep_typed(draft=begun, step="words", typed={}, seen=0),
    ):
        Draft.objects.update(expires_at=timezone.now() + timedelta(days=1), warned_at=timezone.now())
        act()
        begun.refresh_from_db()
        assert begun.expires_at > timezone.now() + timedelta(days=29) and begun.warned_at is None


# The way back.


def test_the_link_opens_the_draft_once_and_looking_uses_nothing_up(client, begun):
    save(client, "name", TYPED["name"])
    response = ask_for_the_way_back(client, "Maria@Example.org ", "es")
    assert response.status_code == 200 and "maria@example.org" in response.content.decode()
    sent = Notification.objects.get()
    assert (sent.to, sent.language, sent.is_secret) == ("maria@example.org", "en", True)  # the draft's language
    link, _code = mailed()
    phone, third = Client(), Client()
    for _look in range(3):
        assert phone.get(link).status_code == 200
        assert phone.head(link).status_code == 200
    assert not holds(phone)
    assert phone.post(link).url == "/en/request/"
    assert 'value="María"' in phone.get("/en/request/steps/name/").content.decode()
    assert third.get(link).url == third.post(link).url == "/en/request/resume/"
    assert not holds(third) and holds(client)


def test_a_link_that_was_never_mailed_opens_nothing(client, begun):
    assert Client().post("/en/request/resume/nothing/").url == "/en/request/resume/"


@pytest.mark.parametrize(
    "write", [str, lambda code: code.translate(TO_ARABIC), lambda code: f" {code[:4]} – {code[4:]} "]
)
def test_the_code_opens_the_draft_once_in_digits_of_any_script(client, begun, write):
    ask_for_the_way_back(client)
    _link, code = mailed()
    phone = Client()
    assert come_by_code(phone, write(code), " MARIA@example.org").url == "/en/request/"
    assert holds(phone)
    assert come_by_code(Client(), code).status_code == 422


def test_link_and_code_end_together_and_after_a_day(client, begun):
    ask_for_the_way_back(client)
    link, code = mailed()
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(hours=24, seconds=1)):
        assert come_by_code(Client(), code).status_code == 422
        assert Client().post(link).url == "/en/request/resume/"
    assert Client().post(link).url == "/en/request/"
    assert come_by_code(Client(), code).status_code == 422


def test_a_new_mail_ends_the_old_one(client, begun):
    ask_for_the_way_back(client)
    old_link, old_code = mailed()
    ask_for_the_way_back(client)
    link, code = mailed()
    assert come_by_code(Client(), old_code).status_code == 422
    assert Client().post(old_link).url == "/en/request/resume/"
    assert come_by_code(Client(), code).status_code == 302


def test_after_five_wrong_codes_the_right_one_is_dead_too(client, begun):
    ask_for_the_way_back(client)
    link, code = mailed()
    wrong = "1" * 8 if code != "1" * 8 else "2" * 8
    for _try in range(CODE_TRIES):
        response = come_by_code(Client(), wrong)
        assert response.status_code == 422 and "This code is not right" in response.content.decode()
    assert come_by_code(Client(), code).status_code == 422
    assert Client().post(link).url == "/en/request/"  # whoever has the mail is not shut out


def test_a_code_opens_nothing_for_another_address(client, begun):
    ask_for_the_way_back(client)
    _link, code = mailed()
    other = Client()
    begin(other)
    ask_for_the_way_back(other, "omar@example.org")
    assert come_by_code(Client(), code, "omar@example.org").status_code == 422
    assert come_by_code(Client(), code).status_code == 302


def test_a_code_works_for_the_address_however_it_is_written_on_the_page(client, begun):
    ask_for_the_way_back(client)
    save(client, "contact", {"email": "Maria@Example.ORG"})
    _link, code = mailed()
    assert come_by_code(Client(), code, "Maria@Example.ORG").status_code == 302


def test_mails_and_tries_are_limited(client, begun):
    window = int(timezone.now().timestamp() // 900)
    statuses = [ask_for_the_way_back(client).status_code for _ in range(6)]
    tries = [come_by_code(client, "11111111", f"p{n}@example.org").status_code for n in range(31)]
    if int(timezone.now().timestamp() // 900) == window:
        assert statuses == [200] * 5 + [429]
        assert tries == [422] * 30 + [429]


@pytest.mark.parametrize(
    "typed", [{}, {"email": "maria@"}, {"email": f"{'a' * 250}@example.org"}, {"email": "a\0@b.co"}]
)
def test_an_address_that_is_none_is_said(client, begun, typed):
    response = client.post("/en/request/later/", typed)
    assert response.status_code == 422
    assert 'href="#id_email"' in response.content.decode()
    assert not Notification.objects.exists()


def test_the_mail_loses_its_words_once_it_is_sent(client, begun):
    ask_for_the_way_back(client)
    sent = Notification.objects.get()
    _link, code = mailed()
    send_notification({"notification_id": str(sent.pk)})
    assert code in mail.outbox[0].body.replace("-", "") or code in mail.outbox[0].body
    sent.refresh_from_db()
    assert (sent.state, sent.text, sent.html) == ("sent", "", "")
    key = ResumeKey.objects.get()
    assert code not in key.code_hash and len(key.link_hash) == len(key.code_hash) == 64


# The end.


def test_thrown_away_it_is_gone_with_its_files(client, begun):
    save(client, "name", TYPED["name"])
    ask_for_the_way_back(client)
    link, _code = mailed()
    receive_document(file=vault.store_bytes(content=JPEG, media_type=""), filename="a.jpg", draft=begun)
    response = client.post("/en/request/discard/", follow=True)
    assert "is deleted" in response.content.decode() and not holds(client)
    assert not any(model.objects.exists() for model in (Draft, DraftStep, ResumeKey, Document, StoredFile))
    assert Client().post(link).url == "/en/request/resume/"
    assert client.get("/en/request/discard/").status_code == 405


def test_who_has_a_draft_that_ends_soon_is_told_once_with_a_way_back(client, begun):
    begin(Client())  # nobody knows whose
    save(client, "contact", {"email": "maria@example.org"})
    assert warn_of_ends() == 0
    Draft.objects.update(expires_at=timezone.now() + timedelta(days=4))
    assert warn_of_ends() == 1
    assert warn_of_ends() == 0
    sent = Notification.objects.get()
    assert (sent.kind, sent.to, sent.is_secret) == ("draft_ending", "maria@example.org", True)
    link = re.search(r"/\w+/request/resume/[\w-]+/", sent.text).group()
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=3)):
        assert Client().post(link).url == "/en/request/"
    save(client, "contact", {"email": "maria@example.org"})
    Draft.objects.update(expires_at=timezone.now() + timedelta(days=4))
    assert warn_of_ends() == 1


def test_an_ended_draft_is_shut_then_deleted(client, begun):
    ask_for_the_way_back(client)
    link, _code = mailed()
    begin(Client())
    receive_document(file=vault.store_bytes(content=JPEG, media_type=""), filename="a.jpg", draft=begun)
    Draft.objects.filter(pk=begun.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not holds(client)
    assert Client().post(link).url == "/en/request/resume/"
    assert warn_of_ends() == 0
    assert remove_ended_drafts() == 1
    assert not Draft.objects.filter(pk=begun.pk).exists() and Draft.objects.count() == 1
    assert not Document.objects.exists() and not StoredFile.objects.exists()


def test_a_draft_that_was_sent_cannot_be_opened_changed_or_thrown_away(client):
    fill(client)
    ask_for_the_way_back(client)
    link, code = mailed()
    cookie = client.cookies[COOKIE].value
    send(client)
    assert client.cookies[COOKIE].value == ""
    client.cookies[COOKIE] = cookie
    assert not holds(client)
    assert save(client, "words", {"words": "Changed"}).url == "/en/request/resume/"
    assert keep(client, "words", {"words": "Changed"}).status_code == 404
    assert client.post("/en/request/discard/").status_code == 404
    assert Client().post(link).url == "/en/request/resume/"
    assert come_by_code(Client(), code).status_code == 422
    Draft.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert remove_ended_drafts() == 0 and Draft.objects.count() == 1
