"""The same referral sent again, or twice at the same time, is one referral."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import connection, transaction
from django.test import Client

from offices.directory.models import Specialty
from offices.notifications.models import Notification
from partners.referrals.models import IdempotencyRecord, Referral
from patients.cases.models import Case
from patients.cases.services import advance_case
from tests.partners.systems import PartnerSystem, assert_problem, referral_body

pytestmark = pytest.mark.django_db
PATIENCE = 30


def assert_made_once():
    assert Referral.objects.count() == Case.objects.count() == 1
    assert Notification.objects.filter(kind="request_received").count() == 1


def test_the_same_again_is_answered_with_the_referral_that_is_there(partner):
    first, second = partner.refer(), partner.refer()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json() and first["Location"] == second["Location"]
    assert "Idempotency-Replayed" not in second.headers
    assert_made_once()


def test_the_same_again_tells_how_it_stands_now(partner, coordinator):
    partner.refer()
    advance_case(case=Case.objects.get(), to="records", actor=coordinator)
    assert partner.refer().json()["stage"] == "records"


def test_the_order_of_the_members_does_not_matter(partner):
    partner.refer()
    assert partner.refer(dict(reversed(referral_body().items()))).status_code == 200


@pytest.mark.parametrize("change", [{"urgency": "urgent"}, {"patient": {"sex": "other"}}, {"clinical_summary": "Más."}])
def test_another_referral_under_the_same_reference_is_refused(change, partner):
    partner.refer()
    assert_problem(partner.refer(referral_body(**change)), "partner_reference_in_use")
    assert_made_once()


def test_the_same_reference_at_another_institution_is_another_referral(partner, other_partner):
    mine, theirs = partner.refer(), other_partner.refer(Idempotency_Key="k-1")
    assert mine.status_code == theirs.status_code == 201 and mine.json()["id"] != theirs.json()["id"]
    assert Case.objects.count() == 2


def test_a_specialty_that_is_offered_no_more_does_not_hide_what_was_referred(partner):
    told = partner.refer().json()
    Specialty.objects.update(is_offered=False)
    assert partner.refer().json() == told


def test_a_key_gets_the_very_answer_of_the_first_time(partner, coordinator):
    first = partner.refer(Idempotency_Key="k-1")
    advance_case(case=Case.objects.get(), to="records", actor=coordinator)
    again = partner.refer(Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content and first["Location"] == again["Location"]
    assert "Idempotency-Replayed" not in first.headers and again["Idempotency-Replayed"] == "true"
    assert_made_once()


def test_a_key_remembers_also_that_the_referral_was_there_already(partner):
    partner.refer()
    answers = [partner.refer(Idempotency_Key="k-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]


@pytest.mark.parametrize("change", [{"partner_reference": "HSJ-2"}, {"urgency": "urgent"}])
def test_a_key_with_another_body_is_refused(change, partner):
    partner.refer(Idempotency_Key="k-1")
    assert_problem(partner.refer(referral_body(**change), Idempotency_Key="k-1"), "idempotency_key_reused")
    assert_made_once()


def test_a_key_is_used_up_by_no_refusal(partner):
    assert_problem(partner.refer(referral_body(urgency="soon"), Idempotency_Key="k-1"), "validation_failed")
    partner.refer()
    assert_problem(partner.refer(referral_body(urgency="urgent"), Idempotency_Key="k-1"), "partner_reference_in_use")
    assert not IdempotencyRecord.objects.exists()
    assert partner.refer(referral_body(partner_reference="HSJ-2"), Idempotency_Key="k-1").status_code == 201


def test_keys_of_two_institutions_do_not_meet(partner, other_partner):
    answers = [system.refer(Idempotency_Key="k-1") for system in (partner, other_partner)]
    assert [answer.status_code for answer in answers] == [201, 201]


@pytest.mark.parametrize("key", ["", " ", "two words", "ñ", "k\t1", "k" * 256])
def test_a_key_that_is_none_is_refused(key, partner):
    assert_problem(partner.refer(Idempotency_Key=key), "invalid_idempotency_key")
    assert not Case.objects.exists()


@pytest.mark.parametrize("key", ["k", '"quoted"', "8e03978e-40d5-43dd-bc93-6894a57f9324", "k" * 255])
def test_a_key_is_any_visible_ascii(key, partner):
    assert partner.refer(Idempotency_Key=key).status_code == 201
    assert partner.refer(Idempotency_Key=key)["Idempotency-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_a_key_in_flight_is_told_to_come_again(partner):
    answered, go_on = Event(), Event()

    def first():
        """The first request, which does not end before `go_on`."""
        try:
            with transaction.atomic():
                answer = PartnerSystem(Client(), partner.headers).refer(Idempotency_Key="k-1")
                answered.set()
                assert go_on.wait(PATIENCE)
            return answer
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        flight = pool.submit(first)
        assert answered.wait(PATIENCE)
        try:
            second = partner.refer(Idempotency_Key="k-1")
        finally:
            go_on.set()
        assert flight.result(PATIENCE).status_code == 201
    assert_problem(second, "idempotency_in_flight")
    assert second["Retry-After"] == "1"
    third = partner.refer(Idempotency_Key="k-1")
    assert third.status_code == 201 and third["Idempotency-Replayed"] == "true"
    assert_made_once()


def refer_at_once(partner, bodies):
    """The answers to `bodies`, each sent by a thread of its own at the same time."""
    barrier = Barrier(len(bodies))

    def send(body):
        try:
            barrier.wait(PATIENCE)
            return PartnerSystem(Client(), partner.headers).refer(body)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies, timeout=PATIENCE))


@pytest.mark.django_db(transaction=True)
def test_the_same_reference_at_the_same_time_makes_one_referral(partner):
    answers = refer_at_once(partner, [referral_body()] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.content for answer in answers}) == 1
    assert_made_once()


@pytest.mark.django_db(transaction=True)
def test_two_referrals_under_one_reference_at_the_same_time_are_one_and_a_refusal(partner):
    answers = refer_at_once(partner, [referral_body(), referral_body(urgency="urgent")])
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert_made_once()
