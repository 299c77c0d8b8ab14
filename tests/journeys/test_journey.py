"""One patient's way through the whole product, and a partner's: browsers, a worker, a mail server and an engine."""

import json
import re
import shutil
from io import StringIO

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.utils import translation
from django.utils.text import capfirst
from playwright.sync_api import expect

from cedars_intl.demo.loader import load_directory
from cedars_intl.demo.people import APP_SECRET
from offices.directory.models import Office
from offices.security.codes import app_code
from patients.cases.models import Case
from tests.factories import PASSWORD, StaffFactory
from tests.json_servers import JsonHandler, serving

PATIENT = "maria.nunez@example.org"
WORDS = "Tengo dolor en el pecho cuando camino. Mi médico me habló de una operación."
TRANSLATED = "I have pain in my chest when I walk. My doctor spoke to me of an operation."
ANSWER = "Buenos días, María. ¿Puede enviarnos su último electrocardiograma?"
REPLY = "Sí, lo tengo. Lo envío mañana."
REFERRAL = {
    "partner_reference": "HSJ-2026-0417",
    "pathway": "in_person",
    "specialty": "cardiology",
    "urgency": "urgent",
    "patient": {
        "given_names": "Jorge Luis",
        "family_name": "Salas",
        "birth_date": "1958-03-09",
        "sex": "male",
        "residence_country": "MX",
        "language": "es",
        "email": "jorge.salas@example.org",
    },
    "clinical_summary": "Paciente con estenosis aórtica grave. Se solicita valoración para TAVI.",
    "summary_language": "es",
    "consent": {"given_on": "2026-03-02", "language": "es"},
}


class LibreTranslateHandler(JsonHandler):
    """Speaks as much of LibreTranslate's protocol as the product asks for."""

    def do_GET(self):
        is_known = self.path == "/languages"
        self.answer(
            200 if is_known else 400, [{"code": "es", "name": "Spanish", "targets": ["en"]}] if is_known else {}
        )

    def do_POST(self):
        asked = self.read()
        is_known = self.path == "/translate" and (asked["source"], asked["target"]) == ("es", "en")
        text = TRANSLATED if asked["q"] == WORDS else f"(in English) {asked['q']}"
        self.answer(200 if is_known else 400, {"translatedText": text} if is_known else {"error": "unknown pair"})


@pytest.fixture
def engine(monkeypatch):
    """A machine that translates from Spanish: Apertium where it is installed, else a server of the test's own."""
    if shutil.which("apertium"):
        yield
        return
    with serving(LibreTranslateHandler) as address:
        monkeypatch.setenv("LIBRETRANSLATE_URL", address)
        yield


def es(text):
    """A text of the product in Spanish, which it must have."""
    with translation.override("es"):
        spanish = translation.gettext(text)
    assert spanish != text
    return spanish


@pytest.fixture
def coordinator(transactional_db):
    load_directory()
    office = Office.objects.get(code="mexico-city")
    lucia = StaffFactory(email="lucia@example.org", name="Lucía Herrera", office=office, qualified_languages=["es"])
    TOTP.activate(lucia, APP_SECRET)
    return lucia


