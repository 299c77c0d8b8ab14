"""The desk's translated fields stand under a tab for each language, in a real browser."""

import pytest
from playwright.sync_api import expect

from offices.directory.models import Specialty
from tests.patients.portal.pages import sign_in_browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(page, site, superuser, specialty):
    """The page of a specialty at the desk, in English; nothing on it comes from elsewhere."""
    sign_in_browser(page, site, superuser)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/admin/directory/specialty/{specialty.pk}/change/")
    yield page
    assert [address for address in asked if not address.startswith((site, "data:"))] == []


def test_one_language_is_shown_at_a_time_and_each_is_named(desk):
    tabs = desk.get_by_role("tab")
    expect(tabs).to_have_count(8)
    expect(desk.get_by_label("Name (English)")).to_be_visible()
    expect(desk.get_by_label("Name (Arabic)")).to_be_hidden()
    desk.get_by_role("tab", name="Arabic").click()
    expect(desk.get_by_label("Name (Arabic)")).to_be_visible()
    expect(desk.get_by_label("Name (English)")).to_be_hidden()
    expect(desk.get_by_role("tab", name="Arabic")).to_have_attribute("aria-selected", "true")


def test_the_arrow_keys_go_from_tab_to_tab(desk):
    desk.get_by_role("tab", name="English").focus()
    desk.keyboard.press("ArrowRight")
    expect(desk.get_by_role("tab", name="Spanish")).to_be_focused()
    expect(desk.get_by_label("Name (Spanish)")).to_be_visible()


def test_a_tab_says_that_its_language_lacks_a_text_until_it_is_written(desk):
    desk.get_by_role("tab", name="Spanish").click()
    spanish = desk.get_by_role("tab", name="Spanish")
    assert "is-missing" in spanish.get_attribute("class")
    desk.get_by_label("Name (Spanish)").fill("Cardiología")
    assert "is-missing" not in (spanish.get_attribute("class") or "")
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.wait_for_url("**/admin/directory/specialty/")
    assert Specialty.objects.get().name_es == "Cardiología"
