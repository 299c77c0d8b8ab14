"""Two addresses for whoever watches the site; they need no sign-in and tell no internals.

`/healthz`: this process answers. `/readyz`: so do the parts that a patient's request needs, each with its own `ok`;
200 when all are well, else 503.
"""

import logging

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Min
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cedars_intl.tasks import broker_client, heartbeat_age
from offices.outbox.models import Delivery, DeliveryState

DATABASE_TIMEOUT_MS = 2000

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request):
    """{"status", "database": {"ok"}, "broker": {"ok"}, "worker": {"ok", "heartbeat_age_seconds"},
    "outbox": {"ok", "oldest_due_age_seconds"}}; an age is None when it is not known.
    """
    parts = check_database() | check_broker()
    ready = all(part["ok"] for part in parts.values())
    return JsonResponse({"status": "ready" if ready else "not ready", **parts}, status=200 if ready else 503)


def check_database():
    """The database, and the outbox in it: an old due delivery means that promised news is not going out."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(DATABASE_TIMEOUT_MS)])
            now = timezone.now()
            due_at = Delivery.objects.filter(state=DeliveryState.PENDING, due_at__lte=now).aggregate(at=Min("due_at"))
            age = round((now - due_at["at"]).total_seconds(), 1) if due_at["at"] else 0.0
    except DatabaseError as error:
        logger.warning("The database is not ready: %s", error)
        return {"database": {"ok": False}, "outbox": {"ok": False, "oldest_due_age_seconds": None}}
    late = age > settings.OUTBOX_LATE_SECONDS
    return {"database": {"ok": True}, "outbox": {"ok": not late, "oldest_due_age_seconds": age}}


def check_broker():
    """The broker, and the workers that take from it: three missed heartbeats mean that none does."""
    try:
        broker_client().ping()
        age = heartbeat_age()
    except redis.RedisError as error:
        logger.warning("The broker is not ready: %s", error)
        return {"broker": {"ok": False}, "worker": {"ok": False, "heartbeat_age_seconds": None}}
    beats = age is not None and age <= 3 * settings.HEARTBEAT_SECONDS
    age = None if age is None else round(age, 1)
    return {"broker": {"ok": True}, "worker": {"ok": beats, "heartbeat_age_seconds": age}}
