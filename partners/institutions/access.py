"""What an access token opens: read from the database once, then from the cache, and forgotten at once when revoked."""

import time
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from django.core.cache import cache
from oauth2_provider.models import AccessToken

# A revocation that could not reach the cache takes hold after this time at the latest.
KEPT_SECONDS = 60
REVOKED = "revoked"


class Access(NamedTuple):
    """`expires_at` in seconds since 1970."""

    credential_id: int
    institution_id: UUID
    scopes: tuple[str, ...]
    expires_at: float


def find_access(token):
    """The Access that `token` (text) gives now, or None. Works without the cache."""
    checksum = sha256(token.encode()).hexdigest()
    kept = cache.get(_key(checksum))
    if kept == REVOKED:
        return None
    access = Access(*kept) if kept else _read_access(checksum)
    now = time.time()
    if access is None or access.expires_at <= now:
        return None
    if not kept:
        # `add` never replaces the mark of a revocation that came between our reading and this line.
        cache.add(_key(checksum), tuple(access), timeout=min(KEPT_SECONDS, access.expires_at - now))
    return access


def forget_access(credentials):
    """End the tokens of `credentials` (a queryset) in cache and database. Call it when the revocation is committed."""
    tokens = AccessToken.objects.filter(application__in=credentials)
    checksums = tokens.values_list("token_checksum", flat=True)
    cache.set_many({_key(checksum): REVOKED for checksum in checksums}, timeout=KEPT_SECONDS)
    tokens.delete()


def _key(checksum):
    return f"partner-access:{checksum}"


def _read_access(checksum):
    row = (
        AccessToken.objects.filter(
            token_checksum=checksum, application__revoked_at=None, application__institution__is_active=True
        )
        .values_list("application_id", "application__institution_id", "scope", "expires")
        .first()
    )
    if row is None:
        return None
    credential_id, institution_id, scope, expires = row
    return Access(credential_id, institution_id, tuple(scope.split()), expires.timestamp())
