"""Asking for care: what each page takes, what it refuses and how, and what is kept of it."""

import html
import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_time

from offices.notifications.models import Notification
from patients.cases.models import Case
from patients.intake.drafts import answers_of
from patients.intake.models import CareRequest, Channel, Draft, Patient
from patients.portal.choices import country_choices
from tests.factories import SpecialtyFactory
from tests.patients.portal.walking import TYPED, begin, fill, save, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _centre(offices, specialty):
    """Every page here is one of a centre with offices and a specialty."""


def errors_of(response):
    """{id of the control: its message in the summary}, after a look that each stands at its field too."""
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: " in page
    found = dict(re.findall(r'<li><a href="#(\w+)">(.*?)</a>', page))
    for control, message in found.items():
        assert re.search(rf'id="{control}"', page)
        assert re.search(rf'id="{re.sub(r"_0$", "", control)}_error">.*?{re.escape(message)}', page)
    return {control: html.unescape(message) for control, message in found.items()}


def answer(code):
    return answers_of(Draft.objects.get())[code]


def test_request_opens_a_case_and_promises_an_answer(client):
    fill(client, time_zone="Asia/Dubai", phone="55 5123 4567", given_names="María")
    response = send(client)
    assert (response.status_code, response.url) == (302, "/en/request/received/")
    case = Case.objects.get()
    patient, care_request = case.patient, case.care_request
    assert (patient.given_names, patient.family_name, patient.sex) == ("María", "Núñez", "female")
    assert (patient.birth_date, patient.language, patient.nationality) == (date(1980, 5, 17), "es", "MX")
    assert (care_request.email, str(care_request.phone)) == ("maria@example.org", "+525551234567")
    assert (case.office.code, care_request.channel) == ("mexico-city", Channel.WEB)
    assert (care_request.words, care_request.pathway) == (TYPED["words"]["words"], "in_person")
    assert care_request.answers["specialty"] == "cardiology"

    page = html.unescape(client.get(response.url).content.decode())
    assert f'<bdi dir="ltr">{case.reference}</bdi>' in page
    due = case.answer_due_at.astimezone(ZoneInfo("Asia/Dubai"))
    assert format_time(due, "short", locale="en") in page
    assert "United Arab Emirates" in page or "Dubai" in page
    assert Notification.objects.get(kind="request_received").to == "maria@example.org"


def test_answer_page_is_only_for_the_browser_that_sent_the_request(client):
    assert client.get("/en/request/received/").url == "/en/request/"


def test_pages_offer_what_is_offered_and_their_own_language(client, begun):
    SpecialtyFactory(code="dental", name="Teeth", is_offered=False)
    page = client.get("/ar/request/steps/specialty/").content.decode()
    assert 'value="cardiology"' in page
    assert "dental" not in page
    assert '<option value="ar" selected>' in client.get("/ar/request/steps/language/").content.decode()
    assert client.get("/ar/request/steps/origin/").content.decode().count("<option") > 2 * 240


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
def test_names_of_any_script_and_of_one_word(client, given, family, native):
    fill(client, given_names=given, family_name=family, native_name=native)
    assert send(client).status_code == 302
    patient = Case.objects.get().patient
    assert (patient.given_names, patient.family_name, patient.native_name) == (given, family, native)


