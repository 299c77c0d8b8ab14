"""What the public pages say."""

import html
import re
from datetime import UTC, date, datetime, time
from unittest.mock import patch

import pytest
from django.conf import settings
from django.utils import translation

from offices.directory.models import Office, OfficeDay
from patients.cases.models import Stage
from patients.website.hours import OfficeClock
from patients.website.journey import JOURNEY
from patients.website.notices import NOTICES
from patients.website.services import rebuild_search
from patients.website.views.offices import pins
from tests.factories import OfficeFactory
from tests.patients.portal.walking import begin

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
MONDAY_NOON = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # in Mexico City


def read(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def clock(office, at):
    return OfficeClock(Office.objects.with_calendar().get(pk=office.pk), at)


def test_home_shows_each_office_with_a_number_to_call_and_its_page(client):
    OfficeFactory(code="shanghai", city="Shanghai", phone="+13105550103", time_zone="Asia/Shanghai")
    page = read(client, "/ar/")
    assert '<a href="/ar/offices/shanghai/">Shanghai</a>' in page
    assert '<a href="tel:+13105550103"><bdi dir="ltr">+1 310-555-0103</bdi></a>' in page


@pytest.mark.parametrize(
    ("moment", "is_open", "is_day_off", "opens"),
    [
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), True, False, None),  # Monday, 10:00 in Mexico City
        (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), False, False, "Tuesday, 9:00\u202fAM"),  # Monday, 19:00 there
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), False, True, "Monday, 9:00\u202fAM"),  # Sunday
        (datetime(2026, 12, 25, 16, 0, tzinfo=UTC), False, True, "Monday, 9:00\u202fAM"),  # a holiday, a Friday
    ],
)
def test_an_office_is_open_by_its_own_clock(moment, is_open, is_day_off, opens):
    day = clock(OfficeFactory(holiday_country="MX"), moment)
    assert day.is_open is is_open
    assert (not day.today) is is_day_off
    assert is_open or day.opens == opens


def test_an_opening_more_than_a_week_away_is_told_by_its_date(places):
    office = places["nowhere"]
    for number in range(22, 31):
        OfficeDay.objects.create(office=office, day=date(2026, 12, number))
    assert clock(office, datetime(2026, 12, 22, 18, tzinfo=UTC)).opens.startswith("Thursday, December 31, 2026")


def test_the_offices_page_says_whether_each_is_open_and_when_it_opens(client, places):
    with patch("django.utils.timezone.now", return_value=MONDAY_NOON):
        page = read(client, "/en/offices/")
    assert "until 6:00" in page  # Mexico City
    assert "opens Tuesday, 8:00" in page  # Abu Dhabi, where it is ten in the evening
    assert re.search(r"It is 10:00\s?PM there now", page)


def test_the_map_has_a_pin_for_each_office_whose_place_is_known(client, places):
    page = read(client, "/ar/offices/")
    assert re.findall(r'<a class="pin" href="/ar/offices/([\w-]+)/" aria-label="([^"]+)"', page) == [
        ("abu-dhabi", "Abu Dhabi"), ("mexico-city", "Mexico City")
    ]  # fmt: skip
    assert page.count('<h3><a href="/ar/offices/') == 3
    assert 'class="land"' in page
    found = pins([Office.objects.get(code="abu-dhabi")])
    assert [(pin.x, pin.y) for pin in found] == [(651, 165)]


def test_an_office_tells_how_to_reach_it_and_what_it_does(client, places):
    OfficeDay.objects.create(office=places["abu-dhabi"], day=date(2026, 12, 2), name="National Day")
    with patch("django.utils.timezone.now", return_value=MONDAY_NOON):
        page = read(client, "/en/offices/abu-dhabi/")
    for said in ["+1 310-555-0194", "WhatsApp", "abu-dhabi.office@example.org", "Books interpreters", "Takes payments",
                 "no clinical care", "United Arab Emirates", "Oman", "العربية", "National Day", "December 2, 2026"]:  # fmt: skip
        assert said in page, said
    assert page.count("<bdi>8:00") == 2


def test_the_week_begins_as_in_the_readers_country_and_groups_equal_days(places):
    def days(language):
        with translation.override(language):
            return [(week.days, len(week.spans)) for week in clock(places["abu-dhabi"], MONDAY_NOON).week]

    assert days("en") == [("Sunday", 0), ("Monday", 2), ("Tuesday – Friday", 1), ("Saturday", 0)]
    assert days("fr")[0] == ("lundi", 2)


def test_holidays_are_named_in_the_readers_language(places):
    with translation.override("es"):
        found = clock(places["mexico-city"], datetime(2026, 12, 1, tzinfo=UTC)).special_days
    assert (date(2026, 12, 25), "Navidad", ()) in [(day.day, day.name, day.spans) for day in found]


