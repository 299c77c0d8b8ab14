"""The worker's heartbeat: proof, in Redis, that beat sends and a worker works. `/readyz` reads it."""

import time

import redis
from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@shared_task(expires=60)
def beat_heart():
    """Sent by beat, run by a worker. An old one says nothing of the present, so it expires in the queue."""
    record_heartbeat()


@worker_ready.connect
def record_first_heartbeat(**kwargs):
    """A worker that has just connected is alive already; beat's first tick may be seconds away."""
    record_heartbeat()


def record_heartbeat():
    """Write the time (seconds since 1970). Raises redis.RedisError."""
    broker_client().set(heartbeat_key(), time.time())


def heartbeat_age():
    """Seconds since a worker last ran a task of beat's, or None if none is known. Raises redis.RedisError."""
    beat_at = broker_client().get(heartbeat_key())
    return None if beat_at is None else max(0.0, time.time() - float(beat_at))


def forget_heartbeat():
    """For a start from nothing: what is left of an earlier run says nothing. Raises redis.RedisError."""
    broker_client().delete(heartbeat_key())


def heartbeat_key():
    return f"{settings.CACHES['default']['KEY_PREFIX']}:worker-heartbeat"


def broker_client():
    """Redis itself, not the cache, which hides its absence; gives up within a second."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)
    )
