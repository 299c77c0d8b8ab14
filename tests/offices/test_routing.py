"""Who takes a request: each rule of routing alone, and who stands in for whom. (All together: test_routing_oracle.)"""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from offices.directory.models import Level, Office, StaffLanguage
from offices.directory.roles import Role
from offices.directory.services import stand_in_for
from offices.routing.needs import Need
from offices.routing.rulebook import NoOffice, read_rulebook
from offices.routing.services import choose_coordinator
from tests.factories import (
    AbsenceFactory,
    OfficeFactory,
    RequirementFactory,
    RoutingRuleFactory,
    SpecialtyFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db
WEDNESDAY_NOON = datetime(2026, 3, 4, 18, tzinfo=UTC)  # in Mexico City; in Abu Dhabi it is night
TUESDAY_EVENING = datetime(2026, 3, 4, 0, 30, tzinfo=UTC)  # 18:30 in Mexico City; Los Angeles is open
SATURDAY = datetime(2026, 3, 7, 12, tzinfo=UTC)  # all are closed; Abu Dhabi opens first
TODAY = WEDNESDAY_NOON.date()
MEXICAN = {"country": "MX", "language": "es", "specialty": "cardiology"}


def decide(at=WEDNESDAY_NOON, loads=None, **need):
    return read_rulebook().decide(Need(**MEXICAN | need), at=at, loads=loads or {})


def choose(loads=None, at=WEDNESDAY_NOON, **need):
    """Who of the team gets the need; `loads` by user."""
    return decide(at, {user.pk: load for user, load in (loads or {}).items()}, **need).coordinator


def work_at(office, **fields):
    return StaffFactory(office=office, **fields)


# Rules.


@pytest.mark.parametrize(
    ("condition", "met_by", "not_by"),
    [
        ({"countries": ["MX", "GT"]}, {"country": "GT"}, {"country": "BR"}),
        ({"languages": ["es"]}, {"language": "es-mx"}, {"language": "pt"}),
        ({"languages": ["zh-hant"]}, {"language": "zh-tw"}, {"language": "zh-cn"}),
        ({"pathways": ["transfer", "advice"]}, {"pathway": "advice"}, {"pathway": "in_person"}),
        ({"urgencies": ["emergency"]}, {"urgency": "emergency"}, {"urgency": "urgent"}),
    ],
)
def test_a_condition_holds_for_what_it_names_alone(condition, met_by, not_by, offices):
    rule = RoutingRuleFactory(office=offices["abu-dhabi"], **condition)
    assert decide(**met_by).rule == rule and decide(**met_by).home == offices["abu-dhabi"]
    decision = decide(**not_by)
    assert decision.rule is None and decision.because != "rule" and not decision.matching


def test_a_specialty_is_a_condition_too(offices):
    rule = RoutingRuleFactory(office=offices["abu-dhabi"], specialties=[SpecialtyFactory(code="oncology")])
    assert decide(specialty="oncology").rule == rule
    assert decide(specialty="cardiology").rule is None


def test_all_conditions_are_to_be_met(offices):
    RoutingRuleFactory(office=offices["abu-dhabi"], countries=["MX"], urgencies=["urgent"], languages=["es"])
    assert decide(urgency="urgent").because == "rule"
    for other in ({"country": "BR"}, {"language": "en"}, {"urgency": "routine"}):
        assert decide(**{"urgency": "urgent"} | other).because != "rule"


def test_a_rule_without_conditions_takes_every_request(offices):
    rule = RoutingRuleFactory(office=offices["abu-dhabi"])
    assert decide().rule == decide(country="NO", language="no", pathway="transfer").rule == rule


def test_a_rule_is_in_force_from_its_first_day_to_the_day_before_its_end(offices):
    RoutingRuleFactory(office=offices["abu-dhabi"], valid_from=TODAY, valid_until=TODAY + timedelta(days=2))
    days = range(-1, 4)
    reasons = [decide(at=WEDNESDAY_NOON + timedelta(days=day)).because for day in days]
    assert reasons == ["country", "rule", "rule", "country", "country"]


def test_the_days_of_a_rule_are_those_of_utc_whatever_clock_says_when(offices):
    RoutingRuleFactory(office=offices["abu-dhabi"], valid_from=TODAY)
    first = datetime(2026, 3, 4, tzinfo=UTC)
    for before, because in [(timedelta(seconds=1), "country"), (timedelta(), "rule")]:
        for office in offices.values():
            assert decide(at=(first - before).astimezone(office.zone)).because == because


def test_a_rule_ends_after_it_begins(offices):
    rule = RoutingRuleFactory.build(valid_from=TODAY, valid_until=TODAY)
    with pytest.raises(ValidationError, match="A rule ends after it begins"):
        rule.full_clean()
    with pytest.raises(IntegrityError):
        rule.save()


@pytest.mark.parametrize("wrong", [{"countries": ["ZZ"]}, {"languages": ["klingon"]}, {"pathways": ["taxi"]}])
def test_a_rule_names_what_there_is(wrong, db):
    with pytest.raises(ValidationError) as caught:
        RoutingRuleFactory.build(**wrong).full_clean()
    assert caught.value.message_dict.keys() == wrong.keys()


def test_the_first_rule_that_names_an_office_decides(offices):
    second = RoutingRuleFactory(position=20, office=offices["los-angeles"])
    first = RoutingRuleFactory(position=10, office=offices["abu-dhabi"], countries=["MX"])
    unnamed = RoutingRuleFactory(position=5)
    decision = decide()
    assert (decision.rule, decision.home) == (first, offices["abu-dhabi"])
    assert [*decision.matching] == [unnamed, first, second]
    assert decide(country="BR").rule == second


def test_a_rule_can_require_and_leave_the_office_to_the_others(offices):
    visa, scans = RequirementFactory(code="visa", position=2), RequirementFactory(code="scans", position=1)
    consent = RequirementFactory(code="consent", position=1)
    RoutingRuleFactory(position=1, requirements=[visa, scans])
    RoutingRuleFactory(position=2, countries=["MX"], requirements=[consent, scans])
    RoutingRuleFactory(position=3, countries=["BR"], requirements=[RequirementFactory(code="never")])
    decision = decide()
    assert (decision.home, decision.because, decision.rule) == (offices["mexico-city"], "country", None)
    assert decision.requirements == [consent, scans, visa]


# The office when no rule names one.


@pytest.mark.parametrize(
    ("need", "office", "because"),
    [
        ({}, "mexico-city", "country"),
        ({"language": "ar"}, "mexico-city", "country"),
        ({"country": "EG", "language": "ar-eg"}, "abu-dhabi", "language"),
        ({"country": "NO", "language": "en"}, "los-angeles", "fallback"),
        ({"country": "NO", "language": "no"}, "los-angeles", "fallback"),
        ({"country": "NO", "language": "mi"}, "los-angeles", "fallback"),
    ],
)
def test_the_country_decides_then_the_language_then_the_fallback(need, office, because, offices):
    decision = decide(**need)
    assert (decision.home, decision.office, decision.because) == (offices[office], offices[office], because)
    assert not decision.is_handed_over and not decision.requirements


def test_of_several_offices_of_a_country_one_that_speaks_the_language_takes_it(offices):
    lima = OfficeFactory(code="lima", languages=["es", "qu"], countries=["PE", "AE"])
    assert decide(country="AE", language="es").home == lima
    assert decide(country="AE", language="fr").home == offices["abu-dhabi"]  # none speaks it: the first


def test_without_a_fallback_a_request_can_be_left_over(offices):
    Office.objects.update(is_fallback=False)
    assert decide(country="NO", language="en").because == "language"
    with pytest.raises(NoOffice, match="No office can take this request yet"):
        decide(country="NO", language="no")


# The hours.


@pytest.mark.parametrize("urgency", ["urgent", "emergency"])
def test_what_is_urgent_goes_to_an_open_office_while_its_own_is_closed(urgency, offices):
    decision = decide(at=TUESDAY_EVENING, urgency=urgency)
    assert (decision.home, decision.office) == (offices["mexico-city"], offices["los-angeles"])
    assert decision.is_handed_over


def test_what_is_routine_waits_for_its_own_office(offices):
    assert not decide(at=TUESDAY_EVENING).is_handed_over


def test_what_is_urgent_stays_while_its_own_office_is_open(offices):
    assert not decide(at=WEDNESDAY_NOON, urgency="urgent").is_handed_over


def test_when_all_are_closed_the_office_that_opens_first_takes_it(offices):
    assert decide(at=SATURDAY, urgency="urgent").office == offices["abu-dhabi"]
    assert decide(at=SATURDAY, urgency="urgent", country="AE", language="ar").office == offices["abu-dhabi"]


def test_of_two_open_offices_one_that_speaks_the_language_takes_it(offices):
    bogota = OfficeFactory(code="zz-vancouver", time_zone="America/Vancouver", languages=["es"])
    assert decide(at=TUESDAY_EVENING, urgency="urgent").office == bogota
    assert decide(at=TUESDAY_EVENING, urgency="urgent", language="fr").office == offices["los-angeles"]


def test_an_office_without_hours_covers_for_nobody(offices):
    offices["los-angeles"].hours.all().delete()
    assert decide(at=TUESDAY_EVENING, urgency="urgent").office == offices["abu-dhabi"]  # opens at 05:00 UTC
    for office in offices.values():
        office.hours.all().delete()
    assert decide(at=TUESDAY_EVENING, urgency="urgent").office == offices["mexico-city"]


# The coordinator.


def test_only_coordinators_of_the_office_who_are_there_take_requests(offices):
    mexico = offices["mexico-city"]
    for other in (
        {"roles": [Role.TRANSLATOR]}, {"roles": []}, {"is_active": False}, {"is_superuser": True}, {"is_staff": False},
        {"office": offices["abu-dhabi"]}, {"office": None},
    ):  # fmt: skip
        StaffFactory(**{"office": mexico} | other)
    assert decide().candidates == [] and choose() is None
    one = work_at(mexico, roles=[Role.TRANSLATOR, Role.COORDINATOR])
    assert choose() == one


def test_who_speaks_the_language_comes_before_who_knows_the_specialty_and_then_who_is_less_busy(offices, specialty):
    mexico = offices["mexico-city"]
    neither, knows = work_at(mexico), work_at(mexico)
    speaks, both = (work_at(mexico, speaks=["es"]) for _ in range(2))
    for user in (knows, both):
        user.specialties.add(specialty)
    loads = {neither: 0, knows: 5, speaks: 10, both: 20}
    candidates = decide(loads={user.pk: load for user, load in loads.items()}).candidates
    assert [candidate.user for candidate in candidates] == [both, speaks, knows, neither]
    assert [candidate.load for candidate in candidates] == [20, 10, 5, 0]
    assert choose(loads) == both
    assert choose(loads | {both: 25}) == speaks
    assert choose(loads, language="fr", specialty="oncology") == neither


def test_a_little_of_the_language_is_not_enough(offices):
    basic, professional = work_at(offices["mexico-city"]), work_at(offices["mexico-city"])
    StaffLanguage.objects.create(user=basic, language="es", level=Level.BASIC)
    StaffLanguage.objects.create(user=professional, language="es", level=Level.PROFESSIONAL)
    assert choose({professional: 24}) == choose({professional: 24}, language="es-mx") == professional


def test_busy_is_measured_by_what_one_can_carry(offices):
    half, full_time = work_at(offices["mexico-city"], capacity=4), work_at(offices["mexico-city"], capacity=40)
    assert choose({half: 1, full_time: 9}) == full_time
    assert choose({half: 0, full_time: 1}) == half
    assert choose() == half  # of two alike the one who came first


def test_when_nobody_has_room_nobody_is_named(offices):
    one, none = work_at(offices["mexico-city"], capacity=3), work_at(offices["mexico-city"], capacity=0)
    assert choose({one: 2}) == one
    assert choose({one: 3}) is None and choose({one: 4, none: 0}) is None
    assert [candidate.has_room for candidate in decide(loads={one.pk: 3}).candidates] == [False, False]


@pytest.mark.parametrize(("first", "last", "is_away"), [(-2, 0, True), (0, 3, True), (1, 3, False), (-3, -1, False)])
def test_who_is_away_is_passed_over(first, last, is_away, offices):
    away, other = work_at(offices["mexico-city"], speaks=["es"]), work_at(offices["mexico-city"])
    AbsenceFactory(user=away, starts_on=TODAY + timedelta(days=first), ends_on=TODAY + timedelta(days=last))
    assert choose() == (other if is_away else away)


def test_days_away_are_those_of_the_office(offices):
    one = work_at(offices["mexico-city"])
    AbsenceFactory(user=one, starts_on=date(2026, 3, 4), ends_on=date(2026, 3, 4))
    assert choose(at=TUESDAY_EVENING) == one  # the fourth by UTC, but still Tuesday there
    assert choose(at=TUESDAY_EVENING + timedelta(days=1)) is None


def test_of_a_given_office_the_best_coordinator_is_chosen(offices):
    best, other = work_at(offices["abu-dhabi"], speaks=["es"]), work_at(offices["abu-dhabi"])
    work_at(offices["mexico-city"], speaks=["es"])

    def chosen():
        return choose_coordinator(offices["abu-dhabi"], Need(**MEXICAN), at=WEDNESDAY_NOON)

    assert chosen() == best
    AbsenceFactory(user=best, starts_on=TODAY, ends_on=TODAY + timedelta(days=1))
    assert chosen() == other
    other.capacity = 0
    other.save()
    assert chosen() is None


def test_deciding_asks_the_database_nothing_once_the_rulebook_is_read(offices, django_assert_num_queries):
    work_at(offices["mexico-city"], speaks=["es"])
    RoutingRuleFactory(requirements=[RequirementFactory()], specialties=[SpecialtyFactory()])
    rulebook = read_rulebook()
    with django_assert_num_queries(0):
        assert rulebook.decide(Need(**MEXICAN, urgency="urgent"), at=WEDNESDAY_NOON, loads={}).coordinator


# Who stands in.


def away(user, stand_in=None, first=0, last=0):
    starts_on, ends_on = TODAY + timedelta(days=first), TODAY + timedelta(days=last)
    AbsenceFactory(user=user, starts_on=starts_on, ends_on=ends_on, stand_in=stand_in)


@pytest.fixture
def team(offices):
    return [work_at(offices["mexico-city"]) for _ in range(3)]


def test_nobody_stands_in_for_who_is_there(team):
    one, two, _three = team
    away(one, two, first=1, last=5)
    away(one, two, first=-5, last=-1)
    assert stand_in_for(one, TODAY) is None


def test_the_stand_in_or_the_stand_ins_own_does_the_work(team):
    one, two, three = team
    away(one, two, first=-1, last=1)
    assert stand_in_for(one, TODAY) == two
    away(two, three)
    assert stand_in_for(one, TODAY) == three
    assert stand_in_for(one, TODAY + timedelta(days=1)) == two


def test_nobody_stands_in_when_all_are_away(team):
    one, two, three = team
    away(one, two)
    away(two)
    assert stand_in_for(one, TODAY) is None
    assert stand_in_for(two, TODAY) is None
    away(three, one)
    assert stand_in_for(three, TODAY) is None


def test_two_who_stand_in_for_each_other_and_are_both_away_leave_nobody(team):
    one, two, _three = team
    away(one, two)
    away(two, one)
    assert stand_in_for(one, TODAY) is None and stand_in_for(two, TODAY) is None
