"""Deciding who takes a request."""

from datetime import datetime

from django.db import transaction

from offices.directory.models import Office, User
from offices.routing.needs import Need
from offices.routing.rulebook import Decision, best_of, read_rulebook
from offices.routing.workload import loads_of


def decide(need: Need, *, at: datetime) -> Decision:
    """Who would take the need, as things stand. Raises NoOffice."""
    rulebook = read_rulebook()
    return rulebook.decide(need, at=at, loads=loads_of(user.pk for user in rulebook.coordinators))


@transaction.atomic
def assign(need: Need, *, at: datetime) -> Decision:
    """`decide`, with the office's assignments locked until the end of the transaction. Raises NoOffice.

    Of two requests at once the second waits for the first, so that nobody gets more than there is room for.
    """
    rulebook = read_rulebook()
    office = rulebook.decide(need, at=at, loads={}).office
    Office.objects.select_for_update(no_key=True).get(pk=office.pk)
    return rulebook.decide(need, at=at, loads=loads_of(user.pk for user in rulebook.coordinators))


def choose_coordinator(office: Office, need: Need, *, at: datetime) -> User | None:
    """The coordinator of this office for the need; None when nobody there has room."""
    rulebook = read_rulebook()
    Office.objects.select_for_update(no_key=True).get(pk=office.pk)
    loads = loads_of(user.pk for user in rulebook.coordinators)
    return best_of(rulebook.candidates(office, need, at=at, loads=loads))
