"""Asking for care: what is taken, what is refused and how, and that one request is one case."""

import html
import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_time
from django.core.cache import cache
from django.utils import timezone

from offices.directory.models import Office
from offices.notifications.models import Notification
from patients.cases.models import Case
from patients.intake.models import CareRequest, Consent, Patient
from patients.portal.choices import country_choices
from patients.portal.forms import CONSENT_TEXT_VERSION
from tests.factories import SpecialtyFactory

pytestmark = pytest.mark.django_db


def send(client, typed, language="en", **changes):
    return client.post(f"/{language}/request/", typed | changes)


def errors_of(response):
    """{id of the field: its message in the summary}, after a look that each stands at its field too."""
    page = response.content.decode()
    assert "<title>Error: " in page
    found = dict(re.findall(r'<li><a href="#(\w+)">(.*?)</a>', page))
    for field, message in found.items():
        assert re.search(rf'id="{field}_error">.*?{re.escape(message)}', page)
        assert re.search(rf'id="{field}"', page)
    return {field: html.unescape(message) for field, message in found.items()}


def test_request_opens_a_case_and_promises_an_answer(client, typed):
    response = send(client, typed, time_zone="Asia/Dubai", phone="55 5123 4567", sex="female")
    assert (response.status_code, response.url) == (302, "/en/request/received/")
    case = Case.objects.get()
    patient, care_request = case.patient, case.care_request
    assert (patient.given_names, patient.family_name, patient.sex) == ("María", "Núñez", "female")
    assert (patient.birth_date, patient.language) == (date(1980, 5, 17), "es")
    assert (care_request.email, str(care_request.phone)) == ("maria@example.org", "+525551234567")
    assert (case.office.code, care_request.channel, care_request.words) == ("mexico-city", "web", typed["words"])
    consent = Consent.objects.get()
    assert (consent.kind, consent.text_version) == ("treatment_inquiry", CONSENT_TEXT_VERSION)
    assert (consent.language, consent.given_by) == ("en", "María Núñez")

    page = html.unescape(client.get(response.url).content.decode())
    assert f'<bdi dir="ltr">{case.reference}</bdi>' in page
    due = case.answer_due_at.astimezone(ZoneInfo("Asia/Dubai"))
    assert format_time(due, "short", locale="en") in page
    assert "United Arab Emirates" in page or "Dubai" in page
    assert Notification.objects.get(kind="request_received").to == "maria@example.org"


def test_answer_page_is_only_for_the_browser_that_sent_the_request(client, typed):
    assert client.get("/en/request/received/").url == "/en/request/"


def test_page_offers_what_is_offered_and_its_own_language(client, typed):
    SpecialtyFactory(code="dental", name="Teeth", is_offered=False)
    page = client.get("/ar/request/").content.decode()
    assert '<option value="cardiology">' in page
    assert "dental" not in page
    assert '<option value="ar" selected>' in page
    assert page.count("<option") > 380


@pytest.mark.parametrize(
    ("given", "family", "native"),
    [
        ("Suharto", "", ""),
        ("", "Nurhayati", ""),
        ("Muhammad bin Rashid", "Al Maktoum", "محمد بن راشد آل مكتوم"),
        ("Xiaoming", "Wang", "王小明"),
        ("Наталья", "Иванова", "Наталья Иванова"),
        ("Nguyễn Thị", "Hương", "Nguyễn Thị Hương"),
        ("José María", "d’Àvila-Ortiz", ""),
        ("יעל", "", "יעל"),
    ],
)
def test_names_of_any_script_and_of_one_word(client, typed, given, family, native):
    assert send(client, typed, given_names=given, family_name=family, native_name=native).status_code == 302
    patient = Case.objects.get().patient
    assert (patient.given_names, patient.family_name, patient.native_name) == (given, family, native)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"given_names": "", "family_name": " "}, "given_names", "One of them is enough"),
        ({"birth_day": ""}, "birth_day", "Enter the day, the month and the year"),
        ({"birth_day": "31", "birth_month": "2"}, "birth_day", "does not exist"),
        ({"birth_month": "13"}, "birth_day", "does not exist"),
        ({"birth_year": "198O"}, "birth_day", "does not exist"),
        ({"birth_year": "19800"}, "birth_day", "does not exist"),
        ({"birth_year": "80"}, "birth_day", "four digits"),
        ({"birth_year": "2523"}, "birth_day", "in the future"),
        ({"residence_country": ""}, "residence_country", "Choose the country"),
        ({"email": ""}, "email", "Enter an e-mail address"),
        ({"email": "maria@"}, "email", "name@example.com"),
        ({"phone": "12"}, "phone", "country code"),
        ({"phone": "call me"}, "phone", "country code"),
        ({"phone": "55 5123 4567", "residence_country": ""}, "phone", "country code"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Mars/Olympus"),
        ({"specialty": ""}, "specialty", "Choose the kind of care"),
        ({"specialty": "dental"}, "specialty", "cannot offer"),
        ({"words": " \r\n "}, "words", "in your own words"),
        ({"words": "a" * 5001}, "words", "5001"),
        ({"consent": ""}, "consent", "agreement"),
        ({"website": "http://spam.example"}, "website", "Leave this field empty"),
    ],
)
def test_error_stands_at_the_field_and_nothing_typed_is_lost(client, typed, changes, field, words):
    SpecialtyFactory(code="dental", is_offered=False)
    typed = typed | {"native_name": "ماريا <i>", "words": typed["words"]} | changes
    response = client.post("/en/request/", typed)
    assert response.status_code == 200
    assert words in errors_of(response)[f"id_{field}"]
    assert not CareRequest.objects.exists()
    page = response.content.decode()
    assert 'value="ماريا &lt;i&gt;"' in page
    assert typed["submission_id"] in page
    assert html.escape(typed["words"].replace("\r\n", "\n")) in page.replace("\r\n", "\n")


