"""Panels on the coordinator's case page. A room above registers its own in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Panel:
    """`context(case)` gives the template's context, or None when there is nothing to show."""

    title: str | Promise
    template: str
    context: Callable[[object], dict | None]
    position: int = 100


_panels: list[Panel] = []


def register(panel: Panel) -> None:
    _panels.append(panel)


def panels_for(case) -> list[tuple[Panel, dict]]:
    """The panels with something to show, in order, each with its context."""
    shown = ((panel, panel.context(case)) for panel in sorted(_panels, key=lambda panel: panel.position))
    return [(panel, context) for panel, context in shown if context is not None]
