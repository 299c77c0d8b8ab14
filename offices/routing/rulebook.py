"""All that decides who takes a request, read once; deciding then asks the database nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from offices.directory.models import Absence, Level, Office, OfficeCountry, Specialty, User
from offices.directory.roles import Role
from offices.kit.clock import WorkingCalendar
from offices.kit.languages import desk_language
from offices.routing.models import Requirement, RequirementKind, RoutingRule
from offices.routing.needs import FOLLOWS_THE_SUN, Need


class NoOffice(Exception):
    """No rule and no office takes the request, and no office is the fallback."""

    def __init__(self):
        super().__init__(_("No office can take this request yet."))


@dataclass(frozen=True)
class Candidate:
    """A coordinator as seen by one request. `load` in open cases."""

    user: User
    load: int
    speaks: bool
    knows_specialty: bool
    is_away: bool

    @property
    def has_room(self) -> bool:
        return self.load < self.user.capacity

    @property
    def rank(self) -> tuple:
        """The lowest comes first: the right language, the specialty, then who is least busy."""
        return (not self.speaks, not self.knows_specialty, self.load / max(self.user.capacity, 1), self.user.pk)


def best_of(candidates: Iterable[Candidate]) -> User | None:
    """The best of those who are there and have room; None when nobody is."""
    free = [candidate for candidate in candidates if candidate.has_room and not candidate.is_away]
    return min(free, key=lambda candidate: candidate.rank).user if free else None


@dataclass(frozen=True)
class Decision:
    """`home` by the rules; `office` takes it now, another one when `home` is closed and the need follows the sun.

    `rule` named the home office; None when the countries served, the languages or the fallback did (`because`).
    """

    home: Office
    office: Office
    because: str
    rule: RoutingRule | None
    matching: Sequence[RoutingRule]
    requirements: Sequence[Requirement]
    candidates: Sequence[Candidate] = field(default=())

    @property
    def is_handed_over(self) -> bool:
        return self.office != self.home

    @property
    def coordinator(self) -> User | None:
        return best_of(self.candidates)


@dataclass(frozen=True)
class Rulebook:
    offices: Sequence[Office]
    rules: Sequence[RoutingRule]
    coordinators: Sequence[User]

    @cached_property
    def calendars(self) -> Mapping[int, WorkingCalendar]:
        return {office.pk: office.calendar for office in self.offices}

    @cached_property
    def _conditions(self):
        """Of each rule, the sets that country, language, specialty, pathway and urgency must be in; empty for any."""
        return [
            (
                rule,
                (
                    frozenset(rule.countries),
                    frozenset(rule.languages),
                    frozenset(specialty.code for specialty in rule.specialties.all()),
                    frozenset(rule.pathways),
                    frozenset(rule.urgencies),
                ),
            )
            for rule in self.rules
        ]

    def decide(self, need: Need, *, at: datetime, loads: Mapping[int, int]) -> Decision:
        """Who takes `need`, which arrived at `at` (aware); `loads` are open cases by key of user. Raises NoOffice."""
        matching = self.matching(need, at.astimezone(UTC).date())
        rule = next((rule for rule in matching if rule.office_id), None)
        home, because = (self._office(rule.office_id), "rule") if rule else self._home(need)
        required = {requirement.pk: requirement for rule in matching for requirement in rule.requirements.all()}
        # Where the law asks for a separate consent first, no further office reads the request before it is given.
        may_follow = all(
            requirement.kind != RequirementKind.CONSENT or requirement.code in need.consents
            for requirement in required.values()
        )
        office = self._covering(home, need, at) if may_follow and need.urgency in FOLLOWS_THE_SUN else home
        return Decision(
            home=home,
            office=office,
            because=because,
            rule=rule,
            matching=matching,
            requirements=sorted(required.values(), key=lambda requirement: (requirement.position, requirement.code)),
            candidates=self.candidates(office, need, at=at, loads=loads),
        )

    def matching(self, need: Need, day: date) -> list[RoutingRule]:
        """The rules in force on `day` (UTC) whose conditions the need meets, in their order."""
        facts = (need.country, desk_language(need.language), need.specialty, need.pathway, need.urgency)
        return [
            rule
            for rule, conditions in self._conditions
            if rule.valid_from <= day
            and (rule.valid_until is None or day < rule.valid_until)
            and all(not wanted or fact in wanted for fact, wanted in zip(facts, conditions, strict=True))
        ]

    def candidates(self, office: Office, need: Need, *, at: datetime, loads: Mapping[int, int]) -> list[Candidate]:
        """The coordinators of the office as this need sees them, the best first."""
        day, language = at.astimezone(office.zone).date(), desk_language(need.language)
        seen = [
            Candidate(
                user=user,
                load=loads.get(user.pk, 0),
                speaks=any(
                    spoken.language == language and spoken.level >= Level.PROFESSIONAL
                    for spoken in user.spoken_languages.all()
                ),
                knows_specialty=need.specialty in {specialty.code for specialty in user.specialties.all()},
                is_away=any(absence.starts_on <= day <= absence.ends_on for absence in user.absences.all()),
            )
            for user in self.coordinators
            if user.office_id == office.pk
        ]
        return sorted(seen, key=lambda candidate: candidate.rank)

    def _office(self, key: int) -> Office:
        return next(office for office in self.offices if office.pk == key)

    def _home(self, need: Need) -> tuple[Office, str]:
        """By country of residence, then by language, then the fallback; and which of them decided."""
        language = desk_language(need.language)
        serving = [o for o in self.offices if any(served.country.code == need.country for served in o.countries.all())]
        speaking = [office for office in serving or self.offices if language in office.languages]
        fallback = [office for office in self.offices if office.is_fallback]
        if serving:
            return (speaking or serving)[0], "country"
        if speaking and not any(office.is_fallback for office in speaking):
            return speaking[0], "language"
        if fallback:
            return fallback[0], "fallback"
        raise NoOffice

    def _covering(self, home: Office, need: Need, at: datetime) -> Office:
        """The office that is open first from `at` on; of several the home office, then one that speaks the language."""
        language = desk_language(need.language)
        openings = {}
        for office in self.offices:
            try:
                openings[office] = self.calendars[office.pk].next_opening(at)
            except ValueError:
                continue  # this office does not open within a year
        if not openings:
            return home
        return min(
            openings,
            key=lambda office: (openings[office], office != home, language not in office.languages, office.code),
        )


def read_rulebook() -> Rulebook:
    """The offices, all rules and the coordinators of today, with all that deciding reads."""
    countries = Prefetch("countries", OfficeCountry.objects.order_by("pk"))
    offices = Office.objects.with_calendar().prefetch_related(countries)
    rules = RoutingRule.objects.prefetch_related(
        Prefetch("specialties", Specialty.objects.only("pk", "code")), "requirements"
    )
    coordinators = User.objects.filter(
        is_staff=True, is_active=True, is_superuser=False, roles__contains=[Role.COORDINATOR]
    ).prefetch_related(
        "spoken_languages",
        Prefetch("specialties", Specialty.objects.only("pk", "code")),
        Prefetch("absences", Absence.objects.order_by("starts_on")),
    )
    return Rulebook(list(offices.order_by("code")), list(rules), list(coordinators.order_by("pk")))
