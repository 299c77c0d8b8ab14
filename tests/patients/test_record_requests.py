"""Asking a patient for records, reminding until they come, and noticing when they are there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from offices.kit.transitions import IllegalTransition
from offices.notifications.models import Notification
from offices.outbox.models import Delivery, Event
from offices.outbox.services import make_delivery
from patients.cases.models import RecordRequest, RecordRequestState, Stage
from patients.cases.record_requests import (
    CannotAsk,
    ask_for_records,
    end_request_of_closed,
    is_unanswered,
    recheck_document,
    recheck_match,
    remind_due,
    tell_of_undone_match,
    withdraw_request,
)
from patients.cases.services import advance_case
from patients.cases.tasks import remind_of_records
from patients.intake.matching import decide_match, undo_match
from patients.intake.models import MatchState, PatientMatch
from patients.records.confirming import confirm_document
from patients.records.documents import receive_document
from patients.records.models import DocumentKind, DocumentState
from patients.records.vault import store_bytes
from tests.factories import DocumentFactory, ReadinessRuleFactory, SpecialtyFactory, make_case, make_record_request

pytestmark = pytest.mark.django_db
# A Tuesday; the office works from Monday to Friday.
TUESDAY = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.fixture
def pathology():
    return ReadinessRuleFactory(name="Pathology report", why="It says what the tumour is.")


def mails(kind):
    return Notification.objects.filter(kind=kind)


def come_due(request, now=None):
    """Bring the request's next time to pass."""
    RecordRequest.objects.filter(pk=request.pk).update(remind_at=(now or timezone.now()) - timedelta(minutes=1))
    remind_due(now)
    request.refresh_from_db()


def test_the_patient_is_asked_by_mail_in_the_own_language(case, coordinator, pathology):
    pathology.name_es, pathology.why_es = "Informe de patología", "Dice qué es el tumor."
    pathology.save()
    request = ask_for_records(case=case, rules=[pathology], actor=coordinator, at=TUESDAY)
    assert [*request.items.all()] == [pathology] and request.state == RecordRequestState.OPEN
    (mail,) = mails("records_asked")
    assert (mail.to, mail.language, mail.about) == ("maria@example.org", "es", case.reference)
    for text in (mail.text, mail.html):
        assert "Informe de patología" in text and "Dice qué es el tumor." in text
        assert f"/es/cases/{case.reference}/" in text
    event = Event.objects.get(name="records.asked")
    assert event.payload == {
        "request_id": str(request.pk), "case_id": str(case.pk), "actor_id": coordinator.pk
    }  # fmt: skip


def test_a_second_click_asks_once(case, coordinator, pathology):
    first = ask_for_records(case=case, rules=[pathology], actor=coordinator)
    assert ask_for_records(case=case, rules=[pathology], actor=coordinator) == first
    assert mails("records_asked").count() == 1


def test_nobody_is_asked_for_nothing_nor_in_a_closed_case_nor_without_an_address(
    offices, specialty, coordinator, pathology
):
    case = make_case()
    with pytest.raises(CannotAsk):
        ask_for_records(case=case, rules=[], actor=coordinator)
    with pytest.raises(CannotAsk):
        ask_for_records(case=make_case(email=""), rules=[pathology], actor=coordinator)
    advance_case(case=case, to=Stage.CLOSED, actor=coordinator)
    with pytest.raises(CannotAsk):
        ask_for_records(case=case, rules=[pathology], actor=coordinator)
    assert not RecordRequest.objects.exists()


def test_reminders_follow_the_working_days_of_the_office(case, pathology):
    request = make_record_request(case, pathology, at=TUESDAY)
    times = [request.remind_at]
    while request.remind_at:
        assert remind_due(request.remind_at - timedelta(seconds=1)) == 0
        assert remind_due(request.remind_at) == 1
        request.refresh_from_db()
        times.append(request.remind_at)
    # Three days of work, four, seven; another seven before the coordinator is told.
    days = [at.date().isoformat() for at in times[:-1]]
    assert days == ["2026-11-27", "2026-12-03", "2026-12-14", "2026-12-23"]
    assert request.reminders == mails("records_reminder").count() == 3
    assert is_unanswered(request) and request.state == RecordRequestState.OPEN
    assert remind_due(TUESDAY + timedelta(days=400)) == 0


def test_an_office_without_hours_reminds_all_the_same(case, pathology):
    case.office.hours.all().delete()
    request = make_record_request(case, pathology, at=TUESDAY)
    assert TUESDAY + timedelta(days=3) <= request.remind_at <= TUESDAY + timedelta(days=7)


def test_a_reminder_names_only_what_still_lacks(case, pathology):
    imaging = ReadinessRuleFactory(code="mri", kind=DocumentKind.IMAGING, modalities="MR", name="MRI of the head")
    request = make_record_request(case, pathology, imaging)
    DocumentFactory(patient=case.patient, kind=DocumentKind.PATHOLOGY)
    come_due(request)
    (mail,) = mails("records_reminder")
    assert "MRI of the head" in mail.text and "Pathology report" not in mail.text


