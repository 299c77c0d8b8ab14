from datetime import timedelta

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from offices.kit.transitions import IllegalTransition
from offices.outbox import subscriptions
from offices.outbox.errors import PermanentError
from offices.outbox.models import Attempt, Delivery, DeliveryState, Event
from offices.outbox.services import RETRY_DELAYS, claim_delivery, make_delivery, publish_event, resend_delivery
from offices.outbox.tasks import sweep

pytestmark = pytest.mark.django_db


class Subscriber:
    """Keeps what it is given; raises the errors of `troubles`, one a call."""

    def __init__(self):
        self.given, self.troubles = [], []

    def __call__(self, payload):
        if self.troubles:
            raise self.troubles.pop(0)
        self.given.append(payload)


@pytest.fixture
def subscriber(monkeypatch):
    subscriber = Subscriber()
    monkeypatch.setitem(subscriptions._handlers, "test.happened", {"test.subscriber": subscriber})
    return subscriber


@pytest.fixture
def delivery(subscriber):
    return publish_event("test.happened", {"number": 1}).deliveries.get()


def fall_due():
    Delivery.objects.update(due_at=timezone.now(), leased_until=None)


def test_an_event_reaches_its_subscriber_once(delivery, subscriber):
    assert make_delivery(delivery.pk) and not make_delivery(delivery.pk)
    sweep()
    delivery.refresh_from_db()
    assert subscriber.given == [{"number": 1}] and delivery.state == DeliveryState.DONE


def test_an_event_that_is_rolled_back_never_was(subscriber):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish_event("test.happened", {})
        raise ZeroDivisionError
    assert not Event.objects.exists() and not Delivery.objects.exists()


def test_a_leased_delivery_is_nobody_elses_until_the_lease_ends(delivery):
    assert claim_delivery(delivery.pk) and claim_delivery(delivery.pk) is None
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert claim_delivery(delivery.pk)


def test_passing_trouble_is_tried_again_later_and_given_up_at_last(delivery, subscriber):
    subscriber.troubles = [OSError("no line")] * (len(RETRY_DELAYS) + 1)
    for delay in RETRY_DELAYS:
        before = timezone.now()
        assert not make_delivery(delivery.pk)
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.PENDING and "no line" in delivery.last_error
        assert timedelta(0) <= delivery.due_at - before - timedelta(seconds=delay) < timedelta(seconds=60)
        assert not make_delivery(delivery.pk), "it is not due yet"
        fall_due()
    make_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD and subscriber.given == []
    assert Attempt.objects.filter(succeeded=False).count() == len(RETRY_DELAYS) + 1


def test_permanent_trouble_is_given_up_at_once_and_can_be_sent_again(delivery, subscriber, superuser):
    subscriber.troubles = [PermanentError("no such address")]
    make_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD
    resend_delivery(delivery=delivery, actor=superuser)
    sweep()
    assert subscriber.given == [{"number": 1}]


def test_only_what_was_given_up_is_sent_again(delivery, superuser):
    with pytest.raises(IllegalTransition):
        resend_delivery(delivery=delivery, actor=superuser)


def test_a_subscriber_that_is_gone_is_given_up(delivery, monkeypatch):
    monkeypatch.setitem(subscriptions._handlers, "test.happened", {})
    make_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD and "No subscriber" in delivery.last_error


def test_a_broker_that_is_away_costs_nothing_but_time(subscriber, monkeypatch, django_capture_on_commit_callbacks):
    def away(*args, **kwargs):
        raise redis.ConnectionError("away")

    monkeypatch.setattr("offices.outbox.services.current_app.send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        publish_event("test.happened", {"number": 2})
    sweep()
    assert subscriber.given == [{"number": 2}]


class TestAdmin:
    def page(self, delivery, name="change"):
        return f"/admin/outbox/delivery/{delivery.pk}/{name}/"

    def test_a_superuser_sends_again_what_was_given_up(self, delivery, subscriber, superuser, sign_in):
        subscriber.troubles = [PermanentError("no such address")]
        make_delivery(delivery.pk)
        client = sign_in(superuser)
        assert "no such address" in client.get(self.page(delivery)).text
        client.post(self.page(delivery, "resend"))
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.PENDING

    def test_nothing_else_is_sent_again(self, delivery, superuser, sign_in):
        answer = sign_in(superuser).post(self.page(delivery, "resend"), follow=True)
        assert "Only a delivery that was given up" in answer.text

    def test_a_coordinator_has_no_way_in(self, delivery, subscriber, coordinator, sign_in):
        subscriber.troubles = [PermanentError("no such address")]
        make_delivery(delivery.pk)
        assert sign_in(coordinator).get(self.page(delivery)).status_code == 403
        assert sign_in(coordinator).post(self.page(delivery, "resend")).status_code == 403
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.DEAD
