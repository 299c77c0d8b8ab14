from collections import defaultdict
from datetime import timedelta

import pytest
import redis
from celery import current_app
from django.conf import settings
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
        self.given, self.dead, self.troubles = [], [], []

    def __call__(self, payload):
        if self.troubles:
            raise self.troubles.pop(0)
        self.given.append(payload)


@pytest.fixture
def subscriber(monkeypatch):
    subscriber = Subscriber()
    monkeypatch.setattr(subscriptions, "_handlers", defaultdict(dict))
    monkeypatch.setattr(subscriptions, "_on_dead", {})
    subscriptions.subscribe("test.happened", "test.subscriber", subscriber, on_dead=subscriber.dead.append)
    return subscriber


@pytest.fixture
def delivery(subscriber):
    return publish_event("test.happened", {"number": 1}).deliveries.get()


@pytest.fixture
def worker(monkeypatch):
    """Stands for a worker that takes each message at once: the options of each."""
    taken = []

    def take(name, args, **options):
        taken.append(options)
        current_app.tasks[name](*args)

    monkeypatch.setattr("offices.outbox.services.current_app.send_task", take)
    return taken


def fall_due():
    Delivery.objects.update(due_at=timezone.now(), leased_until=None)


def end_lease():
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def test_an_event_reaches_its_subscriber_once(delivery, subscriber, worker):
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
    end_lease()
    assert claim_delivery(delivery.pk)
    [lost] = delivery.attempts.all()
    assert not lost.succeeded and "worker ended" in lost.error


def test_what_ends_its_worker_each_time_is_given_up_at_last(delivery, subscriber):
    for _ in range(len(RETRY_DELAYS) + 1):
        assert claim_delivery(delivery.pk)
        end_lease()
    assert claim_delivery(delivery.pk) is None
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD and subscriber.dead == [{"number": 1}]
    assert delivery.attempts.count() == len(RETRY_DELAYS) + 1


@pytest.mark.parametrize("error", [None, OSError("no line"), PermanentError("no such address")])
def test_a_worker_that_lost_its_lease_changes_nothing(delivery, subscriber, monkeypatch, error):
    def outlive_the_lease(payload):
        end_lease()
        claim_delivery(delivery.pk)
        if error:
            raise error

    monkeypatch.setitem(subscriptions._handlers, "test.happened", {"test.subscriber": outlive_the_lease})
    make_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.PENDING and delivery.leased_until > timezone.now()
    assert delivery.tries == 2 and not subscriber.dead
    assert delivery.attempts.last().succeeded == (error is None), "how it ended is written down all the same"


def test_a_lease_outlasts_the_task():
    assert settings.OUTBOX_LEASE_SECONDS > settings.CELERY_TASK_TIME_LIMIT


def test_a_handler_that_may_take_longer_has_a_longer_limit_and_lease(
    subscriber, monkeypatch, django_capture_on_commit_callbacks
):
    taken = []
    monkeypatch.setattr(
        "offices.outbox.services.current_app.send_task", lambda name, args, **options: taken.append(options)
    )
    monkeypatch.setattr(subscriptions, "_seconds", {})
    subscriptions.subscribe("test.happened", "test.subscriber", subscriber, seconds=3000.0)
    with django_capture_on_commit_callbacks(execute=True):
        delivery = publish_event("test.happened", {}).deliveries.get()
    sweep()
    assert [options["time_limit"] for options in taken] == [3000.0, 3000.0]
    claim_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.leased_until > timezone.now() + timedelta(seconds=3000)


def test_no_handler_takes_longer_than_the_broker_waits():
    longest = max(subscriptions._seconds.values())
    assert settings.CELERY_TASK_TIME_LIMIT < longest < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def test_no_message_waits_in_the_queue_without_end(delivery, worker):
    sweep()
    assert worker == [{"retry": False, "expires": settings.OUTBOX_MESSAGE_SECONDS}]
    assert settings.CELERY_BEAT_SCHEDULE["outbox-sweep"]["options"]["expires"] == settings.OUTBOX_MESSAGE_SECONDS