def test_who_sent_something_just_now_is_not_reminded_before_it_is_read(case, pathology):
    request = make_record_request(case, pathology)
    document = DocumentFactory(patient=case.patient, kind=DocumentKind.OTHER, state=DocumentState.RECEIVED)
    come_due(request)
    assert not mails("records_reminder").exists() and request.remind_at > timezone.now()
    document.received_at -= timedelta(days=2)
    document.save()
    come_due(request)
    assert mails("records_reminder").count() == 1


def test_the_coordinator_is_told_when_nothing_came_after_the_last_reminder(case, coordinator, pathology):
    case.coordinator = coordinator
    case.save()
    request = make_record_request(case, pathology)
    for _ in range(4):
        assert not mails("records_told").exists()
        come_due(request)
    (mail,) = mails("records_told")
    assert mail.to == coordinator.email and "3" in mail.text and str(case.pk) in mail.text
    assert Event.objects.filter(name="records.unanswered").count() == 1


def test_a_case_without_a_coordinator_is_the_offices(case, pathology):
    case.coordinator = None
    case.save()
    request = make_record_request(case, pathology)
    for _ in range(4):
        come_due(request)
    assert mails("records_told").get().to == case.office.email


def test_when_all_is_there_the_request_ends_and_the_coordinator_is_told(case, coordinator, pathology):
    case.coordinator = coordinator
    case.save()
    letter = ReadinessRuleFactory(code="letter", kind=DocumentKind.LETTER)
    request = make_record_request(case, pathology, letter)
    for kind, state in ((DocumentKind.PATHOLOGY, RecordRequestState.OPEN), (DocumentKind.LETTER, "fulfilled")):
        document = DocumentFactory(patient=case.patient, kind=kind)
        for _ in range(2):  # events come at least once
            recheck_document({"document_id": str(document.pk)})
        request.refresh_from_db()
        assert request.state == state
    assert request.ended_at and request.remind_at is None
    assert mails("records_told").get().to == coordinator.email
    assert Event.objects.filter(name="records.fulfilled").count() == 1


def test_a_file_that_is_read_to_the_end_ends_the_request(case, pathology):
    request = make_record_request(case, pathology)
    text = "Informe de patología. Biopsia de mama: carcinoma ductal infiltrante. Inmunohistoquímica: HER2 negativo."
    file = store_bytes(content=text.encode(), media_type="")
    receive_document(file=file, filename="informe de patologia.txt", patient=case.patient)
    while due := list(Delivery.objects.due().filter(event__name__startswith="document.")):
        assert all(make_delivery(delivery.pk) for delivery in due)
    request.refresh_from_db()
    assert request.state == RecordRequestState.FULFILLED


def test_a_kind_that_the_team_states_ends_the_request(case, coordinator, pathology):
    request = make_record_request(case, pathology)
    document = DocumentFactory(patient=case.patient, kind=DocumentKind.OTHER)
    confirm_document(document=document, kind=DocumentKind.PATHOLOGY, dated_on=None, actor=coordinator)
    event = Event.objects.get(name="document.confirmed")
    assert [delivery.subscriber for delivery in event.deliveries.all()] == ["cases.recheck_document"]
    recheck_document(event.payload)
    request.refresh_from_db()
    assert request.state == RecordRequestState.FULFILLED


def test_what_another_record_of_the_same_person_has_counts_once_they_are_linked(
    case, other_case, coordinator, pathology
):
    request = make_record_request(case, pathology)
    DocumentFactory(patient=other_case.patient, kind=DocumentKind.PATHOLOGY)
    first, second = sorted([case.patient, other_case.patient], key=lambda patient: patient.pk)
    match = PatientMatch.objects.create(first=first, second=second, score=90)
    recheck_match({"match_id": str(match.pk)})
    request.refresh_from_db()
    assert request.state == RecordRequestState.OPEN
    decide_match(match=match, state=MatchState.LINKED, actor=coordinator, note="The same passport.")
    event = Event.objects.get(name="match.decided")
    assert "cases.recheck_match" in [delivery.subscriber for delivery in event.deliveries.all()]
    recheck_match(event.payload)
    request.refresh_from_db()
    assert request.state == RecordRequestState.FULFILLED


def test_the_coordinator_is_told_when_the_record_that_counted_is_another_persons(
    case, other_case, coordinator, pathology
):
    request = make_record_request(case, pathology)
    DocumentFactory(patient=other_case.patient, kind=DocumentKind.PATHOLOGY)
    first, second = sorted([case.patient, other_case.patient], key=lambda patient: patient.pk)
    match = PatientMatch.objects.create(first=first, second=second, score=90)
    decide_match(match=match, state=MatchState.LINKED, actor=coordinator, note="The same passport.")
    recheck_match({"match_id": str(match.pk)})
    Notification.objects.all().delete()
    undo_match(match=match, actor=coordinator, note="Twins.")
    event = Event.objects.get(name="match.undone")
    assert "cases.tell_of_undone_match" in [delivery.subscriber for delivery in event.deliveries.all()]
    for _ in range(2):  # events come at least once
        tell_of_undone_match(event.payload)
    request.refresh_from_db()
    assert request.state == RecordRequestState.FULFILLED
    mail = mails("records_told").get()
    assert "no longer there" in mail.subject and str(case.pk) in mail.text
    assert Event.objects.get(name="records.doubted").payload["request_id"] == str(request.pk)


