"""Publishing events, claiming and making deliveries, and bringing dead ones back."""

import logging
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from offices.kit.transitions import require_transition
from offices.outbox import subscriptions
from offices.outbox.errors import PermanentError
from offices.outbox.models import DELIVERY_TRANSITIONS, Attempt, Delivery, DeliveryState, Event

log = logging.getLogger(__name__)

# Seconds before the next try. After the last the delivery is dead.
RETRY_DELAYS = (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600)


@transaction.atomic
def publish_event(name: str, payload: dict) -> Event:
    """Write the event and a delivery for each subscriber in the caller's transaction; nudge a worker on commit.

    The nudge may be lost with the broker: the beat sweep is the guarantee.
    """
    event = Event.objects.create(name=name, payload=payload)
    deliveries = Delivery.objects.bulk_create(
        Delivery(event=event, subscriber=subscriber) for subscriber in subscriptions.subscribers(name)
    )
    for delivery in deliveries:
        transaction.on_commit(lambda delivery=delivery: nudge(delivery.pk, name, delivery.subscriber))
    return event


def nudge(delivery_id: int, event_name: str, subscriber: str) -> None:
    """Ask a worker for it now. What no worker takes in time expires in the queue, and a later sweep asks again."""
    options = {"retry": False, "expires": settings.OUTBOX_MESSAGE_SECONDS}
    if seconds := subscriptions.seconds_of(event_name, subscriber):
        options["time_limit"] = seconds
    try:
        current_app.send_task("offices.outbox.tasks.deliver", (delivery_id,), **options)
    except Exception as error:  # whatever the broker's trouble is, the row is committed and the sweep finds it
        log.warning("The broker did not take delivery %s (%s); the sweep will.", delivery_id, error)


def claim_delivery(delivery_id: int) -> Delivery | None:
    """Lease a due delivery for `lease_of` it; None when it is done, not due, given up, or another worker has it.

    The try counts from here, so that a delivery whose handler ends its worker is given up at last.
    """
    now = timezone.now()
    with transaction.atomic():
        delivery = (
            Delivery.objects.due(now).select_for_update(skip_locked=True, of=["self"]).filter(pk=delivery_id).first()
        )
        if delivery is None:
            return None
        lease = lease_of(delivery)
        if delivery.leased_until:
            delivery.last_error = "The worker ended before it was done."
            started_at = delivery.leased_until - lease
            Attempt.objects.create(delivery=delivery, started_at=started_at, succeeded=False, error=delivery.last_error)
            if delivery.tries > len(RETRY_DELAYS):
                _give_up(delivery)
                return None
        delivery.tries += 1
        delivery.leased_until = now + lease
        delivery.save(update_fields=["tries", "leased_until", "last_error"])
    return delivery


def lease_of(delivery: Delivery) -> timedelta:
    """OUTBOX_LEASE_SECONDS, and as much more as its handler may take longer than any task."""
    seconds = subscriptions.seconds_of(delivery.event.name, delivery.subscriber) or settings.CELERY_TASK_TIME_LIMIT
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + max(0, seconds - settings.CELERY_TASK_TIME_LIMIT))


def make_delivery(delivery_id: int) -> bool:
    """Claim the delivery, call its handler outside any transaction, and record the attempt. True when it is done."""
    delivery = claim_delivery(delivery_id)
    if delivery is None:
        return False
    started_at, event = timezone.now(), delivery.event
    handler = subscriptions.handler_of(event.name, delivery.subscriber)
    try:
        if handler is None:
            raise PermanentError(f"No subscriber {delivery.subscriber!r} of {event.name!r}.")
        handler(event.payload)
    except PermanentError as error:
        _record_attempt(delivery, started_at, error=error, permanent=True)
        return False
    except Exception as error:
        # Its text may name a patient's address: it stands in the attempt, not in the log.
        log.warning("Delivery %s to %s failed: %s.", delivery.pk, delivery.subscriber, type(error).__name__)
        _record_attempt(delivery, started_at, error=error)
        return False
    _record_attempt(delivery, started_at)
    return True


@transaction.atomic
def _record_attempt(claimed: Delivery, started_at, *, error: Exception | None = None, permanent: bool = False):
    """Write the attempt, and move the delivery unless its lease has passed to another worker meanwhile."""
    text = f"{type(error).__name__}: {error}"[:2000] if error else ""
    delivery = Delivery.objects.select_for_update().get(pk=claimed.pk)
    Attempt.objects.create(delivery=delivery, started_at=started_at, succeeded=error is None, error=text)
    if delivery.state != DeliveryState.PENDING or delivery.leased_until != claimed.leased_until:
        return
    delivery.last_error = text
    if error and (permanent or delivery.tries > len(RETRY_DELAYS)):
        _give_up(delivery)
        return
    if error is None:
        delivery.state = DeliveryState.DONE
    else:
        delivery.due_at = timezone.now() + timedelta(seconds=RETRY_DELAYS[delivery.tries - 1])
    delivery.leased_until = None
    delivery.save(update_fields=["state", "due_at", "leased_until", "last_error"])


def _give_up(delivery: Delivery) -> None:
    """End a locked delivery in its caller's transaction, and let its subscriber know."""
    delivery.state, delivery.leased_until = DeliveryState.DEAD, None
    delivery.save(update_fields=["state", "leased_until", "last_error"])
    if on_dead := subscriptions.on_dead_of(delivery.event.name, delivery.subscriber):
        on_dead(delivery.event.payload)
    log.error("Delivery %s to %s was given up on try %s.", delivery.pk, delivery.subscriber, delivery.tries)


@transaction.atomic
def resend_delivery(*, delivery: Delivery, actor) -> Delivery:
    """Bring a dead delivery back to wait for a worker, its tries counted anew. Raises IllegalTransition."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    require_transition(DELIVERY_TRANSITIONS, delivery.state, DeliveryState.PENDING)
    delivery.state, delivery.tries, delivery.due_at = DeliveryState.PENDING, 0, timezone.now()
    delivery.save(update_fields=["state", "tries", "due_at"])
    transaction.on_commit(lambda: nudge(delivery.pk, delivery.event.name, delivery.subscriber))
    log.info("Delivery %s brought back by %s.", delivery.pk, actor.pk)
    return delivery
