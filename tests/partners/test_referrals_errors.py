"""Every wrong request gets a problem of RFC 9457 that names it, and opens nothing."""

import copy
import json
from datetime import timedelta

import pytest
from django.utils import timezone, translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from offices.directory.models import Office
from partners.api.parsers import MAX_BODY_BYTES
from partners.api.problems import PROBLEMS
from patients.cases.models import Case
from patients.intake.models import Patient
from tests.factories import SpecialtyFactory
from tests.partners.systems import REFERRALS, PartnerSystem, assert_problem, referral_body

pytestmark = pytest.mark.django_db
REQUIRED = [
    "partner_reference", "pathway", "specialty", "urgency", "patient", "clinical_summary", "summary_language",
    "consent", "patient.birth_date", "patient.sex", "patient.residence_country", "patient.language",
    "consent.given_on", "consent.language",
]  # fmt: skip
OPTIONAL = ["patient.given_names", "patient.family_name", "patient.native_name", "patient.email", "patient.phone"]
CHOICES = {"pathway", "urgency", "patient.sex"}
OBJECTS = {"patient", "consent"}
DAYS = {"patient.birth_date", "consent.given_on"}
LINES = {"partner_reference", "specialty", "patient.given_names", "patient.family_name", "patient.native_name"}
LANGUAGES = {"summary_language", "patient.language", "consent.language"}
NOTHING = object()


def changed(path, value=NOTHING):
    """referral_body() with another value at `path`, or without it."""
    body = copy.deepcopy(referral_body())
    *parents, name = path.split(".")
    place = body
    for parent in parents:
        place = place[parent]
    if value is NOTHING:
        del place[name]
    else:
        place[name] = value
    return body


def assert_refused(partner, body, fields):
    assert_problem(partner.refer(body), "validation_failed", fields=fields)
    assert not Case.objects.exists() and not Patient.objects.exists()


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_field_is_named(path, partner):
    assert_refused(partner, changed(path), {path: "required"})


@pytest.mark.parametrize("path", REQUIRED + OPTIONAL)
def test_null_is_no_value(path, partner):
    assert_refused(partner, changed(path, None), {path: "null"})


@pytest.mark.parametrize("path", [path for path in REQUIRED + OPTIONAL if path not in OBJECTS])
def test_a_value_of_another_type_is_refused(path, partner):
    for value in (7, 1.5, True, [], ["x"], {}):
        assert_refused(partner, changed(path, value), {path: "invalid_choice" if path in CHOICES else "invalid"})


@pytest.mark.parametrize("path", sorted(OBJECTS))
def test_what_is_no_object_is_refused(path, partner):
    for value in ("x", 7, False, [], [{}]):
        assert_refused(partner, changed(path, value), {path: "invalid"})


@pytest.mark.parametrize("path", [path for path in REQUIRED if path not in OBJECTS])
def test_empty_text_is_no_value(path, partner):
    code = "invalid_choice" if path in CHOICES else "invalid" if path in DAYS else "blank"
    for value in ("", "  \n"):
        assert_refused(partner, changed(path, value), {path: code})


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("partner_reference", "R" * 101, "too_long"),
        ("specialty", "s" * 51, "too_long"),
        ("patient.given_names", "G" * 201, "too_long"),
        ("patient.family_name", "F" * 201, "too_long"),
        ("patient.native_name", "漢" * 201, "too_long"),
        ("patient.email", "m" * 243 + "@example.org", "too_long"),
        ("clinical_summary", "x" * 20_001, "too_long"),
        ("patient.phone", "+52555501012355550101", "invalid_phone"),
        ("summary_language", "zh-hant-tw-xx", "invalid_language"),
    ],
)
def test_what_is_too_long_is_refused(path, value, code, partner):
    assert_refused(partner, changed(path, value), {path: code})


@pytest.mark.parametrize("path", ["priority", "patient.name", "consent.text", "Pathway", "patient.", "id"])
def test_a_field_that_is_not_there_is_named(path, partner):
    assert_refused(partner, changed(path, "x"), {path: "unknown_field"})


