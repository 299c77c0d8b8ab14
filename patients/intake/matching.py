"""Possible duplicates: whether a patient is one who is known already. It only proposes; a person decides."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.directory.models import User
from offices.kit.transitions import require_transition
from offices.outbox.services import publish_event
from patients.intake.models import MATCH_TRANSITIONS, MatchState, Patient, PatientMatch, Sex
from patients.intake.names import NameLikeness, compare_names
from patients.intake.search import Contacts, contacts_of, identifiers_of, lexemes_of, with_lexemes

THRESHOLD, CERTAIN, LIKELY = 50, 85, 65
# Twins share nearly everything but the given name, so more than this is never said of two who differ in it.
MOST_WITH_OTHER_NAMES = 60
MOST_CANDIDATES = 200

POINTS = {
    "name_same": 42,
    "name_sounds": 32,
    "name_within": 30,
    "name_near": 26,
    "family_name": 18,
    "name_part": 16,
    "given_names": 12,
    "birth_date": 30,
    "birth_date_swapped": 20,
    "birth_date_near": 18,
    "passport": 45,
    "phone": 15,
    "email": 15,
    "nationality": 5,
    "residence": 3,
    "birth_date_differs": -25,
    "sex_differs": -20,
    "passport_differs": -10,
}
REASONS = {
    "name_same": _("The same name"),
    "name_sounds": _("The name sounds the same"),
    "name_within": _("One name is part of the other"),
    "name_near": _("The names are similar"),
    "family_name": _("The same family name"),
    "name_part": _("One of the names is the same"),
    "given_names": _("The same given name"),
    "birth_date": _("The same birth date"),
    "birth_date_swapped": _("The same birth date with day and month swapped"),
    "birth_date_near": _("A birth date that differs in one digit"),
    "passport": _("The same passport number"),
    "phone": _("The same phone number"),
    "email": _("The same e-mail address"),
    "nationality": _("The same nationality"),
    "residence": _("The same country of residence"),
    "birth_date_differs": _("Another birth date"),
    "sex_differs": _("Another sex"),
    "passport_differs": _("Another passport number"),
}
_LEXEME_REASONS = {"=p": "passport", "=t": "phone", "=e": "email"}
_NAME_REASONS = {
    NameLikeness.SAME: "name_same",
    NameLikeness.SOUNDS: "name_sounds",
    NameLikeness.WITHIN: "name_within",
    NameLikeness.NEAR: "name_near",
    NameLikeness.FAMILY: "family_name",
    NameLikeness.PART: "name_part",
    NameLikeness.GIVEN: "given_names",
}


class NoteMissing(Exception):
    """Whoever says that two records are of one person, or are not, must say why."""


_LINKED = """
WITH RECURSIVE link (one, other) AS (
    SELECT first_id, second_id FROM intake_patientmatch WHERE state = 'linked'
    UNION ALL SELECT second_id, first_id FROM intake_patientmatch WHERE state = 'linked'
), reached (patient, key) AS (
    SELECT key, key FROM unnest(%s::uuid[]) AS key
    UNION SELECT reached.patient, link.other FROM reached JOIN link ON link.one = reached.key
)
SELECT patient, key FROM reached
"""


@dataclass(frozen=True)
class Score:
    """`reasons` are keys of POINTS, with the points that each gave."""

    points: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def score_pair(one: Patient, other: Patient, contacts: Contacts, other_contacts: Contacts) -> Score:
    """How much speaks for the two being one person, 0 to 100."""
    likeness = compare_names(one, other)
    shared = identifiers_of(one, contacts) & identifiers_of(other, other_contacts)
    found = {_LEXEME_REASONS[lexeme[:2]] for lexeme in shared}
    found |= {_NAME_REASONS[likeness]} if likeness in _NAME_REASONS else set()
    found |= {_compare_dates(one.birth_date, other.birth_date)}
    found |= _further(one, other)
    if "passport" not in found and one.passport_number and other.passport_number:
        found |= {"passport_differs"} if one.nationality == other.nationality else set()
    reasons = {reason: points for reason, points in POINTS.items() if reason in found}
    points = sum(reasons.values())
    if likeness not in (NameLikeness.SAME, NameLikeness.SOUNDS, NameLikeness.WITHIN) and "passport" not in found:
        points = min(points, MOST_WITH_OTHER_NAMES)
    return Score(max(0, min(points, 100)), reasons)


def _further(one: Patient, other: Patient) -> set[str]:
    sexes = {one.sex, other.sex}
    checks = {
        "nationality": bool(one.nationality) and one.nationality == other.nationality,
        "residence": one.residence_country == other.residence_country,
        "sex_differs": len(sexes) == 2 and Sex.UNKNOWN not in sexes,
    }
    return {reason for reason, holds in checks.items() if holds}


def _compare_dates(one: date, other: date) -> str:
    if one == other:
        return "birth_date"
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return "birth_date_swapped"
    digits = zip(one.isoformat(), other.isoformat(), strict=True)
    return "birth_date_near" if sum(a != b for a, b in digits) == 1 else "birth_date_differs"


def near_dates(day: date) -> set[date]:
    """The day itself, the day with day and month swapped, and every day that differs in one digit."""
    digits = day.isoformat()
    texts = {digits, f"{digits[:4]}-{digits[8:]}-{digits[5:7]}"} | {
        f"{digits[:at]}{digit}{digits[at + 1 :]}" for at in (0, 1, 2, 3, 5, 6, 8, 9) for digit in "0123456789"
    }
    return {found for text in texts if (found := _date_of(text))}


def _date_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def candidates_for(patient: Patient, contacts: Contacts) -> list[Patient]:
    """Patients worth comparing, by the indexes alone: a word of the name and nearly the birth date, or a passport,
    phone or address; of each at most MOST_CANDIDATES, the newest."""
    lexemes, others = lexemes_of(patient, contacts), Patient.objects.exclude(pk=patient.pk).defer("search")
    born = others.filter(with_lexemes(lexemes.names | lexemes.sounds), birth_date__in=near_dates(patient.birth_date))
    found = {candidate.pk: candidate for candidate in born.order_by("-pk")[:MOST_CANDIDATES]}
    if identifiers := identifiers_of(patient, contacts):
        reached = others.filter(with_lexemes(identifiers)).order_by("-pk")[:MOST_CANDIDATES]
        found |= {candidate.pk: candidate for candidate in reached}
    return list(found.values())


@transaction.atomic
def propose_matches(patient: Patient) -> list[PatientMatch]:
    """Write down who may be the same person as `patient`; what was decided stays decided. Returns what is new."""
    own = contacts_of([patient.pk])[patient.pk]
    candidates = candidates_for(patient, own)
    contacts = contacts_of([candidate.pk for candidate in candidates])
    scores = {
        candidate.pk: score
        for candidate in candidates
        if (score := score_pair(patient, candidate, own, contacts[candidate.pk])).points >= THRESHOLD
    }
    known = {}
    for match in PatientMatch.objects.filter(_pair_with(patient, scores)):
        known[match.second_id if match.first_id == patient.pk else match.first_id] = match
    for key, match in known.items():
        _score_anew(match, scores[key])
    new = [_proposed(patient.pk, key, score) for key, score in scores.items() if key not in known]
    PatientMatch.objects.bulk_create(new, ignore_conflicts=True)
    return new


def _pair_with(patient: Patient, others: Iterable[UUID]) -> Q:
    others = list(others)
    return Q(first=patient, second__in=others) | Q(second=patient, first__in=others)


def _proposed(one, other, score: Score) -> PatientMatch:
    first, second = sorted([one, other])
    return PatientMatch(first_id=first, second_id=second, score=score.points, reasons=score.reasons)


def _score_anew(match: PatientMatch, score: Score) -> None:
    if match.state == MatchState.PROPOSED and match.reasons != score.reasons:
        match.score, match.reasons = score.points, score.reasons
        match.save(update_fields=["score", "reasons"])


@transaction.atomic
def decide_match(*, match: PatientMatch, state: str, actor: User, note: str) -> PatientMatch:
    """Say that the two are one person (`linked`) or two people (`dismissed`), and why.

    Raises NoteMissing, and IllegalTransition when it was decided meanwhile.
    """
    match = _locked(match)
    if state == MatchState.PROPOSED or not note.strip():
        raise NoteMissing
    return _move(match, state, actor, note, decided_by=actor, decided_at=timezone.now())


@transaction.atomic
def undo_match(*, match: PatientMatch, actor: User, note: str) -> PatientMatch:
    """Take a decision back, and say why; the pair is to be decided again.

    Raises NoteMissing, and IllegalTransition when nothing is decided.
    """
    match = _locked(match)
    if not note.strip():
        raise NoteMissing
    return _move(match, MatchState.PROPOSED, actor, note, decided_by=None, decided_at=None)


def _locked(match: PatientMatch) -> PatientMatch:
    return PatientMatch.objects.select_for_update(of=["self"]).select_related("first", "second").get(pk=match.pk)


def _move(match: PatientMatch, state: str, actor: User, note: str, **decision) -> PatientMatch:
    require_transition(MATCH_TRANSITIONS, match.state, state)
    before, match.state, match.note = match.state, state, note.strip()
    match.decided_by, match.decided_at = decision["decided_by"], decision["decided_at"]
    match.save(update_fields=["state", "note", "decided_by", "decided_at"])
    payload = {"match_id": str(match.pk), "from": before, "to": state, "actor_id": actor.pk}
    publish_event("match.undone" if state == MatchState.PROPOSED else "match.decided", payload)
    return match


def linked_with(patients: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """For each patient, the patient and all who are the same person, by way of others too. One query."""
    same = {patient: {patient} for patient in patients}
    with connection.cursor() as cursor:
        cursor.execute(_LINKED, [list(same)])
        for patient, key in cursor.fetchall():
            same[patient].add(key)
    return same