@pytest.mark.parametrize("field", ["id_email", "id_words", "id_specialty", "id_birth_day"])
def test_field_with_an_error_says_so_to_a_screen_reader(client, typed, field):
    page = send(client, typed, email="", words="", specialty="", birth_day="").content.decode()
    control = re.search(rf'<(?:input|select|textarea)[^>]* id="{field}"[^>]*>', page).group()
    assert 'aria-invalid="true"' in control
    assert f"{field}_error" in control


def test_errors_are_in_the_order_of_the_page(client, typed):
    fields = list(errors_of(send(client, typed, consent="", email="", given_names="", family_name="")))
    assert fields == ["id_given_names", "id_email", "id_consent"]


@pytest.mark.parametrize(("day", "year"), [("١٧", "١٩٨٠"), ("۱۷", "۱۹۸۰"), ("１７", "１９８０"), ("07", "1980")])
def test_digits_of_any_script_make_a_birth_date(client, typed, day, year):
    assert send(client, typed, birth_day=day, birth_year=year).status_code == 302
    assert Case.objects.get().patient.birth_date in (date(1980, 5, 17), date(1980, 5, 7))


@pytest.mark.parametrize(
    ("country", "phone", "kept"),
    [
        ("MX", "+52 55 5123 4567", "+525551234567"),
        ("MX", "(55) 5123-4567", "+525551234567"),
        ("AE", "٠٥٠ ١٢٣ ٤٥٦٧", "+971501234567"),
        ("AE", "+971 50 123 4567", "+971501234567"),
        ("US", "+86 138 0013 8000", "+8613800138000"),
        ("MX", "00 971 50 123 4567", "+971501234567"),
    ],
)
def test_phone_numbers_are_kept_in_one_form(client, typed, country, phone, kept):
    assert send(client, typed, residence_country=country, phone=phone).status_code == 302
    assert str(CareRequest.objects.get().phone) == kept


@pytest.mark.parametrize(
    ("country", "chosen", "kept"),
    [
        ("AE", "", "Asia/Dubai"),
        ("MX", "", ""),
        ("MX", "America/Tijuana", "America/Tijuana"),
        ("MX", "America/Monterrey", "America/Monterrey"),
    ],
)
def test_time_zone_is_the_chosen_one_or_the_only_one_of_the_country(client, typed, country, chosen, kept):
    assert send(client, typed, residence_country=country, time_zone=chosen).status_code == 302
    assert CareRequest.objects.get().time_zone == kept


def test_words_of_the_full_length_with_line_ends_of_a_browser(client, typed):
    words = "a\r\n" * 2499 + "aa"
    assert send(client, typed, words=words).status_code == 302
    assert len(CareRequest.objects.get().words) == 5000


def test_double_submit_is_one_case(client, typed):
    first, second = send(client, typed), send(client, typed)
    assert (first.status_code, second.status_code) == (302, 302)
    case = Case.objects.get()
    assert case.reference in client.get(second.url).content.decode()
    assert Notification.objects.filter(kind="request_received").count() == 1


def test_same_page_sent_again_for_another_person_is_another_case(client, typed):
    send(client, typed)
    send(client, typed, given_names="Pedro")
    assert Case.objects.count() == 2


def test_request_without_a_submission_id_is_taken(client, typed):
    assert send(client, typed, submission_id="").status_code == 302
    assert Case.objects.count() == 1


def test_no_office_at_all_is_said_and_nothing_is_lost(client, typed):
    Office.objects.all().delete()
    response = send(client, typed)
    assert response.status_code == 200
    assert "No office can take this request yet." in response.content.decode()
    assert typed["words"] in response.content.decode()


def test_many_requests_of_one_connection_are_slowed_and_nothing_is_lost(client, typed):
    window = int(timezone.now().timestamp() // 3600)
    statuses = [send(client, typed).status_code for _ in range(21)]
    assert statuses[:20] == [302] * 20
    if int(timezone.now().timestamp() // 3600) == window:
        response = send(client, typed)
        assert response.status_code == 429
        assert "Wait an hour" in response.content.decode()
        assert typed["words"] in response.content.decode()


def test_without_the_cache_nobody_is_stopped(client, typed, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert cache.get("anything") is None
    assert [send(client, typed).status_code for _ in range(22)] == [302] * 22


def test_who_writes_for_someone_else_gives_the_agreement(client, typed):
    send(client, typed | {"sender_name": "فاطمة"})
    assert Consent.objects.get().given_by == "فاطمة"


@pytest.mark.parametrize(
    ("language", "in_order"),
    [
        ("ar", ["الإمارات العربية المتحدة", "ألمانيا", "المملكة العربية السعودية", "اليابان", "مصر"]),
        ("ru", ["Австралия", "Саудовская Аравия", "Судан", "Япония"]),
        ("fr", ["Égypte", "Émirats arabes unis", "Équateur", "Espagne", "France"]),
    ],
)
def test_countries_stand_in_the_order_of_the_alphabet(language, in_order):
    names = [name for _code, name in country_choices(language)]
    places = [names.index(name) for name in in_order]
    assert places == sorted(places)


def test_a_name_cannot_turn_the_direction_of_what_stands_around_it(client, typed):
    send(client, typed | {"given_names": "Ma\u202er\u2066ía"})
    assert Patient.objects.get().given_names == "María"