def test_all_errors_are_told_at_once(partner):
    body = referral_body(urgency="soon", patient={"sex": "x", "birth_date": "x", "nationality": "MX"})
    del body["consent"]
    fields = {
        "urgency": "invalid_choice", "patient.sex": "invalid_choice", "patient.birth_date": "invalid",
        "patient.nationality": "unknown_field", "consent": "required",
    }  # fmt: skip
    assert_refused(partner, body, fields)


def code_of_a_bad_character(path):
    named = {
        "patient.residence_country": "invalid_country",
        "patient.email": "invalid",
        "patient.phone": "invalid_phone",
    }
    groups = ((CHOICES, "invalid_choice"), (DAYS, "invalid"), (LANGUAGES, "invalid_language"))
    return named.get(path) or next((code for paths, code in groups if path in paths), "forbidden_character")


@pytest.mark.parametrize("path", [path for path in REQUIRED + OPTIONAL if path not in OBJECTS])
def test_the_character_nul_is_refused(path, partner):
    text = referral_body()
    for name in path.split("."):
        text = text[name]
    assert_refused(partner, changed(path, f"{text or 'x'}\x00x"), {path: code_of_a_bad_character(path)})


def test_half_a_character_is_no_json(partner):
    for path in REQUIRED + OPTIONAL:
        assert_problem(partner.refer(json.dumps(changed(path, "x\ud800x")).encode()), "malformed_json")


@pytest.mark.parametrize("path", sorted(LINES))
def test_a_line_is_one_line(path, partner):
    for separator in "\n\r\t\x1b\x85\u2028\u2029":
        assert_refused(partner, changed(path, f"A{separator}B"), {path: "forbidden_character"})


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-02-30", "invalid"),
        ("0000-00-00", "invalid"),
        ("17/05/1980", "invalid"),
        ("1980-5-17", "invalid"),
        ("1980-05-17T00:00:00", "invalid"),
        ("１９８０-05-17", "invalid"),
        ("19800517", "invalid"),
        ("1890-01-01", "too_long_ago"),
    ],
)
def test_a_day_is_a_day_of_a_life(day, code, partner):
    for path in DAYS:
        assert_refused(partner, changed(path, day), {path: code})


@pytest.mark.parametrize("path", sorted(DAYS))
def test_a_day_in_the_future_is_refused_and_today_is_not(path, partner):
    today = timezone.now().date()
    assert_refused(partner, changed(path, str(today + timedelta(days=2))), {path: "in_future"})
    assert partner.refer(changed(path, str(today))).status_code == 201


@pytest.mark.parametrize("country", ["XX", "mx", "MEX", "México", "M", "484", "EU"])
def test_a_country_is_one_of_iso_3166(country, partner):
    assert_refused(
        partner, changed("patient.residence_country", country), {"patient.residence_country": "invalid_country"}
    )


@pytest.mark.parametrize(
    "language", ["xx", "spanish", "es_MX", "en@euro", "en.utf-8", "e", "es-", "-", "español", "中文"]
)
def test_a_language_is_a_bcp_47_tag(language, partner):
    for path in LANGUAGES:
        assert_refused(partner, changed(path, language), {path: "invalid_language"})


@pytest.mark.parametrize(
    "phone",
    [
        "5555010123",
        "+52 55 5501 0123",
        "+1",
        "+999123456789",
        "+52",
        "tel:+525555010123",
        "+٥٢٥٥٥٥٠١٠١٢٣",
        "+525555010123;ext=1",
        "maria",
    ],
)
def test_a_phone_number_is_e_164(phone, partner):
    assert_refused(partner, changed("patient.phone", phone), {"patient.phone": "invalid_phone"})


@pytest.mark.parametrize(
    "email",
    [
        "maria",
        "maria@",
        "@example.org",
        "a b@example.org",
        "a@b@example.org",
        "İ" * 200 + "@example.org",
        "a@example.org\nBcc: b@example.org",
    ],
)
def test_an_address_is_an_e_mail_address(email, partner):
    assert_refused(partner, changed("patient.email", email), {"patient.email": "invalid"})


