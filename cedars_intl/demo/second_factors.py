from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction

from cedars_intl.demo.people import APP_SECRET, SETS_UP_AN_APP, STAFF
from offices.directory.models import User


@transaction.atomic
def load_second_factors() -> int:
    """An authenticator app with the demo's secret for each of the demo's staff who has no second factor, but for the
    one who shows how it is set up; returns how many were new."""
    emails = {member.email for member in STAFF} - {SETS_UP_AN_APP}
    have_one = Authenticator.objects.values("user_id")
    missing = User.objects.filter(email__in=emails, is_staff=True).exclude(pk__in=have_one)
    for user in missing:
        TOTP.activate(user, APP_SECRET)
    return len(missing)