def test_an_own_day_stands_over_the_holiday(places):
    OfficeDay.objects.create(
        office=places["mexico-city"], day=date(2026, 12, 25), opens_at=time(10), closes_at=time(12)
    )
    found = clock(places["mexico-city"], datetime(2026, 12, 1, tzinfo=UTC)).special_days
    assert [len(day.spans) for day in found if day.day == date(2026, 12, 25)] == [1]


def test_a_name_on_the_map_stands_above_a_pin_whose_place_below_is_taken(places):
    OfficeFactory(code="los-angeles", latitude="34.052", longitude="-118.244")
    labels = {pin.office.code: pin.label for pin in pins(list(Office.objects.all()))}
    assert labels["los-angeles"] < 0 < labels["mexico-city"]


@pytest.mark.parametrize("path", ["services/wishing/", "services/ghosts/", "services/nothing/", "offices/nothing/"])
def test_what_is_not_there_is_404(client, catalogue, path):
    read(client, f"/en/{path}", status=404)


def test_services_are_listed_by_line_with_a_way_to_each(client, catalogue):
    page = read(client, "/es/services/")
    assert "Heart and vessels" in page
    assert 'href="/es/services/cardiology/"><strong>Cardiología del corazón' in page
    assert page.index("Heart and vessels") < page.index("/es/services/pulmonology/")


def test_a_specialty_names_who_answers_for_it_and_leads_to_the_form(client, catalogue, offices):
    page = read(client, "/en/services/cardiology/")
    for said in ["Care for the heart.", "Dr. Anika Rao", "Director of Cardiology", "Valve repair", "Dr. Joon Kim"]:
        assert said in page
    address = re.search(r'class="button" href="([^"]+)"', page).group(1)
    assert address == "/en/request/?specialty=cardiology"
    assert '<input type="hidden" name="specialty" value="cardiology">' in read(client, address)


@pytest.mark.parametrize("typed", ["wishing", "x" * 5000, "%00", "a&specialty=b"])
def test_the_form_takes_no_other_specialty_from_the_address(client, catalogue, typed):
    page = read(client, f"/en/request/?specialty={typed}")
    filled_in = html.unescape(re.search(r'name="specialty" value="([^"]*)"', page).group(1))
    begin(client, specialty=filled_in)
    options = re.findall(r'name="specialty"[^>]*>', read(client, "/en/request/steps/specialty/"))
    assert options and not [option for option in options if "checked" in option]


@pytest.mark.parametrize(
    "path", ["", "services/", "services/cardiology/", "request/", "search/?q=unoffered", "search/?q=programme"]
)
def test_what_is_not_offered_is_nowhere(client, catalogue, path):
    rebuild_search()
    main = read(client, f"/en/{path}").partition("<main")[2]
    shown = re.sub(r'value="[^"]*"', "", main)
    for name in ["Wishing", "Ghost", "Dreamwork", "Orphan"]:
        assert name not in shown


def test_the_way_names_every_stage_in_order_with_the_promise(client):
    page = read(client, "/en/how-it-works/")
    assert [stage for stage, _text, _time in JOURNEY] == list(Stage)[:-1]
    assert re.findall(r"<h2>([^<]+)</h2>", page) == [stage.label for stage in list(Stage)[:-1]]
    assert page.count("1 business day of your office") == 1


def test_partners_are_told_whom_to_write_to(client, places):
    page = read(client, "/en/for-partners/")
    assert 'href="mailto:nowhere.office@example.org"' in page
    assert 'href="/api/docs/"' in page
    assert "FHIR" not in page


def test_help_is_offered_in_many_languages_each_in_its_own_direction(client, places):
    page = read(client, "/en/help/")
    assert len(NOTICES) == len({code for code, _dir, _text in NOTICES}) >= 15
    assert set(LANGUAGES) <= {code for code, _dir, _text in NOTICES}
    for code, direction, text in NOTICES:
        assert f'<li lang="{code}" dir="{direction}">' in page
        assert text in page
    assert 'href="tel:+13105550104"' in page


@pytest.mark.parametrize(
    ("path", "link", "mark"),
    [
        ("help/", "help/", "page"),
        ("offices/", "offices/", "page"),
        ("offices/abu-dhabi/", "offices/", "true"),
        ("services/cardiology/", "services/", "true"),
    ],
)
def test_the_navigation_marks_where_the_reader_is(client, places, catalogue, path, link, mark):
    page = read(client, f"/en/{path}")
    assert f'<a href="/en/{link}" aria-current="{mark}">' in page
    navigation = page.partition('class="languages"')[0]
    assert len(set(re.findall(r'href="([^"]+)" aria-current', navigation))) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_style_or_a_script_of_its_own(client, places, catalogue, language):
    for path in ["", "how-it-works/", "services/", "services/cardiology/", "offices/", "offices/abu-dhabi/", "for-partners/",
                 "help/", "privacy/", "search/"]:  # fmt: skip
        page = read(client, f"/{language}/{path}")
        assert not re.search(r"\sstyle=|<style|\son\w+=", page)
        assert re.findall(r"<script[^>]*>", page) == ['<script type="application/ld+json">'] * page.count("<script")