@pytest.mark.parametrize("code", ["dental", "unknown", "Cardiology"])
def test_a_specialty_is_one_that_we_offer(code, partner):
    SpecialtyFactory(code="dental", is_offered=False)
    assert_refused(partner, changed("specialty", code), {"specialty": "specialty_not_offered"})


@pytest.mark.parametrize(("path", "value"), [("pathway", "abroad"), ("urgency", "asap"), ("patient.sex", "F")])
def test_a_choice_is_one_of_the_list(path, value, partner):
    assert_refused(partner, changed(path, value), {path: "invalid_choice"})


def test_a_patient_has_at_least_one_name(partner):
    body = referral_body(patient={"given_names": "", "family_name": " ", "native_name": "مريم"})
    assert_refused(partner, body, {"patient.given_names": "name_required"})


@pytest.mark.parametrize(
    "body",
    [b"{", b" ", b"x", b"{'a': 1}", b'{"a": NaN}', b'{"a": "\xff"}', b"[" * 100_000, b"\xef\xbb\xbf{}", b'{"a": 1,}'],
)
def test_a_body_that_is_no_json_is_refused(body, partner):
    assert_problem(partner.refer(body), "malformed_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"7", b"true", b"[{}]"])
def test_a_body_that_is_no_object_is_refused(body, partner):
    assert_problem(partner.refer(body), "not_an_object")


def test_an_empty_body_misses_every_field(partner):
    assert_refused(partner, b"", {path: "required" for path in REQUIRED if "." not in path})


def test_a_body_that_is_too_large_is_refused(partner):
    whole = json.dumps(referral_body()).encode()
    assert partner.refer(whole.ljust(MAX_BODY_BYTES)).status_code == 201
    assert_problem(partner.refer(whole.ljust(MAX_BODY_BYTES + 1)), "body_too_large")


def test_a_body_of_unsaid_length_is_refused(partner):
    answer = partner.client.post(
        REFERRALS,
        b"",
        "application/json",
        headers=partner.headers | {"Transfer-Encoding": "chunked"},
        CONTENT_LENGTH="",
    )
    assert_problem(answer, "length_required")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/fhir+json",
        "",
    ],
)
def test_another_media_type_is_refused(content_type, partner):
    assert_problem(partner.refer(content_type=content_type), "unsupported_media_type")


@pytest.mark.parametrize("address", [REFERRALS, f"{REFERRALS}019cb1f3-2a40-7c11-9d5e-6f0d3c1b7a52/"])
def test_a_parameter_that_is_not_there_is_refused_everywhere(address, partner):
    assert_problem(partner.get(address, expand="case"), "invalid_parameter")
    assert_problem(partner.refer(query="?dry_run=1"), "invalid_parameter")
    assert not Case.objects.exists()


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "token abc"])
def test_without_a_token_nothing_is_told(header, client):
    system = PartnerSystem(client, {} if header is None else {"Authorization": header})
    for answer in (system.get(), system.refer(), system.follow("019cb1f3-2a40-7c11-9d5e-6f0d3c1b7a52")):
        assert_problem(answer, "not_authenticated")
        assert answer["WWW-Authenticate"] == 'Bearer realm="partners"'


@pytest.mark.parametrize("token", ["", " ", "nonsense", "x" * 5000, "ñ", "a b", "\x00"])
def test_a_token_that_is_none_opens_nothing(token, client):
    answer = PartnerSystem(client, {"Authorization": f"Bearer {token}"}).refer()
    assert_problem(answer, "invalid_token")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize(
    "path", ["v1/", "v1/referrals", "v2/referrals/", "v1/patients/", "v1/referrals//", "nothing", "ñ/", "docs"]
)
def test_what_is_not_under_api_is_a_problem_too(path, client, db):
    for method in (client.get, client.post, client.delete, client.options):
        problem = assert_problem(method(f"/api/{path}"), "not_found")
        assert ("slash" in problem.get("detail", "")) == (not path.endswith("/"))