@pytest.mark.parametrize(
    ("step", "changes", "control", "words"),
    [
        ("asker", {"asker": ""}, "asker_0", "Choose who you are"),
        ("asker", {"asker": "king"}, "asker_0", "king"),
        ("name", {"given_names": "", "family_name": " "}, "given_names", "One of them is enough"),
        ("name", {"given_names": "\u202e \u202c", "family_name": ""}, "given_names", "One of them is enough"),
        ("name", {"given_names": "a" * 201}, "given_names", "200"),
        ("birth", {"birth_date_day": ""}, "birth_date_0", "Enter the day, the month and the year"),
        ("birth", {"birth_date_day": "31", "birth_date_month": "2"}, "birth_date_0", "does not exist"),
        ("birth", {"birth_date_month": "13"}, "birth_date_0", "does not exist"),
        ("birth", {"birth_date_year": "198O"}, "birth_date_0", "does not exist"),
        ("birth", {"birth_date_year": "19800"}, "birth_date_0", "does not exist"),
        ("birth", {"birth_date_year": "9" * 30}, "birth_date_0", "does not exist"),
        ("birth", {"birth_date_year": "80"}, "birth_date_0", "four digits"),
        ("birth", {"birth_date_year": "2523"}, "birth_date_0", "in the future"),
        ("origin", {"residence_country": ""}, "residence_country", "Choose the country"),
        ("contact", {"email": ""}, "email", "Enter an e-mail address"),
        ("contact", {"email": "maria@"}, "email", "name@example.com"),
        ("contact", {"email": f"{'a' * 250}@example.org"}, "email", "254"),
        ("contact", {"phone": "12"}, "phone", "country code"),
        ("contact", {"phone": "call me"}, "phone", "country code"),
        ("contact", {"phone": "55 5123 4567"}, "phone", "country code"),
        ("times", {"time_zone": "Mars/Olympus"}, "time_zone", "Mars/Olympus"),
        ("specialty", {"specialty": ""}, "specialty_0", "Choose the kind of care"),
        ("specialty", {"specialty": "dental"}, "specialty_0", "cannot offer"),
        ("words", {"words": " \r\n "}, "words", "in your own words"),
        ("words", {"words": "a" * 5001}, "words", "5001"),
        ("consents", {"consent_records": ""}, "consent_records", "agreement"),
        ("allergies", {"allergies": "Latex", "no_allergies": "on"}, "no_allergies", "Take the tick away"),
        ("medicines", {"medicines": "Aspirin", "no_medicines": "on"}, "no_medicines", "Take the tick away"),
        ("passport", {"passport_expires_on_day": "3"}, "passport_expires_on_0", "the month and the year"),
        ("passport", {
            "passport_expires_on_day": "3", "passport_expires_on_month": "1", "passport_expires_on_year": "9" * 30
         }, "passport_expires_on_0", "does not exist"),
    ],
)  # fmt: skip
def test_error_stands_at_the_field_and_nothing_typed_is_lost(client, begun, step, changes, control, words):
    SpecialtyFactory(code="dental", is_offered=False)
    typed = TYPED.get(step, {}) | {"called": "ماريا <i>", "interpreter_words": "x"} | changes
    response = save(client, step, typed)
    assert words in errors_of(response)[f"id_{control}"]
    assert not begun.steps.exists()
    page = response.content.decode()
    if step == "name":
        assert 'value="ماريا &lt;i&gt;"' in page
    for name, value in changes.items():
        if value.strip() and name in ("phone", "email", "birth_date_year", "words", "allergies", "given_names"):
            assert html.escape(value) in page


@pytest.mark.parametrize(
    ("step", "control"), [("contact", "id_email"), ("words", "id_words"), ("origin", "id_residence_country")]
)
def test_field_with_an_error_says_so_to_a_screen_reader(client, begun, step, control):
    page = save(client, step, {}).content.decode()
    found = re.search(rf'<(?:input|select|textarea)[^>]* id="{control}"[^>]*>', page).group()
    assert 'aria-invalid="true"' in found
    assert f"{control}_error" in found


@pytest.mark.parametrize(
    ("step", "group"), [("asker", "id_asker"), ("birth", "id_birth_date"), ("specialty", "id_specialty")]
)
def test_group_with_an_error_says_so_to_a_screen_reader(client, begun, step, group):
    page = save(client, step, {}).content.decode()
    assert re.search(rf'<fieldset [^>]*aria-describedby="[^"]*{group}_error"', page)


def test_errors_are_in_the_order_of_the_page(client, begun):
    save(client, "asker", {"asker": "agent"})
    assert list(errors_of(save(client, "authority", {}))) == ["id_asker_name", "id_authority_basis_0"]
    assert list(errors_of(save(client, "consents", {}))) == [
        "id_consent_treatment_inquiry", "id_consent_records", "id_consent_authority",
    ]  # fmt: skip


@pytest.mark.parametrize(("day", "year"), [("١٧", "١٩٨٠"), ("۱۷", "۱۹۸۰"), ("１７", "１９８０"), ("017", "1980")])
def test_digits_of_any_script_make_a_birth_date(client, begun, day, year):
    typed = TYPED["birth"] | {"birth_date_day": day, "birth_date_year": year}
    assert save(client, "birth", typed).status_code == 302
    assert answer("birth_date") == "1980-05-17"


HIJRI = {"birth_date_hijri_day": "15", "birth_date_hijri_month": "9", "birth_date_hijri_year": "1400"}


