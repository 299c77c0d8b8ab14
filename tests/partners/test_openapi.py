"""The published description of the API is true."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from partners.api import serializers, views
from partners.api.problems import PROBLEMS
from tests.factories import ProgrammeFactory, refer
from tests.partners.systems import REFERRALS, assert_problem, referral_body

SERVICES = "/api/v1/services/"
COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
SCHEMA = yaml.safe_load(COMMITTED.read_text())
OPERATIONS = [(path, method) for path, methods in SCHEMA["paths"].items() for method in methods]


def validator(media):
    """Of what a request or response of this media type holds."""
    schema = media["schema"] | {"components": SCHEMA["components"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def media_of(path, method, status):
    """The one description of an answer: (media type, what it holds)."""
    ((media_type, media),) = SCHEMA["paths"][path][method]["responses"][str(status)]["content"].items()
    return media_type, media


def described_examples():
    """(id, media, value) of every example in the document."""
    for path, method in OPERATIONS:
        operation = SCHEMA["paths"][path][method]
        bodies = [("request", operation["requestBody"])] if "requestBody" in operation else []
        for place, body in [*bodies, *operation["responses"].items()]:
            for media in body["content"].values():
                for name, example in media["examples"].items():
                    yield pytest.param(media, example["value"], id=f"{operation['operationId']}-{place}-{name}")


def test_the_committed_document_is_what_the_code_describes(tmp_path):
    generated = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(generated))
    assert COMMITTED.read_text() == generated.read_text(), "docs/openapi.yaml is old: run `make schema` and commit it."


def test_the_document_is_valid_openapi_3_1():
    assert SCHEMA["openapi"].startswith("3.1.")
    validate(SCHEMA, cls=OpenAPIV31SpecValidator)


def test_the_site_serves_the_same_document_to_anyone(client, db):
    answer = client.get("/api/schema/")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/vnd.oai.openapi+json"
    assert answer.json() == SCHEMA


def test_the_document_is_in_english_whoever_asks(client, db):
    assert client.get("/api/schema/", headers={"accept-language": "ar"}).json() == SCHEMA


def test_no_text_for_our_own_developers_is_published():
    text = json.dumps(SCHEMA)
    inner = [serializers.StrictSerializer, views.ApiView, views.ReferralListView, views.ReferralView]
    assert not [thing for thing in inner if thing.__doc__ and thing.__doc__ in text]
    assert "objects." not in text and "required_scopes" not in text


def test_every_operation_is_described(db):
    assert set(OPERATIONS) == {
        (SERVICES, "get"),
        (REFERRALS, "get"),
        (REFERRALS, "post"),
        (f"{REFERRALS}{{referral_id}}/", "get"),
    }
    for path, method in OPERATIONS:
        operation = SCHEMA["paths"][path][method]
        scope = f"referrals:{'write' if method == 'post' else 'read'}"
        scopes = [] if path == SERVICES else [scope]
        assert operation["summary"] and operation["security"] == [{"oauth2": scopes}]
        assert {"401", "403", "429", "500"} <= set(operation["responses"])


@pytest.mark.parametrize(("media", "value"), [*described_examples()])
def test_every_example_is_as_described(media, value):
    validator(media).validate(value)


def test_every_example_body_is_accepted(partner):
    ProgrammeFactory(code="heart-valve-repair")
    examples = SCHEMA["paths"][REFERRALS]["post"]["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        assert partner.refer(example["value"]).status_code == 201


def test_every_example_of_a_problem_is_a_problem_we_have():
    for path, method in OPERATIONS:
        for status, response in SCHEMA["paths"][path][method]["responses"].items():
            for example in response["content"].get("application/problem+json", {}).get("examples", {}).values():
                value = example["value"]
                assert (value["status"], value["title"]) == (int(status), str(PROBLEMS[value["code"]][1]))


@pytest.mark.parametrize(
    "body",
    [
        referral_body(),
        referral_body(patient={"email": "", "phone": "", "family_name": ""}),
        referral_body(patient={"language": "zh-Hans"}, consent={"language": "pt-BR"}),
    ],
)
def test_what_is_accepted_is_described(body, partner):
    validator(SCHEMA["paths"][REFERRALS]["post"]["requestBody"]["content"]["application/json"]).validate(body)
    assert partner.refer(body).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"priority": 1}, {"urgency": "soon"}, {"partner_reference": ""}, {"partner_reference": "R" * 101},
        {"pathway": None}, {"summary_language": "es_MX"},
        {"clinical_summary": 7}, {"patient": {"nationality": "MX"}}, {"patient": {"residence_country": "MEX"}},
        {"patient": {"phone": "5555010123"}}, {"patient": {"birth_date": "x"}}, {"consent": {"text": "x"}},
    ],
)  # fmt: skip
def test_what_is_described_as_wrong_is_refused(change, partner):
    body = referral_body(**change)
    assert not validator(SCHEMA["paths"][REFERRALS]["post"]["requestBody"]["content"]["application/json"]).is_valid(
        body
    )
    assert_problem(partner.refer(body), "validation_failed")


def test_every_answer_is_as_described(partner, institution, client, clock, settings):
    told = partner.refer(Idempotency_Key="k-1").json()
    one = f"{REFERRALS}{{referral_id}}/"
    for number in range(21):
        refer(institution, partner_reference=f"MX-{number}")
    answers = [
        (REFERRALS, "post", 201, partner.refer(Idempotency_Key="k-1")),
        (REFERRALS, "post", 200, partner.refer()),
        (REFERRALS, "post", 400, partner.refer(b"[")),
        (REFERRALS, "post", 409, partner.refer(referral_body(urgency="urgent"))),
        (REFERRALS, "post", 413, partner.refer(b" " * 300_000)),
        (REFERRALS, "post", 415, partner.refer(content_type="text/plain")),
        (REFERRALS, "post", 422, partner.refer(referral_body(priority=1, patient={"sex": "x"}))),
        (SERVICES, "get", 200, partner.get(SERVICES)),
        (SERVICES, "get", 400, partner.get(SERVICES, page="2")),
        (REFERRALS, "get", 200, partner.get()),
        (REFERRALS, "get", 400, partner.get(cursor="x")),
        (REFERRALS, "get", 401, client.get(REFERRALS)),
        (one, "get", 200, partner.follow(told["id"])),
        (one, "get", 404, partner.follow("019cb1f3-2a40-7c11-9d5e-6f0d3c1b7a52")),
    ]
    settings.API_REQUESTS_PER_MINUTE = 1
    answers.append((one, "get", 429, partner.follow(told["id"])))
    for path, method, status, answer in answers:
        media_type, media = media_of(path, method, status)
        assert (answer.status_code, answer["Content-Type"]) == (status, media_type), answer.text
        validator(media).validate(answer.json())


class Ids(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name == "id"]


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_the_docs_page_explains_every_problem_to_anyone(language, client, db):
    answer = client.get("/api/docs/", headers={"accept-language": language})
    assert answer.status_code == 200 and f'<html lang="{language}"' in answer.text
    assert set(PROBLEMS) <= set(Ids(answer.text).found)
    assert "/api/schema/" in answer.text


def test_the_type_of_a_problem_leads_to_the_docs_page(partner, client, settings):
    settings.SITE_URL = "https://international.example.org"
    address = assert_problem(partner.refer(b"["), "malformed_json")["type"]
    assert address == "https://international.example.org/api/docs/#malformed_json"


def test_the_root_leads_to_the_docs_page(client, db):
    assert client.get("/api/").url == "/api/docs/"


def test_the_guide_says_what_to_do_about_every_problem():
    guide = (COMMITTED.parent / "api.md").read_text()
    missing = [code for code, (status, _title) in PROBLEMS.items() if f"| {status} | `{code}` |" not in guide]
    assert missing == []


def test_the_schema_is_json_that_any_client_reads(client, db):
    assert json.loads(client.get("/api/schema/").content)["info"]["title"] == SCHEMA["info"]["title"]
