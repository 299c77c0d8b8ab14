"""Checking what somebody shows as a second factor. allauth reads codes; each opens once, and tries are limited."""

import time

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import InvalidSignature
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from offices.directory.models import User
from offices.kit.languages import ascii_digits
from offices.kit.limits import is_over_limit

TRIES, TRIES_SECONDS = 10, 900
APP, RECOVERY, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES, Authenticator.Type.WEBAUTHN
# What a made-up or half-sent answer of a browser makes the libraries raise.
UNREADABLE = (ValidationError, InvalidSignature, AttributeError, LookupError, TypeError, ValueError)


class Refused(Exception):
    """Not a second factor of this person. Its text says so to the person."""


class TooManyTries(Refused):
    def __init__(self):
        super().__init__(_("Too many tries. Wait 15 minutes, then try again."))


class UsedCode(Refused):
    def __init__(self):
        super().__init__(_("This code was used already. Wait until the app shows the next one."))


def check_code(*, user: User, code: str) -> Authenticator:
    """The factor whose code this is: the app's, or a recovery code, which is then used up.

    Raises Refused, UsedCode, TooManyTries.
    """
    _count_try(user)
    code = ascii_digits(code)
    with transaction.atomic():
        factors = Authenticator.objects.select_for_update().filter(user=user, type__in=[APP, RECOVERY])
        for factor in sorted(factors, key=lambda factor: factor.type != APP):
            if _accepts(factor, code):
                factor.user = user
                return factor
    raise Refused(_("This code is not right. Type the code that the app shows now, or a recovery code."))


def check_passkey(*, user: User, credential) -> Authenticator:
    """The passkey that signed this browser's answer. Raises Refused, TooManyTries."""
    _count_try(user)
    return _passkey(user, credential)


def check_passkey_alone(*, credential) -> Authenticator:
    """The same, of the person whom the passkey itself names and has verified. Raises Refused."""
    try:
        user = webauthn.extract_user_from_response(credential)
    except UNREADABLE as error:
        raise _unknown_passkey() from error
    if not (user.is_active and user.is_staff):
        raise _unknown_passkey()
    return _passkey(user, credential)


def find_counter(secret: str, code: str) -> int | None:
    """Which of the present steps of time the app's code is of."""
    code = ascii_digits(code)
    counters = yield_hotp_counters_from_time()
    return next((n for n in counters if compare_user_code(actual=code, expected=app_code(secret, n))), None)


def app_code(secret: str, counter: int | None = None) -> str:
    """What an app with this secret shows, now or in the step `counter`."""
    if counter is None:
        counter = int(time.time()) // app_settings.TOTP_PERIOD
    return format_hotp_value(hotp_value(secret, counter))


def demo_code(user: User) -> str | None:
    """In the demo, of an account with the demo's secret: the next code that opens, or "" while one must wait."""
    if not settings.DEMO:
        return None
    app = Authenticator.objects.filter(user=user, type=APP).first()
    if app is None or _secret(app) != settings.DEMO_SECOND_FACTOR:
        return None
    open_steps = [n for n in yield_hotp_counters_from_time() if n > app.data.get("last_counter", 0)]
    now = int(time.time()) // app_settings.TOTP_PERIOD
    usable = next((n for n in open_steps if n >= now), None)
    return app_code(settings.DEMO_SECOND_FACTOR, usable) if usable else ""


def _secret(factor, name="secret"):
    """None when SECRET_KEY is another one now."""
    try:
        return decrypt(factor.data[name])
    except InvalidToken:
        return None


def _accepts(factor, code):
    if factor.type == RECOVERY:
        return _secret(factor, "seed") is not None and RecoveryCodes(factor).validate_code(code)
    secret = _secret(factor)
    counter = find_counter(secret, code) if secret else None
    if counter is None:
        return False
    if counter <= factor.data.get("last_counter", 0):
        raise UsedCode
    factor.data["last_counter"] = counter
    factor.save(update_fields=["data"])
    return True


def _passkey(user, credential):
    try:
        webauthn.parse_authentication_response(credential)
        factor = webauthn.complete_authentication(user, credential)
    except UNREADABLE as error:
        raise _unknown_passkey() from error
    factor.user = user
    return factor


def _unknown_passkey():
    return Refused(_("This passkey does not open this account. Try again, or use another way."))


def _count_try(user):
    if is_over_limit(f"second-step:{user.pk}", limit=TRIES, seconds=TRIES_SECONDS):
        raise TooManyTries
