"""Deciding who takes a request."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from offices.directory.models import Office, User
from offices.routing.needs import Need
from offices.routing.rulebook import Decision, Rulebook, best_of, read_rulebook
from offices.routing.workload import loads_of


def decide(need: Need, *, at: datetime) -> Decision:
    """Who would take the need, as things stand. Raises NoOffice."""
    rulebook = read_rulebook()
    return rulebook.decide(need, at=at, loads=_loads(rulebook))


@transaction.atomic
def assign(need: Need, *, at: datetime) -> Decision:
    """`decide`, with the office's assignments locked until the end of the transaction. Raises NoOffice.

    Of two requests at once the second waits for the first, so that nobody gets more than there is room for.
    """
    rulebook = read_rulebook()
    office = rulebook.decide(need, at=at, loads={}).office
    _lock(office)
    return rulebook.decide(need, at=at, loads=_loads(rulebook))


def choose_coordinator(office: Office, need: Need, *, at: datetime) -> User | None:
    """The coordinator of this office for the need; None when nobody there has room."""
    rulebook = read_rulebook()
    _lock(office)
    return best_of(rulebook.candidates(office, need, at=at, loads=_loads(rulebook)))


def _lock(office: Office) -> None:
    """Who gives out work of an office waits for who is giving it out."""
    Office.objects.select_for_update(no_key=True).get(pk=office.pk)


def _loads(rulebook: Rulebook) -> Mapping[int, int]:
    return loads_of(user.pk for user in rulebook.coordinators)
