"""The people behind cases: who acts for a patient, and which patients are one person, as each reader may see them."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from offices.directory.models import User
from offices.directory.roles import Duty
from offices.directory.services import open_account
from offices.kit.languages import page_language
from offices.outbox.services import publish_event
from patients.cases.mails import notify_reader
from patients.cases.models import Case
from patients.intake.matching import CERTAIN, LIKELY, REASONS, linked_with
from patients.intake.models import MatchState, Patient, PatientMatch, Representative
from patients.intake.people import acting_for, represent
from patients.intake.search import index_patients


class CannotRepresent(Exception):
    """The address is that of a member of the team, or of an account that is closed."""


@dataclass(frozen=True)
class PossibleDuplicate:
    """`other` is None when its cases are not the reader's: then nothing is said but that there is one."""

    match: PatientMatch
    other: Patient | None


def patients_visible_to(user: User) -> QuerySet[Patient]:
    """The patients of the cases that the reader may see."""
    return Patient.objects.filter(Exists(Case.objects.visible_to(user).filter(patient=OuterRef("pk"))))


def matches_visible_to(user: User) -> QuerySet[PatientMatch]:
    """The pairs of which the reader may see both; who sees one alone does not decide."""
    seen = Case.objects.visible_to(user)
    return PatientMatch.objects.filter(
        Exists(seen.filter(patient=OuterRef("first"))), Exists(seen.filter(patient=OuterRef("second")))
    )


def matches_of(patients: QuerySet[Patient] | list) -> QuerySet[PatientMatch]:
    return PatientMatch.objects.filter(Q(first__in=patients) | Q(second__in=patients))


@transaction.atomic
def invite_representative(
    *, patient: Patient, email: str, name: str, relation: str, authority: str, language: str, actor: User
) -> Representative:
    """Let whoever reads mails at `email` act for the patient too, and say so by mail; one who does already stays.

    Raises CannotRepresent.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    case = patient.cases.select_related("care_request", "home_office", "office").order_by("-opened_at").first()
    account = open_account(
        email=email, name=name, language=language, time_zone=case.time_zone if case else actor.time_zone
    )
    if account.is_staff or account.is_superuser or not account.is_active:
        raise CannotRepresent
    if acting := acting_for(patient).filter(account=account).first():
        return acting
    representative = represent(patient=patient, account=account, relation=relation, authority=authority)
    index_patients([patient])
    payload = {"representative_id": str(representative.pk), "actor_id": actor.pk}
    publish_event("representation.started", payload)
    if case:
        language = page_language(account.language)
        notify_reader(case, "representative_added", email=account.email, language=language)
    return representative


def people_context(patient: Patient, reader: User, case: Case | None = None) -> dict:
    """What the desk shows of a patient's people; `case` is the one whose page it is, which it need not name again."""
    same = linked_with([patient.pk])[patient.pk]
    seen = patients_visible_to(reader).defer("search")
    linked = list(seen.filter(pk__in=same - {patient.pk}))
    cases = Case.objects.visible_to(reader).filter(patient__in=same).select_related("patient", "office")
    possible = possible_duplicates(patient, reader)
    return {
        "person": patient,
        "representatives": list(patient.representatives.select_related("account")),
        "linked": linked,
        "linked_elsewhere": len(same) - 1 - len(linked),
        "their_cases": [row for row in cases.order_by("-opened_at") if case is None or row.pk != case.pk],
        "possible": [duplicate for duplicate in possible if duplicate.other],
        "possible_elsewhere": any(duplicate.other is None for duplicate in possible),
        "may_manage_people": reader.may(Duty.MOVE_CASES),
    }


def possible_duplicates(patient: Patient, reader: User) -> list[PossibleDuplicate]:
    """Whom the patient may be the same person as, while nobody has decided."""
    found = []
    matches = list(matches_of([patient.pk]).filter(state=MatchState.PROPOSED))
    others = {match.second_id if match.first_id == patient.pk else match.first_id for match in matches}
    seen = patients_visible_to(reader).defer("search").in_bulk(others)
    for match in matches:
        other = match.second_id if match.first_id == patient.pk else match.first_id
        found.append(PossibleDuplicate(match, seen.get(other)))
    return found


def reason_lines(match: PatientMatch) -> list[tuple[str, int]]:
    """[(reason in words, its points)], the weightiest first."""
    lines = [(REASONS[code], points) for code, points in match.reasons.items() if code in REASONS]
    return sorted(lines, key=lambda line: -line[1])


def likelihood(score: int) -> str:
    """`certain`, `likely` or `possible`."""
    return "certain" if score >= CERTAIN else "likely" if score >= LIKELY else "possible"