def test_an_undone_match_that_changes_nothing_is_told_to_nobody(case, other_case, coordinator, pathology):
    make_record_request(case, pathology)
    document = DocumentFactory(patient=case.patient, kind=DocumentKind.PATHOLOGY)
    recheck_document({"document_id": str(document.pk)})
    Notification.objects.all().delete()
    first, second = sorted([case.patient, other_case.patient], key=lambda patient: patient.pk)
    match = PatientMatch.objects.create(first=first, second=second, score=90)
    tell_of_undone_match({"match_id": str(match.pk)})
    assert not mails("records_told").exists()


def test_a_request_of_which_no_rule_is_left_is_withdrawn(case, other_case, pathology):
    other_pathway = ReadinessRuleFactory(code="other", name="Other")
    requests = [make_record_request(case, pathology), make_record_request(other_case, other_pathway)]
    pathology.delete()
    other_pathway.specialty = SpecialtyFactory(code="of-nobody")
    other_pathway.save()
    for request in requests:
        come_due(request)
        assert request.state == RecordRequestState.WITHDRAWN
    assert not mails("records_told").exists() and not mails("records_reminder").exists()
    assert Event.objects.filter(name="records.withdrawn").count() == 2


def test_nobody_is_reminded_of_what_is_only_being_checked(case, pathology):
    request = make_record_request(case, pathology)
    document = DocumentFactory(patient=case.patient, kind=DocumentKind.PATHOLOGY, state=DocumentState.CHECKED)
    document.received_at -= timedelta(days=2)
    document.save()
    come_due(request)
    assert not mails("records_reminder").exists() and not request.reminders
    assert request.state == RecordRequestState.OPEN and request.remind_at > timezone.now()


def test_documents_of_drafts_and_of_nobody_are_no_trouble(case, pathology):
    request = make_record_request(case, pathology)
    document = DocumentFactory(kind=DocumentKind.PATHOLOGY)
    recheck_document({"document_id": str(document.pk)})
    recheck_document({"document_id": str(request.pk)})
    request.refresh_from_db()
    assert request.state == RecordRequestState.OPEN


def test_a_withdrawn_request_reminds_nobody(case, coordinator, pathology):
    request = make_record_request(case, pathology)
    withdraw_request(request=request, actor=coordinator)
    come_due(request)
    assert request.state == RecordRequestState.WITHDRAWN and not mails("records_reminder").exists()
    with pytest.raises(IllegalTransition):
        withdraw_request(request=request, actor=coordinator)
    assert make_record_request(case, pathology) != request


def test_closed_cases_are_not_chased(case, coordinator, pathology):
    request = make_record_request(case, pathology)
    advance_case(case=case, to=Stage.CLOSED, actor=coordinator)
    event = Event.objects.get(name="case.advanced")
    assert "cases.end_request_of_closed" in [delivery.subscriber for delivery in event.deliveries.all()]
    for _ in range(2):
        end_request_of_closed(event.payload)
    request.refresh_from_db()
    assert request.state == RecordRequestState.WITHDRAWN
    assert not mails("records_told").exists()


def test_a_move_that_closes_nothing_ends_no_request(case, coordinator, pathology):
    request = make_record_request(case, pathology)
    advance_case(case=case, to=Stage.RECORDS, actor=coordinator)
    end_request_of_closed(Event.objects.get(name="case.advanced").payload)
    request.refresh_from_db()
    assert request.state == RecordRequestState.OPEN


def test_the_sweep_finds_a_closed_case_whose_event_was_lost(case, coordinator, pathology):
    request = make_record_request(case, pathology)
    advance_case(case=case, to=Stage.CLOSED, actor=coordinator)
    come_due(request)
    assert request.state == RecordRequestState.WITHDRAWN and not mails("records_reminder").exists()


def test_the_task_takes_all_that_is_due(offices, specialty, pathology):
    long_ago = timezone.now() - timedelta(days=30)
    for number in range(3):
        make_record_request(make_case(email=f"p{number}@example.org"), pathology, at=long_ago)
    make_record_request(make_case(), pathology)
    remind_of_records()
    assert mails("records_reminder").count() == 3
    remind_of_records()
    assert mails("records_reminder").count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_remind_once(case, pathology):
    make_record_request(case, pathology, at=timezone.now() - timedelta(days=30))

    def work(_number):
        try:
            return remind_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 1
    assert mails("records_reminder").count() == 1