def test_the_sweep_leaves_the_work_to_the_workers(delivery, subscriber):
    sweep()
    delivery.refresh_from_db()
    assert subscriber.given == [] and delivery.tries == 0


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
    assert delivery.state == DeliveryState.DEAD and subscriber.given == [] and subscriber.dead == [{"number": 1}]
    assert delivery.tries == len(RETRY_DELAYS) + 1
    assert Attempt.objects.filter(succeeded=False).count() == len(RETRY_DELAYS) + 1


def test_permanent_trouble_is_given_up_at_once_and_can_be_sent_again(delivery, subscriber, superuser, worker):
    subscriber.troubles = [PermanentError("no such address")]
    make_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD and subscriber.dead == [{"number": 1}]
    resend_delivery(delivery=delivery, actor=superuser)
    sweep()
    assert subscriber.given == [{"number": 1}]


def test_the_log_names_the_delivery_and_no_person(delivery, subscriber, caplog):
    subscriber.troubles = [OSError("maria@example.org"), PermanentError("maria@example.org")]
    make_delivery(delivery.pk)
    fall_due()
    make_delivery(delivery.pk)
    passing, given_up = caplog.records
    assert (passing.levelname, given_up.levelname) == ("WARNING", "ERROR")
    for record in passing, given_up:
        assert f"Delivery {delivery.pk} to test.subscriber" in record.getMessage()
    assert "OSError" in passing.getMessage() and "maria" not in caplog.text
    assert all("maria" in attempt.error for attempt in delivery.attempts.all())


def test_only_what_was_given_up_is_sent_again(delivery, superuser):
    with pytest.raises(IllegalTransition):
        resend_delivery(delivery=delivery, actor=superuser)


def test_a_subscriber_that_is_gone_is_given_up(delivery, monkeypatch):
    monkeypatch.setitem(subscriptions._handlers, "test.happened", {})
    make_delivery(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD and "No subscriber" in delivery.last_error


def test_a_broker_that_is_away_costs_nothing_but_time(
    subscriber, worker, monkeypatch, django_capture_on_commit_callbacks
):
    def away(*args, **kwargs):
        raise redis.ConnectionError("away")

    with monkeypatch.context() as outage, django_capture_on_commit_callbacks(execute=True):
        outage.setattr("offices.outbox.services.current_app.send_task", away)
        publish_event("test.happened", {"number": 2})
    assert subscriber.given == []
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

    def choose(self, client, *deliveries):
        chosen = {"action": "resend_chosen", "_selected_action": [delivery.pk for delivery in deliveries]}
        return client.post("/admin/outbox/delivery/", chosen, follow=True)

    def test_a_superuser_sends_again_several_from_the_list(self, delivery, subscriber, superuser, sign_in):
        other, waiting = (publish_event("test.happened", {"number": n}).deliveries.get() for n in (2, 3))
        subscriber.troubles = [PermanentError("no such address")] * 2
        for dead in delivery, other:
            make_delivery(dead.pk)
        answer = self.choose(sign_in(superuser), delivery, other, waiting)
        assert "It waits for a worker again" in answer.text and "Only a delivery that was given up" in answer.text
        for each in delivery, other, waiting:
            each.refresh_from_db()
            assert (each.state, each.tries) == (DeliveryState.PENDING, 0)

    def test_a_coordinator_has_no_way_in(self, delivery, subscriber, coordinator, sign_in):
        subscriber.troubles = [PermanentError("no such address")]
        make_delivery(delivery.pk)
        assert sign_in(coordinator).get(self.page(delivery)).status_code == 403
        assert sign_in(coordinator).post(self.page(delivery, "resend")).status_code == 403
        assert self.choose(sign_in(coordinator), delivery).status_code == 403
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.DEAD
