"""What a referral adds to the words that its patient is found by."""

from collections import defaultdict
from uuid import UUID

from partners.referrals.models import Referral


def referral_words(patients: list[UUID]) -> dict[UUID, list[str]]:
    """The institution's own reference and its name."""
    found = defaultdict(list)
    referrals = Referral.objects.filter(case__patient__in=patients)
    for patient, *texts in referrals.values_list("case__patient", "partner_reference", "institution__name"):
        found[patient] += texts
    return found
