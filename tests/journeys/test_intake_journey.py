"""The whole request on a phone, in each language, over a line that breaks, and finished on another device."""

import re

import pytest
from django.conf import settings
from django.utils import timezone, translation
from playwright.sync_api import expect

from offices.notifications.models import Notification
from patients.cases.models import Case
from patients.intake.form.steps import STEPS
from patients.intake.models import Draft
from patients.records.models import Document
from tests.patients.portal.pages import SAID, fill_fields, make_people
from tests.patients.portal.test_pages_on_phones import SIDEWAYS

LANGUAGES = [code for code, _name in settings.LANGUAGES]
EMAIL = "maria.fernanda@example.org"
PHOTO = {"name": "scan.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0" + b"\0" * 5000}
PHONE = {"width": 390, "height": 844}
# A child for whom an agent writes and an insurance pays: whoever is asked the most.
ANSWERS = {
    "asker": {"asker": "agent"},
    "authority": {"asker_name": "Omar", "authority_basis": "permission", "authority_words": "…"},
    "name": {"given_names": "María", "family_name": "Núñez", "native_name": "ماريا", "called": "María"},
    "birth": {"birth_date_day": "17", "birth_date_month": "5", "sex": "female"},
    "origin": {"residence_country": "MX", "nationality": "MX"},
    "guardian": {"guardian_name": "Ana Núñez", "guardian_relation": "parent", "guardian_phone": "+525555010123"},
    "contact": {"email": EMAIL, "phone": "+525555010123"},
    "times": {"time_zone": "America/Mexico_City", "best_times": ["morning", "weekend"]},
    "language": {"interpreter": "dialect", "interpreter_words": "Náhuatl"},
    "specialty": {"specialty": "cardiology"},
    "programme": {},
    "wish": {"pathway": "second_opinion"},
    "words": {"diagnosis": "Angina", "words": "…"},
    "urgency": {"urgency": "urgent"},
    "history": {"history": "…"},
    "medicines": {"medicines": "…"},
    "allergies": {"no_allergies": "on"},
    "documents": {},
    "clinician": {"clinician_gender": "female"},
    "diet": {"diet": ["halal", "soft"], "diet_words": "…"},
    "faith": {"faith": ["prayer"], "faith_words": "…"},
    "mobility": {"mobility": ["wheelchair"], "mobility_words": "…"},
    "companions": {"companions": "2", "companions_words": "…"},
    "passport": {
        "passport_number": "G01234567", "passport_expires_on_day": "1", "passport_expires_on_month": "2",
        "passport_expires_on_year": "2031",
    },
    "visa": {"visa": "none"},
    "dates": {"travel_from_day": "1", "travel_from_month": "2", "travel_from_year": "2027", "travel_words": "…"},
    "payer": {"payer": "insurer"},
    "payer_details": {"insurer_name": "Seguros del Norte", "policy_number": "7", "payer_contact": "Ana"},
    "consents": {
        "consent_treatment_inquiry": "on", "consent_records": "on", "consent_authority": "on", "consent_guardian": "on",
        "consent_home_doctor": "on",
    },
}  # fmt: skip


class Walker:
    """One person with a phone. `said` is what this person writes wherever own words are asked for."""

    def __init__(self, page, language):
        self.page, self.language, self.said = page, language, SAID[language]

    def typed(self, step):
        own = {"birth_date_year": str(timezone.now().year - 5)} if step == "birth" else {}
        return own | {name: self.said if value == "…" else value for name, value in ANSWERS[step].items()}

    @property
    def at(self):
        """The code of the step that is open; empty on other pages."""
        found = re.search(r"/steps/(\w+)/", self.page.url)
        return found.group(1) if found else ""

    def fits(self):
        for width in (390, 320):
            self.page.set_viewport_size(PHONE | {"width": width})
            assert not self.page.evaluate(SIDEWAYS), (self.at, width)
        self.page.set_viewport_size(PHONE)

    def save(self):
        with self.page.expect_navigation():
            self.page.locator("form.intake-form .actions .button").click()

    def fill_until(self, last):
        """Fill page after page as they come, up to `last`, which stays open. Returns the steps that came."""
        came = []
        while self.at not in (last, ""):
            step = self.at
            came.append(step)
            self.fits()
            if step == "documents":
                self.send_a_photo()
            fill_fields(self.page, self.typed(step))
            self.save()
            assert self.at != step, self.page.locator("main").inner_text()
        return came

    def send_a_photo(self):
        self.page.set_input_files("#upload-files", PHOTO)
        expect(self.page.locator("#sent-files")).to_contain_text("scan.jpg")
        self.fits()


