"""Routing to an office, and accounts of patients."""

from django.utils.translation import gettext as _

from offices.directory.models import Office, User
from offices.kit.languages import page_language
from offices.outbox.services import publish_event


class NoOffice(Exception):
    """No office serves the country or the language, and none is the fallback."""

    def __init__(self):
        super().__init__(_("No office can take this request yet."))


def route_office(*, country: str, language: str) -> Office:
    """The office for a resident of `country` (ISO alpha-2) who speaks `language`: by country of residence, then by
    language, then the fallback. Raises NoOffice."""
    offices = list(Office.objects.prefetch_related("countries"))
    serving = [office for office in offices if country in {served.country.code for served in office.countries.all()}]
    speaking = [office for office in serving or offices if language in office.languages]
    if serving:
        return (speaking or serving)[0]
    fallback = [office for office in offices if office.is_fallback]
    if speaking and not any(office in speaking for office in fallback):
        return speaking[0]
    if fallback:
        return fallback[0]
    raise NoOffice


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


def announce_change() -> None:
    """Tell the rooms above that what the directory says has changed."""
    publish_event("directory.changed", {})
