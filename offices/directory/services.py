"""Accounts of patients, who stands in for whom, and news of the directory."""

from datetime import date

from offices.directory.models import Absence, User
from offices.kit.languages import page_language
from offices.outbox.services import publish_event


def open_account(*, email: str, name: str, language: str, time_zone: str) -> User:
    """The account behind `email`, made without a password if there is none: its owner signs in by a mailed code."""
    email = email.strip().lower()
    longest = User._meta.get_field("name").max_length
    user, _created = User.objects.get_or_create(
        email__iexact=email,
        defaults={"email": email}
        | {"name": name[:longest], "language": page_language(language), "time_zone": time_zone, "password": "!"},
    )
    return user


def stand_in_for(user: User, day: date) -> User | None:
    """Who does the work of somebody who is away on `day`: the stand-in, or the stand-in's own.

    None when nobody is there, or when the person is not away.
    """
    seen, person = set(), user
    while person is not None and person.pk not in seen:
        seen.add(person.pk)
        absence = Absence.objects.on(day).filter(user=person).select_related("stand_in").first()
        if absence is None:
            return None if person == user else person
        person = absence.stand_in if absence.stand_in and absence.stand_in.is_active else None
    return None


def announce_change() -> None:
    """Tell the rooms above that what the directory says has changed."""
    publish_event("directory.changed", {})
