"""A partner's system as it talks to us: real requests over the test client, and what it may expect of each answer."""

from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

import orjson
from django.test import Client

from partners.api.problems import PROBLEMS

TOKEN = "/oauth/token/"
REFERRALS = "/api/v1/referrals/"
FORM = "application/x-www-form-urlencoded"


def referral_body(**changes):
    """A referral as a partner sends it. `patient` and `consent` change single fields of theirs."""
    body = {
        "partner_reference": "HSJ-1",
        "pathway": "in_person",
        "specialty": "cardiology",
        "urgency": "routine",
        "patient": {
            "given_names": "María Elena",
            "family_name": "Núñez",
            "native_name": "",
            "birth_date": "1968-03-09",
            "sex": "female",
            "residence_country": "MX",
            "language": "es",
            "email": "maria@example.org",
            "phone": "+525555010123",
        },
        "clinical_summary": "Estenosis aórtica grave.\nSe solicita valoración para TAVI.",
        "summary_language": "es",
        "consent": {"given_on": "2026-03-02", "language": "es"},
    }
    for name in ("patient", "consent"):
        body[name] |= changes.pop(name, {})
    return body | changes


@dataclass
class PartnerSystem:
    """Requests with the `headers` that hold its token."""

    client: Client
    headers: dict

    def refer(self, body=None, *, query="", content_type="application/json", **headers):
        """POST `body`: a dict, or bytes as they are; referral_body() without one."""
        data = body if isinstance(body, bytes) else orjson.dumps(referral_body() if body is None else body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(REFERRALS + query, data, content_type=content_type, headers=self.headers | named)

    def get(self, address=REFERRALS, **query):
        return self.client.get(address, query or None, headers=self.headers)

    def follow(self, referral_id):
        return self.get(f"{REFERRALS}{referral_id}/")


def ask_token(client, form, *, basic=None, content_type=FORM, **more):
    """POST `form` (a dict, or text as it is) to the token endpoint; `basic`: (client_id, secret)."""
    if basic:
        pair = b64encode(":".join(map(quote_plus, basic)).encode()).decode()
        more["headers"] = {"Authorization": f"Basic {pair}"}
    data = form if isinstance(form, str | bytes) else urlencode(form)
    return client.post(TOKEN, data, content_type=content_type, **more)


def assert_problem(answer, code, *, fields=None):
    """The answer is this problem, whole; `fields`: {field: code of its error}. Returns the body."""
    problem = answer.json()
    status = PROBLEMS[code][0]
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["status"] == status and problem["title"]
    assert problem["type"].endswith(f"/api/docs/#{code}")
    assert problem["instance"] == answer.wsgi_request.path
    assert set(problem) <= {"type", "title", "status", "code", "instance", "detail", "errors"}
    assert ("errors" in problem) == (code == "validation_failed")
    for error in problem.get("errors", ()):
        assert set(error) == {"field", "code", "detail"} and error["detail"]
    if fields is not None:
        assert {error["field"]: error["code"] for error in problem["errors"]} == fields
    return problem
