"""Asking a patient for records that lack, reminding by the office's working days, and noticing when all are there."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from offices.directory.models import User
from offices.kit.transitions import require_transition
from offices.notifications.services import queue_notification
from offices.outbox.models import Event
from offices.outbox.services import publish_event
from patients.cases.mails import notify_patient, readers_of
from patients.cases.models import RECORD_REQUEST_TRANSITIONS, Case, RecordRequest, RecordRequestState, Stage
from patients.cases.services import TEAM_LANGUAGE
from patients.intake.matching import linked_with
from patients.intake.models import MatchState, PatientMatch
from patients.records.models import Document, DocumentState, ReadinessRule
from patients.records.readiness import (
    NeededRecord,
    Readiness,
    RecordsNeed,
    RecordState,
    readiness_by_key,
)

# Business days of the office: before each reminder, and after the last one before the coordinator is told.
REMIND_AFTER = (3, 4, 7)
GIVE_UP_AFTER = 7
# What has just come is read before the patient is reminded of it.
READING_HOURS = 1
LONGEST_READING = timedelta(days=1)


class CannotAsk(Exception):
    """The case is closed, nobody would read the request, or nothing is asked for."""


def readiness_of_cases(cases: Iterable[Case], today: date | None = None) -> dict:
    """{key of the case: Readiness}, in the same number of queries for any number of cases."""
    needs = {
        case.pk: RecordsNeed(case.patient_id, case.care_request.specialty_id, case.care_request.pathway)
        for case in cases
    }
    return readiness_by_key(needs, today or timezone.localdate())


def readiness_of_case(case: Case, today: date | None = None) -> Readiness:
    return readiness_of_cases([case], today)[case.pk]


def asked_for(request: RecordRequest, readiness: Readiness | None = None) -> list[NeededRecord]:
    """How the records of the request stand now; what the rules no longer ask for is left out."""
    readiness = readiness or readiness_of_case(request.case)
    items = set(request.items.values_list("pk", flat=True))
    return [record for record in readiness.records if record.rule.pk in items]


def unanswered() -> Q:
    """Requests of which every reminder was sent, and the time after the last one has passed too."""
    return Q(state=RecordRequestState.OPEN, remind_at=None, reminders__gte=len(REMIND_AFTER))


def is_unanswered(request: RecordRequest) -> bool:
    """As `unanswered`, of one row."""
    is_open = request.state == RecordRequestState.OPEN
    return is_open and request.remind_at is None and request.reminders >= len(REMIND_AFTER)


@transaction.atomic
def ask_for_records(
    *, case: Case, rules: Iterable[ReadinessRule], actor: User, at: datetime | None = None
) -> RecordRequest:
    """Ask the patient by mail for the records of the rules, and remind by schedule. While a request is open, that one
    is returned as it is, so that a second click asks once.

    Raises CannotAsk.
    """
    case = (
        Case.objects.select_for_update(of=["self"])
        .select_related("care_request__specialty", "office", "patient", "account")
        .get(pk=case.pk)
    )
    if request := case.record_requests.filter(state=RecordRequestState.OPEN).first():
        return request
    rules, at = list(rules), at or timezone.now()
    if case.stage == Stage.CLOSED or not rules or not readers_of(case):
        raise CannotAsk
    remind_at = _after_days(case, at, REMIND_AFTER[0])
    request = RecordRequest.objects.create(case=case, asked_by=actor, asked_at=at, remind_at=remind_at)
    request.items.set(rules)
    publish_event("records.asked", _payload(request, actor))
    notify_patient(case, "records_asked", records=asked_for(request))
    return request


@transaction.atomic
def withdraw_request(*, request: RecordRequest, actor: User | None, at: datetime | None = None) -> RecordRequest:
    """No longer ask for these records; without an actor because the case was closed. Raises IllegalTransition."""
    request = _locked().get(pk=request.pk)
    _end(request, RecordRequestState.WITHDRAWN, at or timezone.now())
    publish_event("records.withdrawn", _payload(request, actor))
    return request


def recheck_document(payload: dict) -> None:
    """A document was read, or its kind or date stated: whoever was asked for it may have sent all."""
    document = Document.objects.filter(pk=payload["document_id"]).exclude(patient=None).first()
    if document:
        _recheck_person(document.patient_id)


def recheck_match(payload: dict) -> None:
    """Two patients are one person now: what the one has sent may be what the other was asked for."""
    match = PatientMatch.objects.filter(pk=payload["match_id"], state=MatchState.LINKED).first()
    if match:
        _recheck_person(match.first_id)


@transaction.atomic
def tell_of_undone_match(payload: dict) -> None:
    """Two patients are two people again: of what one was asked for, the other may have sent it. A request that has
    ended stays so; the coordinator is told, once for a request."""
    match = PatientMatch.objects.filter(pk=payload["match_id"], state=MatchState.PROPOSED).first()
    if match is None:
        return
    same = set().union(*linked_with([match.first_id, match.second_id]).values())
    ended = _locked().filter(state=RecordRequestState.FULFILLED, case__patient__in=same)
    for request in ended.exclude(case__stage=Stage.CLOSED).order_by("pk"):
        is_told = Event.objects.filter(name="records.doubted", payload__request_id=str(request.pk)).exists()
        if not is_told and any(record.lacks for record in asked_for(request)):
            publish_event("records.doubted", _payload(request, None))
            _tell_coordinator(request.case, outcome="doubted")


def _recheck_person(patient_id):
    requests = RecordRequest.objects.filter(
        state=RecordRequestState.OPEN, case__patient__in=linked_with([patient_id])[patient_id]
    )
    for pk in requests.values_list("pk", flat=True):
        recheck_request(pk)


@transaction.atomic
def recheck_request(pk) -> None:
    """End the open request when it is over."""
    if request := _locked().filter(pk=pk, state=RecordRequestState.OPEN).first():
        _end_if_over(request, timezone.now())


def end_request_of_closed(payload: dict) -> None:
    """A case was moved: once it is closed, nobody is asked any more."""
    if payload["to"] == Stage.CLOSED:
        requests = RecordRequest.objects.filter(case=payload["case_id"], state=RecordRequestState.OPEN)
        for pk in requests.values_list("pk", flat=True):
            recheck_request(pk)


def remind_due(now: datetime | None = None) -> int:
    """Take every request whose time has come, each in a transaction of its own; returns how many there were.

    A row that another worker holds is passed over, and one that is done has a later time: each mail goes once.
    """
    now, taken = now or timezone.now(), 0
    while _remind_next(now):
        taken += 1
    return taken


@transaction.atomic
def _remind_next(now) -> bool:
    due = _locked(skip_locked=True).filter(state=RecordRequestState.OPEN, remind_at__lte=now)
    request = due.order_by("remind_at", "pk").first()
    if request is None:
        return False
    if not _end_if_over(request, now):
        _remind(request, now)
    return True


def _remind(request, now):
    case, has_reminders_left = request.case, request.reminders < len(REMIND_AFTER)
    lacking = [record for record in asked_for(request) if record.lacks]
    if _is_being_read(case, now) or (has_reminders_left and not lacking):
        request.remind_at = now + timedelta(hours=READING_HOURS)
    elif has_reminders_left:
        request.reminders += 1
        days = (*REMIND_AFTER, GIVE_UP_AFTER)[request.reminders]
        request.remind_at = _after_days(case, now, days)
        notify_patient(case, "records_reminder", records=lacking)
    else:
        request.remind_at = None
        publish_event("records.unanswered", _payload(request, None))
        _tell_coordinator(case, outcome="unanswered")
    request.save(update_fields=["reminders", "remind_at"])


def _end_if_over(request, now) -> bool:
    """Whether the locked request is over: the case closed, nothing of it asked for by rules any more, or all there."""
    records = [] if request.case.stage == Stage.CLOSED else asked_for(request)
    if not records:
        _end(request, RecordRequestState.WITHDRAWN, now)
        publish_event("records.withdrawn", _payload(request, None))
        return True
    if any(record.state != RecordState.PRESENT for record in records):
        return False
    _end(request, RecordRequestState.FULFILLED, now)
    publish_event("records.fulfilled", _payload(request, None))
    _tell_coordinator(request.case, outcome="complete")
    return True


def _end(request, state, now):
    require_transition(RECORD_REQUEST_TRANSITIONS, request.state, state)
    request.state, request.ended_at, request.remind_at = state, now, None
    request.save(update_fields=["state", "ended_at", "remind_at"])


def _locked(*, skip_locked=False) -> QuerySet[RecordRequest]:
    return RecordRequest.objects.select_for_update(of=["self"], skip_locked=skip_locked).select_related(
        "case__care_request", "case__office", "case__patient", "case__coordinator", "case__account"
    )


def _is_being_read(case, now) -> bool:
    reading = Document.objects.filter(patient=case.patient_id, received_at__gt=now - LONGEST_READING)
    return reading.filter(state__in=[DocumentState.RECEIVED, DocumentState.CHECKED]).exists()


def _after_days(case, start, days) -> datetime:
    """In the office's working days; an office that names no hours counts a weekend to every five days."""
    try:
        return case.office.calendar.add_business_days(start, days)
    except ValueError:
        return start + timedelta(days=days + 2 * (days // 5 + 1))


def _payload(request, actor) -> dict:
    return {"request_id": str(request.pk), "case_id": str(request.case_id), "actor_id": actor and actor.pk}


def _tell_coordinator(case, *, outcome):
    """A mail to the coordinator, or to the office of a case that has none. `outcome`: complete, unanswered, doubted."""
    queue_notification(
        kind="records_told",
        to=case.coordinator.email if case.coordinator else case.office.email,
        language=case.coordinator.language if case.coordinator else TEAM_LANGUAGE,
        context={
            "reference": case.reference,
            "outcome": outcome,
            "reminders": len(REMIND_AFTER),
            "desk_url": settings.SITE_URL + reverse("admin:cases_case_change", args=[case.pk]),
        },
        office=case.office,
    )
