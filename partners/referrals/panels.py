"""What the coordinator sees, on the case page, of the referral that opened the case."""

from django.utils.translation import gettext_lazy as _

from patients.cases.panels import Panel


def referral_context(case):
    """{"referral": Referral}, or None for a case that no partner sent."""
    referral = getattr(case, "referral", None)
    return {"referral": referral} if referral else None


show_referral = Panel(title=_("Referral"), template="referrals/panel.html", context=referral_context, position=50)
