"""Counts in fixed windows of time, kept in Redis. When Redis is away nothing is counted and nobody is stopped."""

import time
from typing import NamedTuple

import redis
from django.core.cache import cache
from django_redis import get_redis_connection


class Window(NamedTuple):
    count: int
    seconds_left: int


def count_one(name, *, seconds):
    """Count one more of `name` in the present window of `seconds`. Returns the Window, or None without Redis."""
    key, left = _window(name, seconds)
    try:
        pipeline = get_redis_connection("default").pipeline(transaction=False)
        count, _ = pipeline.incr(key).expire(key, left + 1).execute()
    except redis.RedisError:
        return None
    return Window(count, left)


def read_count(name, *, seconds):
    """The present Window of `name` without counting, or None without Redis."""
    key, left = _window(name, seconds)
    try:
        return Window(int(get_redis_connection("default").get(key) or 0), left)
    except redis.RedisError:
        return None


def _window(name, seconds):
    number, into = divmod(time.time(), seconds)
    return cache.make_key(f"limit:{name}:{int(number)}"), int(seconds - into) + 1
