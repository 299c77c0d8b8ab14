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
        transaction.on_commit(lambda pk=delivery.pk: nudge(pk))
    return event


def nudge(delivery_id: int) -> None:
    try:
        current_app.send_task("offices.outbox.tasks.deliver", (delivery_id,), retry=False)
    except Exception as error:  # whatever the broker's trouble is, the row is committed and the sweep finds it
        log.warning("The broker did not take delivery %s (%s); the sweep will.", delivery_id, error)


def claim_delivery(delivery_id: int) -> Delivery | None:
    """Lease a due delivery for OUTBOX_LEASE_SECONDS; None when it is done, not due, or another worker has it."""
    now = timezone.now()
    with transaction.atomic():
        delivery = (
            Delivery.objects.due(now).select_for_update(skip_locked=True, of=["self"]).filter(pk=delivery_id).first()
        )
        if delivery is None:
            return None
        delivery.leased_until = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
        delivery.save(update_fields=["leased_until"])
    return delivery


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
        log.warning("Delivery %s failed.", delivery, exc_info=True)
        _record_attempt(delivery, started_at, error=error)
        return False
    _record_attempt(delivery, started_at)
    return True


@transaction.atomic
def _record_attempt(delivery: Delivery, started_at, *, error: Exception | None = None, permanent: bool = False):
    text = f"{type(error).__name__}: {error}"[:2000] if error else ""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    Attempt.objects.create(delivery=delivery, started_at=started_at, succeeded=error is None, error=text)
    if delivery.state != DeliveryState.PENDING:
        return
    if error is None:
        delivery.state = DeliveryState.DONE
    elif permanent or delivery.tries >= len(RETRY_DELAYS):
        delivery.state = DeliveryState.DEAD
    else:
        delivery.due_at = timezone.now() + timedelta(seconds=RETRY_DELAYS[delivery.tries])
    delivery.tries += 1
    delivery.leased_until, delivery.last_error = None, text
    delivery.save(update_fields=["state", "due_at", "tries", "leased_until", "last_error"])


@transaction.atomic
def resend_delivery(*, delivery: Delivery, actor) -> Delivery:
    """Bring a dead delivery back to wait for a worker, its tries counted anew. Raises IllegalTransition."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    require_transition(DELIVERY_TRANSITIONS, delivery.state, DeliveryState.PENDING)
    delivery.state, delivery.tries, delivery.due_at = DeliveryState.PENDING, 0, timezone.now()
    delivery.save(update_fields=["state", "tries", "due_at"])
    transaction.on_commit(lambda: nudge(delivery.pk))
    log.info("Delivery %s brought back by %s.", delivery.pk, actor.pk)
    return delivery
