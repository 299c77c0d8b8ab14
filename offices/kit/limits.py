"""How often somebody may knock: counts in fixed windows of time, kept in Redis.

When Redis is away nothing is counted and nobody is stopped; /readyz says so.
"""

import time
from hashlib import sha256
from typing import NamedTuple

import redis
from allauth.core.internal.httpkit import get_client_ip
from django.core.cache import cache
from django.http import HttpRequest
from django_redis import get_redis_connection


class Window(NamedTuple):
    count: int
    seconds_left: int


def count_one(name: str, *, seconds: int, amount: int = 1) -> Window | None:
    """Count one more (or `amount`) of `name` in the present window of `seconds`. Returns the Window, or None without
    Redis.
    """
    key, left = _window(name, seconds)
    try:
        pipeline = get_redis_connection("default").pipeline(transaction=False)
        count, _ = pipeline.incrby(key, amount).expire(key, left + 1).execute()
    except redis.RedisError:
        return None
    return Window(count, left)


def read_count(name: str, *, seconds: int) -> Window | None:
    """The present Window of `name` without counting, or None without Redis."""
    key, left = _window(name, seconds)
    try:
        return Window(int(get_redis_connection("default").get(key) or 0), left)
    except redis.RedisError:
        return None


def is_over_limit(name: str, *, limit: int, seconds: int, amount: int = 1) -> bool:
    """Count one more (or `amount`) of `name`, and say whether that is more than `limit` in the present window."""
    window = count_one(name, seconds=seconds, amount=amount)
    return window is not None and window.count > limit


def client_address(request: HttpRequest) -> str:
    """The visitor’s IP address, seen past ALLAUTH_TRUSTED_PROXY_COUNT proxies; empty when unknown."""
    return get_client_ip(request) or ""


def _window(name, seconds):
    """Names hold addresses of people, so a key holds only their hash."""
    number, into = divmod(time.time(), seconds)
    digest = sha256(name.encode()).hexdigest()[:32]
    return cache.make_key(f"limit:{digest}:{int(number)}"), int(seconds - into) + 1
