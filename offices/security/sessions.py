"""What a session of staff says of itself (how far it is signed in, when it was last used), and the list of them."""

import time
from datetime import timedelta

from allauth.account.internal.flows.login import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from offices.directory.models import User
from offices.kit.limits import client_address

# {"at": Unix seconds of the last use, written at most once in TRACK_SECONDS; "key": the session's key at that time}
SEEN = "security_seen"
TRACK_SECONDS = 60
RECENT_SECONDS = 300
NO_ADDRESS = "::"


def is_team(user) -> bool:
    """Also of None, which the API makes of a partner's `request.user`."""
    return user is not None and user.is_authenticated and (user.is_staff or user.is_superuser)


def _records(request, method):
    return [record for record in get_authentication_records(request, request.user) if record.get("method") == method]


def has_shown_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened with a second factor, or has set one up. Takes no query."""
    return bool(_records(request, "mfa"))


def came_by_password(request: HttpRequest) -> bool:
    return bool(_records(request, "password"))


def has_shown_second_factor_lately(request: HttpRequest) -> bool:
    """Whether it was shown in this session in the last RECENT_SECONDS, as a change of the sign-in asks for."""
    return any(time.time() - record["at"] < RECENT_SECONDS for record in _records(request, "mfa"))


def seconds_left(request: HttpRequest) -> float:
    """How long the session lives without another request; below zero when it was idle for too long."""
    seen = request.session.get(SEEN)
    return settings.STAFF_IDLE_MINUTES * 60 - (time.time() - seen["at"] if seen else 0)


def keep_awake(request: HttpRequest, *, at_once: bool = False) -> None:
    """Note that the session is used: in itself and in the list of sessions, once in TRACK_SECONDS or `at_once`.

    The first time fixes its end, SESSION_COOKIE_AGE later, whatever happens until then.
    """
    if not request.session.session_key:
        request.session.save()
    seen, key, now = request.session.get(SEEN), request.session.session_key, time.time()
    if seen is None:
        request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        _forget_ended_sessions()
    elif seen["key"] == key and now - seen["at"] < TRACK_SECONDS and not at_once:
        return
    request.session[SEEN] = {"at": now, "key": key}
    facts = {
        "user_id": request.user.pk,
        "ip": client_address(request) or NO_ADDRESS,
        "user_agent": request.headers.get("User-Agent", "")[: UserSession._meta.get_field("user_agent").max_length],
        "last_seen_at": timezone.now(),
    }
    if not UserSession.objects.filter(session_key=key).update(**facts):
        UserSession.objects.create(session_key=key, **facts)


def is_tracked(request: HttpRequest) -> bool:
    seen = request.session.get(SEEN)
    return bool(seen) and seen["key"] == request.session.session_key


def open_sessions(user: User) -> list[UserSession]:
    """The sessions with which the person could go on now, the last used first, in two queries."""
    now = timezone.now()
    idle = timedelta(minutes=settings.STAFF_IDLE_MINUTES)
    rows = UserSession.objects.filter(user=user, last_seen_at__gt=now - idle).order_by("-last_seen_at")
    keys = [row.session_key for row in rows]
    stored = {s.session_key: s for s in Session.objects.filter(session_key__in=keys, expire_date__gt=now)}
    return [row for row in rows if row.session_key in stored and _is_of(stored[row.session_key], user)]


def _is_of(stored, user):
    """Whether Django would take it: a changed password ends the sessions that were opened with the old one."""
    content = stored.get_decoded()
    is_theirs = content.get(SESSION_KEY) == str(user.pk)
    return is_theirs and constant_time_compare(content.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def _forget_ended_sessions():
    going_on = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    UserSession.objects.exclude(session_key__in=going_on).delete()