@pytest.mark.parametrize(
    ("address", "methods", "allowed"),
    [
        (REFERRALS, ["put", "patch", "delete", "trace"], {"GET", "POST", "HEAD", "OPTIONS"}),
        (
            f"{REFERRALS}019cb1f3-2a40-7c11-9d5e-6f0d3c1b7a52/",
            ["post", "put", "patch", "delete"],
            {"GET", "HEAD", "OPTIONS"},
        ),
    ],
)
def test_another_method_is_told_which_there_are(address, methods, allowed, partner):
    for method in methods:
        answer = getattr(partner.client, method)(address, headers=partner.headers)
        assert_problem(answer, "method_not_allowed")
        assert set(answer["Allow"].split(", ")) == allowed
    answer = partner.client.options(address)
    assert answer.status_code == 204 and set(answer["Allow"].split(", ")) == allowed


def test_what_nobody_foresaw_is_a_problem_that_tells_nothing_of_the_inside(partner, caplog, monkeypatch):
    monkeypatch.setattr("partners.api.views.refer_patient", None)
    partner.client.raise_request_exception = False
    problem = assert_problem(partner.refer(), "server_error")
    assert "detail" not in problem and "TypeError" in caplog.text
    assert not Patient.objects.exists()


@pytest.mark.parametrize("wanted", ["es", "es-MX,es;q=0.9,en;q=0.5", "xx, es;q=0.1"])
def test_errors_are_told_in_the_language_that_is_asked_for(wanted, partner):
    partner.headers = partner.headers | {"Accept-Language": wanted}
    answer = partner.refer(
        referral_body(urgency="soon", patient={"birth_date": "2999-01-01", "given_names": "G" * 201})
    )
    fields = {"urgency": "invalid_choice", "patient.birth_date": "in_future", "patient.given_names": "too_long"}
    problem = assert_problem(answer, "validation_failed", fields=fields)
    details = {error["field"]: error["detail"] for error in problem["errors"]}
    with translation.override("es"):
        assert problem["title"] == str(PROBLEMS["validation_failed"][1]) != "Some fields are not valid."
    assert details["patient.birth_date"] != "This day is in the future." and "200" in details["patient.given_names"]
    assert answer["Content-Language"] == "es" and "Accept-Language" in answer["Vary"]


def test_errors_are_told_in_english_otherwise(partner):
    partner.headers = partner.headers | {"Accept-Language": "xx"}
    assert assert_problem(partner.refer(b"["), "malformed_json")["title"] == "The body is not valid JSON."


letters = st.text(st.characters(), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | letters
junk = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(letters, inner, max_size=3), max_leaves=6
)
paths = st.sampled_from([*REQUIRED, *OPTIONAL, "extra", "patient.extra"])
examples = hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(path=paths, value=junk)
@examples
def test_no_value_of_a_field_breaks_us(path, value, partner):
    answer = partner.refer(json.dumps(changed(path, value)).encode())
    assert answer.status_code in (200, 201, 400, 409, 422), answer.text


@given(body=st.binary() | junk.map(lambda value: json.dumps(value).encode()))
@examples
def test_no_body_breaks_us(body, partner):
    assert partner.refer(body).status_code in (400, 422)


def test_without_any_office_the_referral_waits_with_the_partner(partner):
    Office.objects.all().delete()
    assert_problem(partner.refer(), "no_office")
    assert not Case.objects.exists()


def test_a_specialty_that_is_not_offered_names_those_that_are(partner):
    SpecialtyFactory(code="dental", is_offered=False)
    (error,) = assert_problem(
        partner.refer(referral_body(specialty="dental")),
        "validation_failed",
        fields={"specialty": "specialty_not_offered"},
    )["errors"]
    assert error["detail"] == "We cannot offer care in this specialty. Offered: cardiology"


def test_a_name_cannot_turn_the_direction_of_what_stands_around_it(partner):
    answer = partner.refer(referral_body(patient={"given_names": "Ma\u202eria"}))
    assert_problem(answer, "validation_failed", fields={"patient.given_names": "forbidden_character"})
