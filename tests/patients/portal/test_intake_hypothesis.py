"""Whatever a browser or a script sends to the request: every page answers, and gives back what was typed."""

from urllib.parse import quote, urlencode

import pytest
from django.utils import timezone
from django.utils.html import escape
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from patients.intake.drafts import save_step
from patients.intake.form.kinds import Kind
from patients.intake.form.steps import STEPS
from patients.intake.models import CareRequest
from tests.factories import ProgrammeFactory
from tests.patients.portal.walking import TYPED

pytestmark = pytest.mark.django_db

bad_input = settings(
    max_examples=5,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
NASTY = [
    "", " ", "\0", "a\0b", "\ud800", "\U0001f9ff" * 300, "a" * 20_000, "9" * 5_000, "-1", "1e9", "٣", "²", "NaN", "null",
    "[]", "{}", "<script>alert(1)</script>", "'; DROP TABLE intake_draft; --", "\u202e\u2066", "\r\n" * 100, "%s%(x)d",
    "{{ form }}", "&#0;", "a@b", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.org", "2026-02-30", "Asia/../etc/passwd",
    "+" + "1" * 40, "MX", "cardiology", "on", "self", "/" * 200,
]  # fmt: skip
anything = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=()), max_size=60))
PARTS = ("day", "month", "year", "hijri_day", "hijri_month", "hijri_year")
TYPED_AS_TEXT = {Kind.LINE, Kind.TEXT, Kind.PHONE, Kind.EMAIL}


def names_of(step):
    """The fields of a step, each part of a date by itself, and some that no page has."""
    for question in STEPS[step].questions:
        is_date = question.kind in (Kind.DATE, Kind.BIRTH_DATE)
        yield from [f"{question.code}_{part}" for part in PARTS] if is_date else [question.code]
    yield from (["consent_treatment_inquiry", "consent_records", "consent_authority"] if step == "consents" else [])


def forms(step):
    """{name: values} with names missing, given several times, of the wrong kind, and unknown."""
    names = st.sampled_from([*names_of(step), "seen"])
    known = st.dictionaries(names, st.lists(anything, max_size=3))
    unknown = st.dictionaries(anything.filter(bool), st.lists(anything, max_size=2), max_size=2)
    usual = {name: [value] for name, value in TYPED.get(step, {}).items()}
    return st.builds(lambda *parts: parts[0] | parts[1] | parts[2], unknown, st.sampled_from([{}, usual]), known)


def post(client, path, fields):
    body = urlencode(fields, doseq=True, errors="surrogatepass")
    return client.post(f"/en/request/{path}", body, "application/x-www-form-urlencoded")


def assert_shown(page, step, fields, *, drop=""):
    """Every text that was typed stands in the page as it came; `drop` is a letter that is not kept."""
    for question in STEPS[step].questions:
        is_asked = f' name="{question.code}"' in page
        if is_asked and question.kind in TYPED_AS_TEXT and fields.get(question.code):
            typed = fields[question.code][-1].encode("utf-8", "surrogatepass").decode("utf-8", "replace")
            assert escape(typed.replace(drop, "") if drop else typed) in page


@pytest.fixture
def everything_asked(begun):
    """A request with answers with which every step is asked."""
    ProgrammeFactory()
    answers = {
        "asker": {"asker": "agent"},
        "birth": {"birth_date": f"{timezone.now().year - 5}-05-17", "sex": "female"},
        "specialty": {"specialty": "cardiology"},
        "payer": {"payer": "insurer"},
    }
    for step, given_answers in answers.items():
        save_step(draft=begun, step=step, answers=given_answers)
    return begun


@pytest.mark.parametrize("step", STEPS)
def test_every_step_takes_anything(client, everything_asked, step):
    path = f"steps/{step}/"

    @bad_input
    @given(forms(step))
    def try_it(fields):
        answer = post(client, f"{path}keep/", fields)
        assert answer.status_code in (204, 409, 413)
        page = client.get(f"/en/request/{path}")
        assert page.status_code == 200
        seen = fields.get("seen") or ["0"]
        if answer.status_code == 204 and seen[-1] == "0" and everything_asked.steps.get(step=step).version == 0:
            assert_shown(page.content.decode(), step, fields, drop="\0")
        answer = post(client, path, fields)
        assert answer.status_code in (302, 409, 422)
        if answer.status_code != 302:
            assert_shown(answer.content.decode(), step, fields)

    try_it()
    assert client.get("/en/request/").status_code == client.get("/en/request/check/").status_code == 200


@settings(bad_input, max_examples=25)
@given(
    fields=st.dictionaries(st.one_of(st.sampled_from(["specialty", "patient", "x"]), anything), anything, max_size=4)
)
def test_a_request_begins_whatever_is_sent(client, begun, fields):
    assert post(client, "start/", fields).status_code in (302, 404)
    assert client.get("/en/request/").status_code == 200


@settings(bad_input, max_examples=30)
@given(email=anything, code=anything, token=anything)
def test_the_ways_back_take_anything(client, begun, email, code, token):
    answer = post(client, "resume/", {"email": email, "code": code})
    assert answer.status_code in (422, 429)
    if "\0" not in email and email:
        assert escape(email.encode("utf-8", "surrogatepass").decode("utf-8", "replace")) in answer.content.decode()
    assert post(client, "later/", {"email": email}).status_code in (200, 422, 429)
    path = f"/en/request/resume/{quote(token, safe='', errors='surrogatepass')}/"
    assert client.get(path).status_code in (302, 404) and client.post(path).status_code in (302, 404)


@settings(bad_input, max_examples=15)
@given(fields=st.dictionaries(anything, anything, max_size=4))
def test_an_unfinished_request_is_not_sent_whatever_is_sent(client, begun, fields):
    assert post(client, "check/", fields).status_code in (422, 429)
    assert not CareRequest.objects.exists()