def cut_the_line_while_typing(walker):
    """The words stand on the page again after the page was closed and opened without the line ever coming back."""
    page, context = walker.page, walker.page.context
    field = page.locator("[name=words]")
    half = len(walker.said) // 2
    field.press_sequentially(walker.said[:half])
    context.set_offline(True)
    field.press_sequentially(walker.said[half:])
    with translation.override(walker.language):
        waiting = translation.gettext("No connection. What you typed is kept here and saved when the line is back.")
    page.locator("form.intake-form .actions .button").click()
    expect(page.locator("[data-kept]")).to_have_text(waiting)
    expect(field).to_have_value(walker.said)
    address = page.url
    page.close()
    context.set_offline(False)
    walker.page = context.new_page()
    walker.page.set_viewport_size(PHONE)
    with walker.page.expect_response(lambda response: response.url.endswith("/keep/") and response.status == 204):
        walker.page.goto(address)
    expect(walker.page.locator("[name=words]")).to_have_value(walker.said)
    walker.page.evaluate("localStorage.clear()")
    walker.page.reload()
    expect(walker.page.locator("[name=words]")).to_have_value(walker.said)  # the server has it by now


def ask_for_the_code(walker):
    walker.page.goto(f"/{walker.language}/request/later/")
    walker.fits()
    walker.page.fill("[name=email]", EMAIL)
    with walker.page.expect_navigation():
        walker.page.locator("main form button").click()
    walker.fits()
    return re.search(r"\b\d{8}\b", Notification.objects.filter(kind="draft_way_back").latest("queued_at").text).group()


def go_on_elsewhere(page, language, code):
    page.goto(f"/{language}/request/resume/")
    fill_fields(page, {"email": EMAIL, "code": code})
    with page.expect_navigation():
        page.locator("main form button").click()
    walker = Walker(page, language)
    walker.fits()
    page.goto(f"/{language}/request/steps/words/")
    expect(page.locator("[name=words]")).to_have_value(walker.said)
    return walker


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_request_on_a_phone_over_a_line_that_breaks(open_page, site, language):
    make_people(language)
    walker = Walker(open_page(locale=language, reduced_motion="reduce", **PHONE), language)
    walker.page.goto(f"/{language}/request/")
    walker.fits()
    with walker.page.expect_navigation():
        walker.page.locator("main form button").click()
    came = walker.fill_until("words")
    cut_the_line_while_typing(walker)
    code = ask_for_the_code(walker)

    walker = go_on_elsewhere(open_page(locale=language, reduced_motion="reduce", **PHONE), language, code)
    came += walker.fill_until("")
    expect(walker.page).to_have_url(re.compile("/request/check/$"))
    asked = [step for step in STEPS if step in came]
    assert came == asked and set(STEPS) - set(came) <= {"programme"}
    walker.fits()
    main = walker.page.get_by_role("main")
    for shown in ("María", "Seguros del Norte", "G01234567", "Náhuatl", "scan.jpg"):
        expect(main).to_contain_text(shown)
    walker.page.locator("main form button").dblclick()
    expect(walker.page).to_have_url(re.compile("/request/received/$"))
    case = Case.objects.latest("opened_at")
    expect(walker.page.get_by_role("main")).to_contain_text(case.reference)
    walker.fits()
    assert (case.care_request.words, case.care_request.answers["guardian_name"]) == (walker.said, "Ana Núñez")
    assert case.care_request.consents.count() == 5
    assert Document.objects.get(filename="scan.jpg").patient == case.patient
    assert Draft.objects.get().care_request == case.care_request
    assert walker.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('intake:'))") == []
