"""How often an address may knock. When the cache is away nothing is counted and nobody is stopped."""

import hashlib
import time

from allauth.core.internal.httpkit import get_client_ip
from django.core.cache import cache
from django.http import HttpRequest

HOUR = 3600


def is_over_limit(action: str, key: str, *, limit: int, seconds: int = HOUR) -> bool:
    """Count one more of `action` by `key` in the present window, and say whether that is more than `limit`."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    name = f"portal:limit:{action}:{digest}:{int(time.time() // seconds)}"
    cache.add(name, 0, seconds)
    try:
        return (cache.incr(name) or 0) > limit
    except ValueError:  # the window ended between the two calls
        return False


def client_address(request: HttpRequest) -> str:
    """The visitor's IP address; behind proxies as ALLAUTH_TRUSTED_PROXY_COUNT says."""
    return get_client_ip(request) or ""
