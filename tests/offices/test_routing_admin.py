"""The rules on the desk: who may change them, what they refuse, and the form that shows who would get a request."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from offices.directory.models import Office
from offices.directory.roles import Role
from offices.outbox.models import Event
from offices.routing.models import Requirement, RoutingRule
from patients.cases.models import Case
from tests.factories import RequirementFactory, RoutingRuleFactory, StaffFactory

pytestmark = pytest.mark.django_db
RULES, TRY = "/admin/routing/routingrule/", "/admin/routing/routingrule/try/"
WEDNESDAY_NOON, TUESDAY_EVENING = "2026-03-04T18:00", "2026-03-04T00:30"  # UTC; noon and 18:30 in Mexico City


@pytest.fixture
def director(offices):
    """May change the rules."""
    return StaffFactory(email="dana@example.org", name="Dana Whitfield", roles=[Role.PROGRAMME_DIRECTOR])


@pytest.fixture
def ask(sign_in, director, specialty):
    """ask(**need) -> what the director is told."""
    client = sign_in(director)

    def ask(**need):
        asked = {"country": "MX", "language": "es", "specialty": "cardiology", "pathway": "in_person"}
        return client.get(TRY, asked | {"urgency": "routine", "at": WEDNESDAY_NOON} | need)

    return ask


# Who would get this?


def test_the_form_is_empty_at_first_and_linked_from_the_rules(coordinator, sign_in):
    client = sign_in(coordinator)
    assert f'href="{TRY}"' in client.get(RULES).text
    page = client.get(TRY)
    assert page.status_code == 200 and page.context["decision"] is None
    assert "Nothing is written." in page.text and "errorlist" not in page.text


def test_how_busy_people_are_is_for_their_own_office_to_see(coordinator, other_coordinator, specialty, sign_in):
    need = {"language": "es", "specialty": "cardiology", "pathway": "in_person", "urgency": "routine"}
    client = sign_in(coordinator)
    ours = client.get(TRY, need | {"country": "MX", "at": WEDNESDAY_NOON})
    assert [candidate.user for candidate in ours.context["candidates"]] == [coordinator]
    theirs = client.get(TRY, need | {"country": "AE", "at": WEDNESDAY_NOON})
    assert theirs.context["candidates"] == [] and "of 25" not in theirs.text


def test_it_answers_with_the_rule_the_office_the_coordinator_and_the_requirements(ask, offices, other_coordinator):
    rule = RoutingRuleFactory(
        name="Gulf hearts", office=offices["abu-dhabi"], requirements=[RequirementFactory(name="Medical visa")]
    )
    answer = ask()
    assert answer.status_code == 200
    decision = answer.context["decision"]
    assert (decision.home, decision.rule, decision.coordinator) == (offices["abu-dhabi"], rule, other_coordinator)
    for told in ("Abu-Dhabi Office", "A rule names it.", "Gulf hearts", "Mariam Al Suwaidi", "0 of 25", "Medical visa"):
        assert told in answer.text
    assert f'href="{RULES}{rule.pk}/change/"' in answer.text and "Taken now by" not in answer.text


@pytest.mark.parametrize(
    ("need", "reason"),
    [
        ({}, "It serves the country."),
        ({"country": "EG", "language": "ar"}, "No office serves the country; this one speaks the language."),
        ({"country": "NO", "language": "no"}, "It takes what no other office serves."),
    ],
)
def test_it_says_why_that_office(need, reason, ask):
    assert reason in ask(**need).text


def test_it_answers_with_a_handover_by_the_hours(ask, offices):
    answer = ask(urgency="urgent", at=TUESDAY_EVENING)
    assert answer.context["decision"].office == offices["los-angeles"]
    assert "Taken now by" in answer.text and "Los-Angeles Office" in answer.text
    assert "Nobody there has room" in answer.text


def test_the_time_is_read_in_the_readers_own_zone(ask, director):
    director.time_zone = "America/Mexico_City"
    director.save()
    assert "Taken now by" not in ask(urgency="urgent", at="2026-03-03T17:59").text
    answer = ask(urgency="urgent", at="2026-03-03T18:00")
    assert "Taken now by" in answer.text and "America/Mexico_City" in answer.text


def test_it_says_when_no_office_takes_it(ask):
    Office.objects.update(is_fallback=False)
    answer = ask(country="NO", language="no")
    assert answer.status_code == 200 and answer.context["decision"] is None
    assert "No office can take this request yet." in answer.text
    assert answer.context["form"]["country"].value() == "NO"


def test_asking_writes_nothing(ask, offices):
    RoutingRuleFactory(office=offices["abu-dhabi"], requirements=[RequirementFactory()])
    ask()
    rows = [model.objects.count() for model in (Case, Event, RoutingRule, Requirement)]
    with CaptureQueriesContext(connection) as captured:
        assert ask(urgency="urgent", at=TUESDAY_EVENING).context["decision"]
    wrote = [query["sql"] for query in captured if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]
    assert not [sql for sql in wrote if "session" not in sql]
    assert not [query["sql"] for query in captured if "FOR UPDATE" in query["sql"] or "FOR NO KEY" in query["sql"]]
    assert [model.objects.count() for model in (Case, Event, RoutingRule, Requirement)] == rows


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "yesterday"}, {"at": ""}, {"at": "9999-12-31T23:59"}, {"at": "0001-01-01T00:00"}, {"country": "ZZ"},
        {"language": "klingon"}, {"specialty": "alchemy"}, {"pathway": "taxi"}, {"urgency": "whenever"},
    ],
)  # fmt: skip
def test_what_was_typed_is_kept_when_it_cannot_be_read(wrong, ask):
    typed = {"country": "GT", "urgency": "urgent", "at": WEDNESDAY_NOON} | wrong
    answer = ask(**typed)
    assert answer.status_code == 200 and answer.context["decision"] is None
    form = answer.context["form"]
    assert form.errors.keys() == wrong.keys() and "errorlist" in answer.text
    assert {name: form[name].value() for name in typed} == typed
    assert f'value="{typed["at"]}"' in answer.text or not typed["at"]


# Who may do what.


@pytest.mark.parametrize("role", Role)
def test_whoever_reads_the_directory_may_ask_and_read_and_only_a_director_changes(role, offices, sign_in):
    rule = RoutingRuleFactory(name="Gulf hearts", countries=["AE"], languages=["ar"])
    client = sign_in(StaffFactory(roles=[role]))
    may_change = role == Role.PROGRAMME_DIRECTOR
    for address in (TRY, RULES, f"{RULES}{rule.pk}/change/"):
        assert client.get(address).status_code == 200
    assert client.get(f"{RULES}add/").status_code == (200 if may_change else 403)
    client.post(f"{RULES}{rule.pk}/change/", rule_form(name="Changed"))
    rule.refresh_from_db()
    assert rule.name == ("Changed" if may_change else "Gulf hearts")
    assert client.get(f"{RULES}{rule.pk}/delete/").status_code == 403


def test_a_coordinator_who_posts_a_rule_is_refused(coordinator, sign_in):
    rule = RoutingRuleFactory()
    client = sign_in(coordinator)
    for address in (f"{RULES}add/", f"{RULES}{rule.pk}/change/"):
        assert client.post(address, rule_form()).status_code == 403
    assert RoutingRule.objects.get() == rule


def test_who_has_no_role_may_not_even_ask(offices, sign_in):
    client = sign_in(StaffFactory(roles=[]))
    assert client.get(TRY).status_code == client.get(RULES).status_code == 403


def test_a_patient_does_not_come_in(patient, sign_in):
    assert sign_in(patient).get(TRY).status_code == 302


# The rules.


def rule_form(**fields):
    return {"name": "Gulf hearts", "position": "10", "valid_from": "2026-01-01", "valid_until": ""} | fields


def test_a_director_writes_a_rule(director, offices, specialty, sign_in):
    conditions = {"countries": ["AE", "QA"], "languages": ["ar"], "pathways": ["transfer"], "urgencies": ["urgent"]}
    requirement = RequirementFactory()
    chosen = {
        "office": offices["abu-dhabi"].pk, "specialties": [specialty.pk], "requirements": [requirement.pk],
        "valid_until": "2026-07-01",
    }  # fmt: skip
    client = sign_in(director)
    assert client.post(f"{RULES}add/", rule_form(**conditions, **chosen)).status_code == 302
    rule = RoutingRule.objects.get()
    assert {name: getattr(rule, name) for name in conditions} == conditions
    assert (rule.office, rule.position) == (offices["abu-dhabi"], 10)
    assert [*rule.specialties.all()] == [specialty] and [*rule.requirements.all()] == [requirement]
    assert (rule.valid_from, rule.valid_until) == (date(2026, 1, 1), date(2026, 7, 1))
    page = client.get(RULES).text
    assert "United Arab Emirates · Qatar · Arabic · Cardiology · transfer · urgent" in page


def test_a_rule_without_conditions_says_so(director, offices, sign_in):
    client = sign_in(director)
    assert client.post(f"{RULES}add/", rule_form()).status_code == 302
    assert "every request" in client.get(RULES).text


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"countries": ["ZZ"]}, "countries"),
        ({"countries": ["MX", "mx"]}, "countries"),
        ({"languages": ["klingon"]}, "languages"),
        ({"languages": ["es-mx"]}, "languages"),
        ({"pathways": ["taxi"]}, "pathways"),
        ({"urgencies": ["whenever"]}, "urgencies"),
        ({"office": "0"}, "office"),
        ({"valid_from": "the first"}, "valid_from"),
        ({"valid_from": ""}, "valid_from"),
        ({"valid_until": "2026-01-01"}, "__all__"),
        ({"valid_until": "2025-12-31"}, "__all__"),
        ({"name": ""}, "name"),
        ({"position": "-1"}, "position"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused_and_kept_on_the_page(wrong, where, director, sign_in):
    answer = sign_in(director).post(f"{RULES}add/", rule_form(**wrong))
    assert answer.status_code == 200 and not RoutingRule.objects.exists()
    form = answer.context["adminform"].form
    assert [*form.errors] == [where]
    assert form["name"].value() == wrong.get("name", "Gulf hearts")


def test_only_who_keeps_the_directory_writes_requirements(coordinator, director, client, sign_in):
    add, form = "/admin/routing/requirement/add/", {"code": "scans", "kind": "record", "position": "1"}
    form |= {"name_en": "Scans", "text_en": ""}
    sign_in(coordinator)
    assert client.get("/admin/routing/requirement/").status_code == 200
    assert client.post(add, form).status_code == 403
    client.logout()
    answer = sign_in(director).post(add, form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert Requirement.objects.get().name == "Scans"