@pytest.mark.parametrize("changes", [{}, {"birth_date_hijri_day": "١٥", "birth_date_hijri_year": "١٤٠٠"}])
def test_a_hijri_date_becomes_its_gregorian_day(client, begun, changes):
    assert save(client, "birth", HIJRI | changes).status_code == 302
    assert answer("birth_date") == "1980-07-27"
    page = client.get("/en/request/steps/birth/").content.decode()
    assert re.search(r'name="birth_date_day" value="27"', page)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"birth_date_hijri_day": "31"}, "does not exist in the Hijri calendar"),
        ({"birth_date_hijri_month": "13"}, "does not exist in the Hijri calendar"),
        ({"birth_date_hijri_year": "1200"}, "does not exist in the Hijri calendar"),
        ({"birth_date_hijri_year": "9" * 30}, "does not exist in the Hijri calendar"),
        ({"birth_date_hijri_year": "14OO"}, "does not exist in the Hijri calendar"),
        ({"birth_date_hijri_year": "1490"}, "in the future"),
        ({"birth_date_hijri_year": ""}, "Enter the day, the month and the year"),
        (dict.fromkeys(HIJRI, ""), "Enter the day, the month and the year"),
    ],
)
def test_a_hijri_date_that_is_none_is_said_and_shown_again(client, begun, changes, words):
    response = save(client, "birth", HIJRI | changes)
    assert words in errors_of(response)["id_birth_date_0"]
    is_open = '<details class="hijri" open>' in response.content.decode()
    assert is_open == any((HIJRI | changes).values())


def test_of_two_dates_the_gregorian_one_counts(client, begun):
    save(client, "birth", HIJRI | TYPED["birth"])
    assert answer("birth_date") == "1980-05-17"


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
def test_phone_numbers_are_kept_in_one_form(client, begun, country, phone, kept):
    save(client, "origin", {"residence_country": country})
    assert save(client, "contact", {"email": "maria@example.org", "phone": phone}).status_code == 302
    assert answer("phone") == kept


@pytest.mark.parametrize(
    ("country", "chosen", "kept"),
    [
        ("AE", "", "Asia/Dubai"),
        ("MX", "", ""),
        ("MX", "America/Tijuana", "America/Tijuana"),
        ("MX", "America/Monterrey", "America/Monterrey"),
    ],
)
def test_time_zone_is_the_chosen_one_or_the_only_one_of_the_country(client, country, chosen, kept):
    fill(client, residence_country=country, time_zone=chosen)
    assert send(client).status_code == 302
    assert CareRequest.objects.get().time_zone == kept


def test_a_zone_outside_the_list_is_shown_when_the_page_is_opened_again(client, begun):
    save(client, "times", {"time_zone": "America/Monterrey"})
    page = client.get("/en/request/steps/times/").content.decode()
    assert '<option value="America/Monterrey" selected>Monterrey' in page


def test_words_of_the_full_length_with_line_ends_of_a_browser(client, begun):
    assert save(client, "words", {"words": "a\r\n" * 2499 + "aa"}).status_code == 302
    assert len(answer("words")) == 5000


def test_the_longest_answers_fit(client, begun):
    """Of a person who writes for another one, so that each name is as long as it may be."""
    names = dict.fromkeys(("given_names", "family_name", "native_name", "called"), "名" * 200)
    fill(client, **names, email=f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example.org", words="字" * 5000)
    assert send(client).status_code == 302
    consent = Case.objects.get().care_request.consents.first()
    assert consent.given_by == f"{'名' * 200} {'名' * 199}"


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


def test_a_name_cannot_turn_the_direction_of_what_stands_around_it(client):
    fill(client, given_names="Ma\u202er\u2066ía")
    send(client)
    assert Patient.objects.get().given_names == "María"


@pytest.mark.parametrize(
    ("country", "numbers"),
    [("MX", {"911"}), ("AE", {"998", "999"}), ("FR", {"112", "15"}), ("", set())],
    ids=["MX", "AE", "FR", "-"],
)
def test_the_emergency_numbers_of_the_country_stand_beside_the_question(client, begun, country, numbers):
    if country:
        save(client, "origin", {"residence_country": country})
    page = client.get("/en/request/steps/urgency/").content.decode()
    found = re.findall(r'href="tel:(\d+)"', page.partition("<main")[2].partition("</main>")[0])
    assert numbers <= set(found) and len(found) <= 4 * bool(numbers)
    assert ("Call the emergency number of the place where you are now." in page) == (not numbers)


def test_steps_that_are_not_asked_and_that_do_not_exist(client, begun):
    assert client.get("/en/request/steps/authority/").url == "/en/request/"
    assert client.get("/en/request/steps/nothing/").status_code == 404


@pytest.mark.parametrize("specialty", ["dental", "nothing", "a\0b", "x" * 5000])
def test_only_what_is_offered_is_filled_in_by_a_link(client, specialty):
    SpecialtyFactory(code="dental", is_offered=False)
    assert begin(client, specialty=specialty).status_code == 302
    assert "specialty" not in answers_of(Draft.objects.get())
