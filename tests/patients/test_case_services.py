from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pgtrigger
import pytest
from django.db import InternalError, connection, transaction

from offices.directory.models import Specialty
from offices.kit.transitions import IllegalTransition
from offices.notifications.models import Notification
from offices.outbox.models import Delivery, Event
from offices.outbox.services import make_delivery
from offices.translation.services import release_translation, save_version
from patients.cases.models import STAGE_TRANSITIONS, Case, Stage
from patients.cases.services import NobodyReads, advance_case, post_message, record_call
from patients.intake.models import CareRequest, Consent
from patients.intake.services import SpecialtyNotOffered
from tests.factories import SpecialtyFactory, make_case

pytestmark = pytest.mark.django_db
FRIDAY_NOON = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)  # 12:00 in Mexico City


def test_a_request_opens_a_case_in_the_office_of_the_country(case):
    assert case.office.code == "mexico-city"
    assert case.stage == Stage.SUBMITTED
    assert case.account.email == "maria@example.org" and not case.account.has_usable_password()
    assert case.care_request.translation.source_text == "Tengo dolor en el pecho."
    assert Consent.objects.get(care_request=case.care_request).given_by == "María Núñez"
    assert Event.objects.filter(name="case.opened").count() == 1


def test_an_unserved_country_goes_by_language_and_then_to_the_fallback(offices, specialty):
    assert make_case(country="EG", language="ar").office.code == "abu-dhabi"
    assert make_case(country="NO", language="no").office.code == "los-angeles"


def test_the_answer_is_promised_within_one_working_day_of_the_office(offices, specialty):
    case = make_case(at=FRIDAY_NOON)
    assert case.answer_due_at == datetime(2026, 3, 9, 18, 0, tzinfo=UTC)  # Monday 12:00


def test_references_count_up_within_the_year(offices, specialty):
    first, second = make_case(at=FRIDAY_NOON), make_case(at=FRIDAY_NOON)
    assert (first.reference, second.reference) == ("CI-2026-000001", "CI-2026-000002")
    assert make_case(at=FRIDAY_NOON.replace(year=2027)).reference == "CI-2027-000001"


def test_the_same_submission_again_is_the_same_case(offices, specialty):
    submission_id = uuid4()
    assert make_case(submission_id=submission_id) == make_case(submission_id=submission_id)
    assert CareRequest.objects.count() == Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_submission_at_the_same_moment_is_one_case(offices, specialty):
    submission_id = uuid4()

    def submit(_):
        try:
            return make_case(submission_id=submission_id, specialty=specialty).reference
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        references = set(pool.map(submit, range(4)))
    assert len(references) == Case.objects.count() == CareRequest.objects.count() == 1


def test_a_specialty_that_is_not_offered_cannot_be_asked_for(offices):
    with pytest.raises(SpecialtyNotOffered):
        make_case(specialty=SpecialtyFactory(code="dental", is_offered=False))
    assert not Case.objects.exists() and Specialty.objects.count() == 1


def test_the_confirmation_is_in_the_patients_language_and_holds_no_health_details(case):
    mail = Notification.objects.get(kind="request_received")
    assert (mail.language, mail.to, mail.about) == ("es", "maria@example.org", case.reference)
    assert f"/es/cases/{case.reference}/" in mail.text and case.reference in mail.text
    assert "pecho" not in mail.text + mail.html + mail.subject


