"""Changing how a member of the team signs in. Each change is told to that person by mail."""

from enum import StrEnum

from allauth.account.internal.flows.login import perform_login, perform_password_login
from allauth.account.models import Login
from allauth.mfa import app_settings
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import encrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from offices.directory.models import User
from offices.notifications.services import queue_notification
from offices.security.codes import APP, PASSKEY, RECOVERY, UNREADABLE, Refused, find_counter


class Change(StrEnum):
    """What the mail says has changed."""

    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    CODES_MADE = "codes_made"
    TAKEN_AWAY = "taken_away"
    PASSWORD_CHANGED = "password_changed"


class LastFactor(Exception):
    """It is the only second factor of its owner, who could not sign in without."""

    def __init__(self):
        super().__init__(_("This is your only second step. Add another one before you remove it."))


class NotYours(Exception):
    """Who manages the accounts of others changes the own sign-in like everybody: on the page for that."""

    def __init__(self):
        super().__init__(_("This is your own account. Change it under “My sign-in”."))


def begin_sign_in(*, request: HttpRequest, user: User, target: str) -> HttpResponse:
    """After the right password: on to the second step, or for who has none to where one is set up."""
    if request.user.is_authenticated:
        logout(request)
    return perform_password_login(request, {"email": user.email}, Login(user=user, redirect_url=target))


def sign_in_by_passkey(*, request: HttpRequest, factor: Authenticator, target: str) -> HttpResponse:
    """A passkey that verified its owner is both steps at once."""
    if request.user.is_authenticated:
        logout(request)
    post_authentication(request, factor, passwordless=True)
    return perform_login(request, Login(user=factor.user, redirect_url=target))


def factors_of(user: User) -> list[Authenticator]:
    """The app, then passkeys by age, without the recovery codes."""
    rows = Authenticator.objects.filter(user=user).exclude(type=RECOVERY).order_by("created_at")
    return sorted(rows, key=lambda row: row.type != APP)


def count_recovery_codes(user: User) -> int:
    """How many are left. None is shown again, so nothing is decrypted for it."""
    row = Authenticator.objects.filter(user=user, type=RECOVERY).first()
    return app_settings.RECOVERY_CODE_COUNT - row.data["used_mask"].bit_count() if row else 0


@transaction.atomic
def set_up_app(*, request: HttpRequest, secret: str, code: str) -> list[str]:
    """Take the app that holds `secret` and shows `code` as the person's app, in place of one before.

    Returns recovery codes to show, when these are the first ones. Raises Refused.
    """
    user = _lock(request.user)
    counter = find_counter(secret, code)
    if counter is None:
        raise Refused(_("This code is not right. Type the code that the app shows now."))
    factor = Authenticator.objects.filter(user=user, type=APP).first() or TOTP.activate(user, secret).instance
    factor.data = {"secret": encrypt(secret), "last_counter": counter}
    factor.created_at = timezone.now()
    factor.save()
    return _added(request, factor, Change.APP_ADDED)


@transaction.atomic
def add_passkey(*, request: HttpRequest, name: str, credential) -> list[str]:
    """Add the passkey that the browser has just made. Returns as `set_up_app`. Raises Refused."""
    user = _lock(request.user)
    try:
        webauthn.parse_registration_response(credential)
        webauthn.complete_registration(credential)
    except UNREADABLE as error:
        raise Refused(_("The passkey could not be added. Try again.")) from error
    return _added(request, webauthn.WebAuthn.add(user, name, credential).instance, Change.PASSKEY_ADDED)


@transaction.atomic
def make_recovery_codes(*, user: User) -> list[str]:
    """New codes in the place of the old ones, to be shown once."""
    _lock(user)
    Authenticator.objects.filter(user=user, type=RECOVERY).delete()
    _tell(user, Change.CODES_MADE)
    return RecoveryCodes.activate(user).generate_codes()


@transaction.atomic
def remove_factor(*, user: User, factor_id: int) -> None:
    """Remove the person's own app or passkey. Raises Http404, LastFactor."""
    _lock(user)
    factors = Authenticator.objects.filter(user=user).exclude(type=RECOVERY)
    factor = get_object_or_404(factors, pk=factor_id)
    if len(factors) == 1:
        raise LastFactor
    _tell(user, Change.PASSKEY_REMOVED if factor.type == PASSKEY else Change.APP_REMOVED)
    factor.delete()


@transaction.atomic
def take_away_second_factor(*, user: User, actor: User) -> None:
    """For who has lost the phone: no second factor, no session. The next sign-in by password sets up a new one.

    Raises NotYours.
    """
    if user.pk == actor.pk:
        raise NotYours
    _lock(user)
    Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    _tell(user, Change.TAKEN_AWAY)


def tell_password_changed(*, user: User) -> None:
    """For whoever did not do it."""
    _tell(user, Change.PASSWORD_CHANGED)


def end_session(*, user: User, session_id: int) -> None:
    """End the person's own session, wherever it is open. Raises Http404."""
    get_object_or_404(UserSession, user=user, pk=session_id).end()


def end_other_sessions(*, request: HttpRequest) -> None:
    for session in UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key):
        session.end()


def _lock(user):
    """Changes of one person's factors wait for each other."""
    return User.objects.select_for_update().get(pk=user.pk)


def _added(request, factor, change):
    """The session that set it up has shown it. Returns the first recovery codes."""
    factor.user = request.user
    post_authentication(request, factor)
    _tell(request.user, change)
    if Authenticator.objects.filter(user=request.user, type=RECOVERY).exists():
        return []
    return RecoveryCodes.activate(request.user).generate_codes()


def _tell(user, change):
    queue_notification(
        kind="sign_in_changed",
        to=user.email,
        language=user.language,
        context={"change": str(change), "at": timezone.now(), "time_zone": user.time_zone},
    )
