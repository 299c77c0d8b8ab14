"""Thousands of decisions held against a slow reading of the promises, over plain rows.

The oracle shares only the offices' calendars with the engine; these have an oracle of their own (test_clock).
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace as Row
from zoneinfo import ZoneInfo

import pytest

from offices.directory.models import Office, OfficeDay, StaffLanguage
from offices.directory.roles import Role
from offices.routing.needs import Need
from offices.routing.rulebook import NoOffice, read_rulebook
from tests.factories import (
    AbsenceFactory,
    OfficeFactory,
    RequirementFactory,
    RoutingRuleFactory,
    SpecialtyFactory,
    StaffFactory,
)

DECISIONS, WITHOUT_FALLBACK = 10_000, 1_000
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
BASIC, PROFESSIONAL, NATIVE = 1, 2, 3

WORK_WEEK = [(day, time(9), time(18)) for day in range(1, 6)]
OFFICES = [
    Row(
        code="abu-dhabi", time_zone="Asia/Dubai", languages=["ar", "en"], countries=["AE", "EG"], holidays="AE",
        hours=[*((day, time(8), time(17)) for day in range(1, 5)), (5, time(8), time(12))], own_days=[],
        is_fallback=False,
    ),
    Row(
        code="london", time_zone="Europe/London", languages=["en", "fr"], countries=["GB", "EG", "CN"], holidays="GB",
        hours=[(day, time(8, 30), time(17)) for day in range(1, 7)], own_days=[(date(2026, 6, 1), None, None)],
        is_fallback=False,
    ),
    Row(
        code="los-angeles", time_zone="America/Los_Angeles", languages=["en"], countries=["US"], holidays="US",
        hours=WORK_WEEK, own_days=[(date(2027, 7, 4), time(0), time(12))], is_fallback=True,
    ),
    Row(
        code="mexico-city", time_zone="America/Mexico_City", languages=["es", "en"], countries=["MX"], holidays="MX",
        hours=WORK_WEEK, own_days=[], is_fallback=False,
    ),
    Row(
        code="santiago", time_zone="America/Santiago", languages=["es", "pt-br"], countries=["CL"], holidays="",
        hours=[], own_days=[], is_fallback=False,
    ),
    Row(
        code="shanghai", time_zone="Asia/Shanghai", languages=["zh-hans", "zh-hant"], countries=["CN"], holidays="CN",
        hours=[(day, *span) for day in range(1, 6) for span in ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))],
        own_days=[(date(2026, 2, 14), time(9), time(12))], is_fallback=False,
    ),
]  # fmt: skip
COUNTRIES = ["MX", "CL", "AE", "EG", "GB", "US", "CN", "BR", "NO", "TW"]
# The tags that needs come with, and the language of the desk that each is a way to say.
TAGS = {
    "es": "es", "es-mx": "es", "es-419": "es", "en": "en", "en-GB": "en", "ar": "ar", "ar-eg": "ar", "fr": "fr",
    "fr-ca": "fr", "pt": "pt", "pt-pt": "pt", "pt-br": "pt-br", "zh": "zh-hans", "zh-hans": "zh-hans",
    "zh-cn": "zh-hans", "zh-tw": "zh-hant", "zh-hant-hk": "zh-hant", "no": "no", "mi": "mi",
}  # fmt: skip
SPECIALTIES = ["cardiology", "oncology", "neurology", "orthopaedics"]
PATHWAYS = ["in_person", "second_opinion", "transfer", "advice"]
CONSENT = "requirement-7"  # a separate consent, before which no further office reads the request
URGENCIES = ["routine", "urgent", "emergency"]


# The rows.


def some(rng, values, chance):
    """A few of the values, or none: any."""
    return rng.sample(values, rng.randint(1, min(4, len(values)))) if rng.random() < chance else []


def some_day(rng):
    return (FIRST + timedelta(days=rng.randrange((LAST - FIRST).days))).date()


def random_rules(rng):
    languages = sorted(set(TAGS.values()) - {"mi"})
    for number in range(40):
        starts = some_day(rng) if rng.random() < 0.6 else date(2020, 1, 1)
        yield Row(
            name=f"Rule {number}",
            position=rng.randrange(15),
            countries=some(rng, COUNTRIES, 0.9),
            languages=some(rng, languages, 0.5),
            specialties=some(rng, SPECIALTIES, 0.4),
            pathways=some(rng, PATHWAYS, 0.3),
            urgencies=some(rng, URGENCIES, 0.3),
            office=rng.choice(OFFICES).code if rng.random() < 0.35 else None,
            requirements=some(rng, [f"requirement-{n}" for n in range(8)], 0.7),
            starts=starts,
            ends=starts + timedelta(days=rng.randint(1, 400)) if rng.random() < 0.5 else None,
        )


def random_staff(rng):
    """25 coordinators, then people who never take a request."""
    languages = sorted(set(TAGS.values()) - {"mi"})
    others = [
        {"roles": [Role.TRANSLATOR, Role.OFFICE_MANAGER]},
        {"is_active": False},
        {"is_staff": False},
        {"is_superuser": True},
    ]
    for number in range(25 + len(others)):
        absences, day = [], some_day(rng)
        for _ in range(rng.randint(0, 12)):
            absences.append((day, day + timedelta(days=rng.randint(0, 30))))
            day = absences[-1][1] + timedelta(days=rng.randint(1, 60))
        yield Row(
            email=f"staff{number:02}@example.org",
            office=OFFICES[number % len(OFFICES)].code,
            capacity=rng.choice([0, 1, 2, 5, 25]),
            languages={code: rng.choice([BASIC, PROFESSIONAL, NATIVE]) for code in rng.sample(languages, 3)},
            specialties=rng.sample(SPECIALTIES, rng.randint(0, 2)),
            absences=absences,
            other=others[number - 25] if number >= 25 else {},
        )


def write(rules, staff, requirements):
    """The plain rows, as the database has them."""
    offices, specialties = {}, {code: SpecialtyFactory(code=code) for code in SPECIALTIES}
    for row in OFFICES:
        offices[row.code] = office = OfficeFactory(
            code=row.code, time_zone=row.time_zone, languages=row.languages, countries=row.countries,
            holiday_country=row.holidays, is_fallback=row.is_fallback, hours=row.hours,
        )  # fmt: skip
        if not row.hours:
            office.hours.all().delete()
        for day, opens_at, closes_at in row.own_days:
            OfficeDay.objects.create(office=office, day=day, opens_at=opens_at, closes_at=closes_at)
    required = {
        code: RequirementFactory(code=code, position=position, kind="consent" if code == CONSENT else "visa")
        for code, position in requirements.items()
    }
    for row in rules:
        RoutingRuleFactory(
            name=row.name, position=row.position, countries=row.countries, languages=row.languages,
            pathways=row.pathways, urgencies=row.urgencies, office=offices.get(row.office),
            valid_from=row.starts, valid_until=row.ends, specialties=[specialties[code] for code in row.specialties],
            requirements=[required[code] for code in row.requirements],
        )  # fmt: skip
    keys = {}
    for row in staff:
        user = StaffFactory(email=row.email, office=offices[row.office], capacity=row.capacity, **row.other)
        user.specialties.set([specialties[code] for code in row.specialties])
        StaffLanguage.objects.bulk_create(
            StaffLanguage(user=user, language=code, level=level) for code, level in row.languages.items()
        )
        for starts_on, ends_on in row.absences:
            AbsenceFactory(user=user, starts_on=starts_on, ends_on=ends_on)
        keys[row.email] = user.pk
    return keys


# The questions.


def changes_of_clocks():
    """The instants, to the hour, at which a clock of an office changed."""
    found = []
    for zone in {ZoneInfo(row.time_zone) for row in OFFICES}:
        hour = FIRST
        while hour < LAST:
            after = hour + timedelta(hours=1)
            if hour.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
                found.append(after)
            hour = after
    return found


def random_instant(rng, changes):
    """Any second of the two years, or near a change of a clock, or at a full or half hour where days and hours turn."""
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(changes) + timedelta(minutes=rng.randint(-1500, 1500))
    at = FIRST + timedelta(seconds=rng.randrange(int((LAST - FIRST).total_seconds())))
    return at.replace(minute=rng.choice([0, 30]), second=0) if kind < 0.5 else at


def random_need(rng):
    return Need(
        rng.choice(COUNTRIES), rng.choice(list(TAGS)), rng.choice(SPECIALTIES), rng.choice(PATHWAYS),
        rng.choices(URGENCIES, weights=[2, 1, 1])[0],
    )  # fmt: skip


# The oracle.


class Oracle:
    def __init__(self, rules, staff, requirements, calendars, *, has_fallback=True):
        self.rules, self.requirements, self.calendars = rules, requirements, calendars
        self.coordinators = [row for row in staff if not row.other]
        self.offices = {row.code: row for row in OFFICES}
        self.fallback = next((row for row in OFFICES if row.is_fallback), None) if has_fallback else None

    def answer(self, need, at, loads):
        """A flat row of all that a decision says; None when no office takes the need."""
        language = TAGS[need.language]
        matching = self.matching(need, language, at.astimezone(UTC).date())
        naming = [rule for rule in matching if rule.office]
        if naming:
            home, because = self.offices[naming[0].office], "rule"
        else:
            home, because = self.home(need.country, language)
            if home is None:
                return None
        required = {code for rule in matching for code in rule.requirements}
        stays = need.urgency == "routine" or CONSENT in required
        office = home if stays else self.open_first(home, language, at)
        candidates = self.candidates(office, language, need.specialty, at, loads)
        free = [row for row in candidates if row.has_room and not row.is_away]
        return {
            "home": home.code,
            "because": because,
            "rule": naming[0].name if naming else None,
            "matching": [rule.name for rule in matching],
            "requirements": sorted(required, key=lambda code: (self.requirements[code], code)),
            "office": office.code,
            "is_handed_over": office is not home,
            "candidates": [vars(row) for row in candidates],
            "coordinator": free[0].email if free else None,
        }

    def matching(self, need, language, day):
        found = []
        for rule in sorted(self.rules, key=lambda rule: rule.position):  # of one position: in order of creation
            if day < rule.starts or (rule.ends and day >= rule.ends):
                continue
            if rule.countries and need.country not in rule.countries:
                continue
            if rule.languages and language not in rule.languages:
                continue
            if rule.specialties and need.specialty not in rule.specialties:
                continue
            if rule.pathways and need.pathway not in rule.pathways:
                continue
            if rule.urgencies and need.urgency not in rule.urgencies:
                continue
            found.append(rule)
        return found

    def home(self, country, language):
        """Of the offices that serve the country one that speaks the language, else the first; where none serves it, the
        fallback when it speaks the language, else the first that does, else the fallback. First by code."""
        serving = [row for row in OFFICES if country in row.countries]
        for row in serving:
            if language in row.languages:
                return row, "country"
        if serving:
            return serving[0], "country"
        if self.fallback and language in self.fallback.languages:
            return self.fallback, "fallback"
        for row in OFFICES:
            if language in row.languages:
                return row, "language"
        return (self.fallback, "fallback") if self.fallback else (None, None)

    def open_first(self, home, language, at):
        working = [row for row in OFFICES if row.hours]
        is_open = [row for row in working if self.calendars[row.code].is_open(at)]
        if not is_open:
            soonest = {row.code: self.calendars[row.code].next_opening(at) for row in working}
            is_open = [row for row in working if soonest[row.code] == min(soonest.values())]
        if home in is_open:
            return home
        return next((row for row in is_open if language in row.languages), is_open[0])

    def candidates(self, office, language, specialty, at, loads):
        day = at.astimezone(ZoneInfo(office.time_zone)).date()
        rows = [
            Row(
                email=row.email,
                load=loads.get(row.email, 0),
                has_room=loads.get(row.email, 0) < row.capacity,
                speaks=row.languages.get(language, 0) >= PROFESSIONAL,
                knows_specialty=specialty in row.specialties,
                is_away=any(first <= day <= last for first, last in row.absences),
            )
            for row in self.coordinators
            if row.office == office.code
        ]
        capacity = {row.email: row.capacity or 1 for row in self.coordinators}
        rows.sort(key=lambda row: row.load / capacity[row.email])  # of one share: in order of creation
        rows.sort(key=lambda row: row.knows_specialty, reverse=True)
        rows.sort(key=lambda row: row.speaks, reverse=True)
        return rows


def said(decision):
    return {
        "home": decision.home.code,
        "because": decision.because,
        "rule": decision.rule.name if decision.rule else None,
        "matching": [rule.name for rule in decision.matching],
        "requirements": [requirement.code for requirement in decision.requirements],
        "office": decision.office.code,
        "is_handed_over": decision.is_handed_over,
        "candidates": [
            {
                "email": candidate.user.email,
                "load": candidate.load,
                "has_room": candidate.has_room,
                "speaks": candidate.speaks,
                "knows_specialty": candidate.knows_specialty,
                "is_away": candidate.is_away,
            }
            for candidate in decision.candidates
        ],
        "coordinator": decision.coordinator.email if decision.coordinator else None,
    }


def engine_answer(rulebook, need, at, loads):
    try:
        return said(rulebook.decide(need, at=at, loads=loads))
    except NoOffice:
        return None


@pytest.mark.slow
@pytest.mark.django_db
def test_ten_thousand_decisions_are_those_of_a_slow_reading_of_the_promises():
    rng = random.Random(20260302)
    rules, staff = list(random_rules(rng)), list(random_staff(rng))
    requirements = {f"requirement-{number}": rng.randrange(4) for number in range(8)}
    keys = write(rules, staff, requirements)
    calendars = {office.code: office.calendar for office in Office.objects.with_calendar()}
    zones = [UTC, *(ZoneInfo(row.time_zone) for row in OFFICES)]
    changes, rulebook, seen = changes_of_clocks(), read_rulebook(), []
    oracle = Oracle(rules, staff, requirements, calendars)

    def ask():
        need = random_need(rng)
        at = random_instant(rng, changes).astimezone(rng.choice(zones))  # one instant, whatever clock says it
        loads = {row.email: rng.randint(0, row.capacity + 2) for row in staff if rng.random() < 0.8}
        expected = oracle.answer(need, at, loads)
        answer = engine_answer(rulebook, need, at, {keys[email]: load for email, load in loads.items()})
        assert answer == expected, (need, at)
        return answer

    for _ in range(DECISIONS):
        seen.append(ask())
    assert {answer["because"] for answer in seen} == {"rule", "country", "language", "fallback"}
    assert {answer["office"] for answer in seen} == {row.code for row in OFFICES}  # the one without hours: routine
    for part in ("is_handed_over", "coordinator", "requirements", "rule"):
        share = sum(bool(answer[part]) for answer in seen) / DECISIONS
        assert 0.05 < share < 0.95, f"{part}: {share}"  # both happen often enough to say something

    Office.objects.update(is_fallback=False)
    rulebook, oracle = read_rulebook(), Oracle(rules, staff, requirements, calendars, has_fallback=False)
    seen = [ask() for _ in range(WITHOUT_FALLBACK)]
    assert None in seen and any(seen)
