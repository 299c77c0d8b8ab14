"""The pages on what patients have: small screens, poor lines, fingers, keyboards, paper, and browsers without scripts."""

import gzip
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils import translation
from playwright.sync_api import expect

from patients.cases.models import Case
from tests.patients.portal.pages import PAGES, Visitor, make_people, sign_in_browser
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LANGUAGES = [code for code, _name in settings.LANGUAGES]
HEAVIEST_PAGE, HEAVIEST_SHEET = 60_000, 15_000
SMALLEST_TARGET = 24  # CSS pixels, WCAG 2.5.8
FIELDS = ["given_names", "family_name", "native_name", "called"]

SIDEWAYS = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.querySelectorAll("body *")].filter((element) => {
        const box = element.getBoundingClientRect();
        return box.left < -1 || box.right > root.clientWidth + 1;
    });
    return [`${root.scrollWidth - root.clientWidth} px too wide`, ...wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 90))];
}"""
SMALL_TARGETS = """(least) => {
    const isInText = (element) => getComputedStyle(element).display === "inline" &&
        element.parentElement.textContent.trim() !== element.textContent.trim();
    return [...document.querySelectorAll("a, button, input, select, textarea, summary")]
        .filter((element) => element.checkVisibility() && !isInText(element))
        .filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width < least || box.height < least;
        })
        .map((element) => element.outerHTML.slice(0, 90));
}"""


def compressed_size(path):
    """Of a static file, as WhiteNoise sends it to a browser."""
    return len(gzip.compress(Path(finders.find(path)).read_bytes(), 9))


class Scales:
    """How many bytes a browser without anything in its cache takes for the page that was opened last."""

    def __init__(self, page):
        self.page, self.addresses, self.sizes = page, {}, {}
        client = page.context.new_cdp_session(page)
        client.on("Network.requestWillBeSent", self._asked)
        client.on("Network.loadingFinished", self._came)
        client.send("Network.enable")

    def _asked(self, event):
        if event["type"] == "Document":
            self.addresses.clear()
            self.sizes.clear()
        elif event["request"]["method"] == "POST":
            return  # what is typed is kept meanwhile: it loads nothing, and may outlive its page
        self.addresses[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def _came(self, event):
        self.sizes[event["requestId"]] = event["encodedDataLength"]

    def _all_came(self):
        self.page.evaluate("0")  # lets the events in
        return self.addresses and self.addresses.keys() <= self.sizes.keys()

    def weigh(self):
        self.page.wait_for_load_state()
        wait_until(self._all_came, what="the end of all downloads")
        sizes = {
            path: compressed_size(path.removeprefix("/static/")) if path.startswith("/static/") else self.sizes[request]
            for request, path in self.addresses.items()
        }
        assert "/static/css/site.css" in sizes
        return sum(sizes.values())


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_a_phone_a_finger_and_a_poor_line(open_page, site, monkeypatch, language):
    page = open_page(locale=language, width=390, height=700)
    visitor, scales = Visitor(page, site, language, make_people(language), monkeypatch), Scales(page)
    problems = []
    for patient_page in PAGES:
        visitor.open(patient_page)
        if (weight := scales.weigh()) > HEAVIEST_PAGE:
            problems.append((patient_page.name, f"{weight} bytes"))
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 700})
            problems += [(patient_page.name, width, what) for what in page.evaluate(SIDEWAYS)]
            problems += [(patient_page.name, width, what) for what in page.evaluate(SMALL_TARGETS, SMALLEST_TARGET)]
        page.set_viewport_size({"width": 390, "height": 700})
        expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        expect(page.locator("html")).to_have_attribute("lang", language)
    assert not problems, "\n".join(map(str, problems))


def test_the_style_sheet_is_light():
    assert compressed_size("css/site.css") < HEAVIEST_SHEET


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_request_is_sent_without_scripts(open_page, site, monkeypatch, language):
    page = open_page(locale=language, width=320, java_script_enabled=False)
    visitor = Visitor(page, site, language, make_people(language), monkeypatch)
    visitor.go()
    with translation.override(language):
        page.get_by_role("link", name=translation.gettext("Ask for care")).first.click()
    visitor.send()
    visitor.save()
    expect(page.get_by_role("alert")).to_be_visible()
    visitor.fill_request()
    visitor.go("request/check/")
    visitor.send()
    case = Case.objects.order_by("-opened_at").first()
    assert case.patient.given_names == "María"
    expect(page.get_by_role("main")).to_contain_text(case.reference)


def test_paper_shows_the_case_without_what_only_a_screen_needs(open_page, site):
    people = make_people("en")
    page = open_page()
    sign_in_browser(page, site, people.account)
    page.goto(f"/en/cases/{people.case.reference}/")
    expect(page.get_by_role("navigation")).to_have_count(4)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("textbox")).to_have_count(0)
    expect(page.get_by_role("heading", name=people.case.reference)).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(people.case.messages.count())


@pytest.mark.parametrize("path", ["", "offices/", "request/", "sign-in/"])
def test_the_first_key_leads_past_the_navigation(open_page, site, offices, path):
    page = open_page(width=390)
    page.goto(f"/en/{path}")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_the_keyboard_goes_through_the_form_in_its_order(open_page, site, offices, specialty):
    page = open_page(width=390)
    page.goto("/en/request/")
    page.get_by_role("button", name="Begin").click()
    page.goto("/en/request/steps/name/")
    page.locator("main").focus()
    for way in ("Back", "All pages"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=way, exact=True)).to_be_focused()
    names = []
    for _ in FIELDS:
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.name"))
    assert names == FIELDS
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save and go on")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("request/steps/name/", "Given names"),
        ("request/steps/birth/", "Day"),
        ("request/steps/asker/", "The patient"),
        ("sign-in/", "E-mail address"),
        ("cases/{}/", "Your message"),
    ],
)
def test_the_summary_of_errors_takes_the_focus_and_leads_to_the_field(
    open_page, site, case, patient, path, field, scripts
):
    page = open_page(width=390, java_script_enabled=scripts)
    if path.startswith("cases"):
        sign_in_browser(page, site, patient)
    page.goto("/en/request/")
    if path.startswith("request"):
        page.get_by_role("button", name="Begin").click()
    page.goto(f"/en/{path.format(case.reference)}")
    page.locator("main form:not(.uploader) button").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    expect(page).to_have_title(re.compile("^Error: "))
    summary.get_by_role("link").first.click()
    expect(page.get_by_label(field, exact=True)).to_be_focused()
