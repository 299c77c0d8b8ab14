"""State tables: one table beside the model drives the service and the database trigger alike."""

from collections.abc import Mapping, Sequence

import pgtrigger
from django.utils.translation import gettext as _

Transitions = Mapping[str, Sequence[str]]


class IllegalTransition(Exception):
    """A move that the state table does not hold."""

    def __init__(self, current: str, wanted: str):
        self.current, self.wanted = current, wanted
        super().__init__(
            _("It cannot move from “%(current)s” to “%(wanted)s”.")
            % {
                "current": current,
                "wanted": wanted,
            }
        )


def require_transition(table: Transitions, current: str, wanted: str) -> None:
    """Raise IllegalTransition unless `table` lets `current` become `wanted`."""
    if wanted not in table.get(current, ()):
        raise IllegalTransition(current, wanted)


def fsm_trigger(field: str, table: Transitions) -> pgtrigger.FSM:
    """The wall behind the service: the database refuses every update of `field` that `table` does not hold."""
    moves = [(current, wanted) for current, targets in table.items() for wanted in targets]
    return pgtrigger.FSM(name=f"{field}_moves", field=field, transitions=moves)


def append_only_trigger() -> pgtrigger.Protect:
    """The database refuses every update and delete of a row once written."""
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