def read_about_the_way_and_ask_for_care(page):
    page.goto("/")
    expect(page).to_have_url(re.compile("/es/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(es("Care far from home, with someone at your side"))
    expect(page.get_by_role("heading", name=es("How it goes"))).to_be_visible()
    page.get_by_role("link", name=es("Ask for care")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(es("Ask for care"))


def go_on(page):
    page.get_by_role("button", name=es("Save and go on")).click()


def say_too_little_and_be_told(page):
    page.get_by_role("button", name=es("Begin")).click()
    go_on(page)
    message = es("Choose who you are.")
    expect(page.get_by_role("alert")).to_contain_text(message)
    expect(page.get_by_role("group", name=es("I am"))).to_have_accessible_description(re.compile(re.escape(message)))
    page.get_by_label(capfirst(es("the patient")), exact=True).check()
    go_on(page)


def answer_what_must_be_answered(page):
    page.get_by_label(es("Given names")).fill("María")
    page.get_by_label(es("Family name")).fill("Núñez")
    go_on(page)
    page.get_by_label(es("Day"), exact=True).fill("17")
    page.get_by_label(es("Month"), exact=True).select_option("5")
    page.get_by_label(es("Year"), exact=True).fill("1980")
    go_on(page)
    page.get_by_label(es("Country where the patient lives")).select_option(label="México")
    go_on(page)
    page.get_by_label(es("E-mail address")).fill(PATIENT)
    go_on(page)
    page.get_by_label(es("Your time zone")).select_option("America/Mexico_City")
    go_on(page)
    expect(page.get_by_label(es("Language we should write in"))).to_have_value("es")
    go_on(page)
    page.locator("[name=specialty][value=cardiology]").check()
    go_on(page)
    if "/programme/" in page.url:
        page.get_by_role("link", name=es("Skip this page")).click()
    page.get_by_label(es("a second opinion, without travelling")).check()
    go_on(page)
    page.get_by_label(es("What has happened, and what do you hope for?")).fill(WORDS)
    go_on(page)
    page.get_by_label(es("It can wait for some weeks")).check()
    go_on(page)
    page.get_by_role("link", name=es("All pages")).click()
    page.get_by_role("link", name=es("Your agreement")).click()
    page.get_by_label(es("I have read this and I agree")).check()
    page.get_by_label(es("I agree that the records are read")).check()
    go_on(page)
    assert not Case.objects.exists()


def send_the_request_with_a_double_click(page):
    expect(page.get_by_role("heading", level=1)).to_have_text(es("Check your answers"))
    expect(page.get_by_role("main")).to_contain_text(WORDS)
    page.get_by_role("button", name=es("Send the request")).dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text(es("We have your request"))
    case = Case.objects.select_related("office").get()
    main = page.get_by_role("main")
    expect(main).to_contain_text(case.reference)
    assert re.fullmatch(r"CI-\d{4}-\d{6}", case.reference)
    expect(main).to_contain_text("Ciudad de México")
    promise = es("We will answer by <strong>%(due)s</strong>.").partition("<strong>")[0]
    expect(main).to_contain_text(promise)
    assert case.office.code == "mexico-city"
    return case


def find_the_confirmation(mail_sink, case):
    """The link in it."""
    (mail,) = mail_sink.wait_for(1, to=PATIENT)
    assert case.reference in mail["Subject"]
    text = mail.get_body(("plain",)).get_content()
    assert es("Thank you for writing to us. We have your request.") in text
    assert mail["Content-Language"] in (None, "es")
    return re.search(rf"http\S+/es/cases/{case.reference}/\S*", text).group()


def sign_in_to_the_desk(page, coordinator):
    page.goto("/admin/")
    page.get_by_label("e-mail").fill(coordinator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Code", exact=True).fill(app_code(APP_SECRET))
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile("/admin/cases/case/$"))


def open_case(page, case):
    page.goto("/admin/")
    row = page.get_by_role("row").filter(has_text=case.reference)
    expect(row).to_contain_text("Due in")
    row.get_by_role("link", name=case.reference).click()
    expect(page.get_by_role("heading", name=case.reference).first).to_be_visible()


def read_the_draft_and_release_it(page):
    request = page.get_by_role("region", name="What the patient asks for")
    expect(request).to_contain_text(WORDS)
    expect(request).to_contain_text("Machine draft, not reviewed")
    expect(request).to_contain_text("My doctor")
    request.get_by_role("link", name="Open at the translation desk").click()
    expect(page.get_by_role("note")).to_contain_text("This is a draft")
    page.get_by_label("Translation", exact=True).fill(TRANSLATED)
    page.get_by_role("button", name="Save as a new version").click()
    page.get_by_role("button", name="Release in my name").click()
    expect(page.get_by_role("note")).to_have_count(0)


def move_the_case(page, to):
    page.get_by_label("Move to").select_option(label=to)
    page.get_by_role("button", name="Move the case").click()
    expect(page.get_by_role("region", name="Stage")).to_contain_text(to)


def write_to_the_patient(page, text):
    page.get_by_label("Message to the patient").fill(text)
    page.get_by_label("Spanish").check()
    page.get_by_role("button", name="Send to the patient").click()
    expect(page.get_by_role("region", name="Conversation").get_by_role("article")).to_contain_text(text)


def come_back_by_the_link_and_the_code(page, link, mail_sink):
    page.goto(link)
    expect(page.get_by_label(es("E-mail address"))).to_have_value(PATIENT)
    page.get_by_role("button", name=es("Send me a code")).click()
    field = page.get_by_label(es("Code"), exact=True)
    expect(field).to_be_visible()
    # the confirmation, the new stage, the message, the code
    texts = [mail.get_body(("plain",)).get_content() for mail in mail_sink.wait_for(4, to=PATIENT)]
    (code,) = [line for text in texts for line in text.splitlines() if re.fullmatch(r"[\d-]{8,}", line)]
    field.fill(code)
    page.get_by_role("button", name=es("Open my case")).click()


def read_the_answer_and_reply(page, case, coordinator):
    expect(page.get_by_role("heading", name=case.reference)).to_be_visible()
    expect(page.get_by_role("listitem").and_(page.locator("[aria-current=step]"))).to_contain_text(
        es("Collecting records")
    )
    message = page.get_by_role("article")
    expect(message).to_contain_text(coordinator.name)
    expect(message).to_contain_text(ANSWER)
    page.get_by_label(es("Your message")).fill(REPLY)
    page.get_by_role("button", name=es("Send the message")).click()
    told = es("Your message is on its way to the office.")
    expect(page.get_by_role("status").filter(has_text=told)).to_be_visible()
    expect(page.get_by_role("article").last).to_contain_text(REPLY)


class Partner:
    """A system of an institution, with a token that was given for what `manage.py partner_credentials` printed."""

    def __init__(self, site, institution):
        printed = StringIO()
        call_command("partner_credentials", institution=institution.code, stdout=printed)
        credential = json.loads(printed.getvalue())
        form = {name: credential[name] for name in ("client_id", "client_secret")}
        answer = requests.post(f"{site}/oauth/token/", {"grant_type": "client_credentials"} | form, timeout=15)
        assert answer.status_code == 200, answer.text
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.referrals = f"{site}/api/v1/referrals/"

    def refer(self, referral):
        return requests.post(self.referrals, json=referral, headers=self.headers, timeout=15)

    def look_at(self, referral_id):
        return requests.get(f"{self.referrals}{referral_id}/", headers=self.headers, timeout=15)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_from_the_first_question_to_the_answer_and_from_a_partner_to_the_queue(
    engine, site, coordinator, institution, other_institution, mail_sink, celery_worker, open_page
):
    phone = open_page(locale="es-MX", width=390, height=844)
    read_about_the_way_and_ask_for_care(phone)
    say_too_little_and_be_told(phone)
    answer_what_must_be_answered(phone)
    case = send_the_request_with_a_double_click(phone)
    link = find_the_confirmation(mail_sink, case)

    desk = open_page(width=1280)
    sign_in_to_the_desk(desk, coordinator)
    open_case(desk, case)
    read_the_draft_and_release_it(desk)
    open_case(desk, case)
    expect(desk.get_by_role("region", name="What the patient asks for")).to_contain_text(TRANSLATED)
    expect(desk.get_by_text(f"released by {coordinator.name}")).to_be_visible()
    move_the_case(desk, "Collecting records")
    write_to_the_patient(desk, ANSWER)

    later = open_page(locale="es-MX", width=390, height=844)
    come_back_by_the_link_and_the_code(later, link, mail_sink)
    read_the_answer_and_reply(later, case, coordinator)
    desk.reload()
    expect(desk.get_by_role("region", name="Conversation").get_by_role("article").last).to_contain_text(REPLY)

    ours, theirs = Partner(site, institution), Partner(site, other_institution)
    answer = ours.refer(REFERRAL)
    assert answer.status_code == 201, answer.text
    referral = answer.json()
    assert ours.look_at(referral["id"]).json()["status"] == "received"
    open_case(desk, Case.objects.get(reference=referral["case_reference"]))
    expect(desk.get_by_text(f"{institution.name}, Mexico")).to_be_visible()
    expect(desk.get_by_text(REFERRAL["partner_reference"])).to_be_visible()
    move_the_case(desk, "Collecting records")
    assert ours.look_at(referral["id"]).json()["status"] == "in_progress"
    assert theirs.look_at(referral["id"]).status_code == 404