@pytest.mark.parametrize("before", Stage)
def test_every_pair_of_stages_is_allowed_or_refused_by_service_and_database_alike(before, case, coordinator):
    for after in Stage:
        with pgtrigger.ignore("cases.Case:stage_moves"):
            Case.objects.filter(pk=case.pk).update(stage=before)
        if after in STAGE_TRANSITIONS[before]:
            assert advance_case(case=case, to=after, actor=coordinator).stage == after
            continue
        with pytest.raises(IllegalTransition):
            advance_case(case=case, to=after, actor=coordinator)
        if before != after:
            with (
                pytest.raises(InternalError, match="Invalid transition"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute("UPDATE cases_case SET stage = %s WHERE id = %s", [after, case.pk])


def test_a_move_is_told_to_the_patient_and_kept_in_the_history(case, coordinator):
    advance_case(case=case, to=Stage.RECORDS, actor=coordinator)
    assert Notification.objects.filter(kind="stage_changed", language="es").count() == 1
    assert Event.objects.get(name="case.advanced").payload["to"] == "records"
    history = case.events.order_by("pgh_id").values_list("stage", flat=True)
    assert [*history] == ["submitted", "records"]


def test_nobody_moves_a_case_that_a_colleague_has_just_moved(case, coordinator):
    advance_case(case=case, to=Stage.RECORDS, actor=coordinator)
    with pytest.raises(IllegalTransition):
        advance_case(case=case, to=Stage.CLINICAL_REVIEW, actor=coordinator, seen=Stage.SUBMITTED)


def test_the_first_answer_keeps_the_promise_and_names_the_coordinator(case, coordinator, other_coordinator):
    first = post_message(case=case, author=coordinator, text="Buenos días.", language="es")
    post_message(case=case, author=other_coordinator, text="Hola.", language="es")
    case.refresh_from_db()
    assert (case.first_answered_at, case.coordinator) == (first.sent_at, coordinator)
    assert first.translation is None
    assert Notification.objects.filter(kind="message_received").count() == 2


def test_nothing_is_written_where_nobody_reads_and_a_call_keeps_the_promise(offices, specialty, coordinator):
    case = make_case(email="")
    with pytest.raises(NobodyReads):
        post_message(case=case, author=coordinator, text="Hola.", language="es")
    case.refresh_from_db()
    assert case.first_answered_at is None and not case.messages.exists()
    record_call(case=case, actor=coordinator)
    case.refresh_from_db()
    first = case.first_answered_at
    assert first and case.coordinator == coordinator
    record_call(case=case, actor=coordinator)
    case.refresh_from_db()
    assert case.first_answered_at == first and Event.objects.filter(name="case.called").count() == 2


def test_what_the_team_writes_in_english_goes_to_the_translation_desk(case, coordinator):
    job = post_message(case=case, author=coordinator, text="Good morning.", language="en").translation
    assert (job.source_language, job.target_language) == ("en", "es")


def test_the_patient_is_told_again_when_the_translation_of_a_message_is_released(case, coordinator, reviewer):
    message = post_message(case=case, author=coordinator, text="Good morning.", language="en")
    request = case.care_request.translation
    for job in (message.translation, request):
        save_version(job=job, text="Buenos días.", actor=reviewer)
        release_translation(job=job, actor=reviewer)
    told = Notification.objects.filter(kind="message_received")
    assert told.count() == 1
    for delivery in Delivery.objects.filter(subscriber="cases.tell_of_translation"):
        assert make_delivery(delivery.pk)
    assert told.count() == 2


def test_what_the_patient_writes_is_translated_for_the_team_and_mails_nobody(case, patient):
    message = post_message(case=case, author=patient, text="Gracias.", language="es")
    case.refresh_from_db()
    assert message.from_patient and message.translation.target_language == "en"
    assert case.first_answered_at is None
    assert not Notification.objects.filter(kind="message_received").exists()


def test_a_message_sent_twice_is_written_once(case, coordinator):
    message_id = uuid4()
    for _ in range(2):
        post_message(case=case, author=coordinator, text="Hola.", language="es", message_id=message_id)
    assert case.messages.count() == 1


def test_whose_turn_it_is(case, patient, coordinator):
    def waits_for_us():
        return Case.objects.waiting_for_us().get(pk=case.pk).waits_for_us

    assert waits_for_us()
    post_message(case=case, author=coordinator, text="Hola.", language="es")
    assert not waits_for_us()
    post_message(case=case, author=patient, text="Gracias.", language="es")
    assert waits_for_us()
    advance_case(case=case, to=Stage.CLOSED, actor=coordinator)
    assert not waits_for_us()
    post_message(case=case, author=patient, text="¿Por qué se cerró?", language="es")
    assert waits_for_us()


def test_each_sees_only_what_is_theirs(
    case, other_case, patient, other_patient, coordinator, other_coordinator, superuser
):
    def seen(user):
        return set(Case.objects.visible_to(user))

    assert seen(patient) == seen(coordinator) == {case}
    assert seen(other_patient) == seen(other_coordinator) == {other_case}
    assert seen(superuser) == {case, other_case}
    coordinator.office = None
    assert seen(coordinator) == set()
    patient.is_active = False
    assert seen(patient) == set()
