"""axe-core finds nothing wrong on any page of a patient, nor in what the team's own pages show inside the admin."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from patients.portal import urls
from patients.website import urls as website
from tests.patients.portal.pages import PAGES, Visitor, make_people, sign_in_browser

pytestmark = pytest.mark.django_db(transaction=True)


# What these answer with is a piece of a page, a file, or nothing.
NOT_PAGES = {"portal:keep", "portal:close", "portal:documents", "portal:document", "portal:document_page"}
# The rules that depend on colours, and so on the scheme.
COLOURS = ["color-contrast", "link-in-text-block"]


def findings(page, *, within=None, rules=None):
    """What axe finds wrong in the page as it stands: [(impact, rule, element, what to do)]."""
    context = json.dumps({"include": [[within]]}) if within else "document"
    options = json.dumps({"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {}))
    page.evaluate(Axe().axe_script)
    answer = page.evaluate(f"axe.run({context}, {options})")
    assert answer["passes"], "axe looked at nothing"
    return [
        (rule["impact"], rule["id"], node["html"][:200], node["failureSummary"])
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def findings_in_light_and_dark(page, *, within=None):
    found = {"light": findings(page, within=within)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = findings(page, within=within, rules=COLOURS)
    page.emulate_media(color_scheme="light")
    return {scheme: problems for scheme, problems in found.items() if problems}


def test_every_address_of_the_portal_and_the_website_is_among_the_pages():
    visited = {name for page in PAGES for name in page.covers}
    ours = {f"{room.app_name}:{pattern.name}" for room in (urls, website) for pattern in room.urlpatterns}
    assert ours - NOT_PAGES <= visited


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ar", "zh-hans"])
def test_axe_finds_nothing_on_the_pages_of_patients(open_page, site, monkeypatch, language):
    page = open_page(locale=language, width=390, reduced_motion="reduce")
    visitor = Visitor(page, site, language, make_people(language), monkeypatch)
    found = {}
    for patient_page in PAGES:
        visitor.open(patient_page)
        if problems := findings_in_light_and_dark(page):
            found[patient_page.name] = problems
    assert not found


@pytest.mark.browser
def test_axe_finds_nothing_in_the_teams_case_and_translation_pages(open_page, site):
    people = make_people("en")
    page = open_page(width=1280, reduced_motion="reduce")
    sign_in_browser(page, site, people.coordinator)
    messages = people.case.messages.exclude(translation=None).exclude(from_patient=True)
    jobs = [f"translation/translationjob/{message.translation_id}" for message in messages]
    found = {}
    for path in [f"cases/case/{people.case.pk}", f"cases/case/{people.late_case.pk}", *jobs]:
        page.goto(f"/admin/{path}/change/")
        if problems := findings_in_light_and_dark(page, within=".desk-case"):
            found[path] = problems
    assert not found
