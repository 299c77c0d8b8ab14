"""What a request is about, as far as it decides who takes it."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Pathway(models.TextChoices):
    IN_PERSON = "in_person", _("care in person")
    SECOND_OPINION = "second_opinion", _("second opinion")
    TRANSFER = "transfer", _("transfer")
    ADVICE = "advice", _("advice")


class Urgency(models.TextChoices):
    ROUTINE = "routine", _("routine")
    URGENT = "urgent", _("urgent")
    EMERGENCY = "emergency", _("emergency")


# They do not wait for an office to open when another is open sooner.
FOLLOWS_THE_SUN = frozenset({Urgency.URGENT, Urgency.EMERGENCY})


@dataclass(frozen=True)
class Need:
    """`country` of residence (ISO 3166 alpha-2), `language` (BCP 47), `specialty` (code), kinds of `consents` given."""

    country: str
    language: str
    specialty: str
    pathway: str = Pathway.IN_PERSON
    urgency: str = Urgency.ROUTINE
    consents: frozenset[str] = frozenset()
