from celery import shared_task

from offices.outbox.models import Delivery
from offices.outbox.services import make_delivery, nudge

SWEEP_SIZE = 200


@shared_task
def deliver(delivery_id: int) -> None:
    make_delivery(delivery_id)


@shared_task
def sweep() -> None:
    """Hand every due delivery to the workers."""
    due = Delivery.objects.due().order_by("due_at").values_list("pk", "event__name", "subscriber")
    for pk, event_name, subscriber in due[:SWEEP_SIZE]:
        nudge(pk, event_name, subscriber)
