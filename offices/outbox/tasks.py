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
    for pk in Delivery.objects.due().order_by("due_at").values_list("pk", flat=True)[:SWEEP_SIZE]:
        nudge(pk)
