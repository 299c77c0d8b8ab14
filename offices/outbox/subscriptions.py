"""Who wants to hear of which event. Rooms call `subscribe()` in `AppConfig.ready()`."""

from collections import defaultdict
from collections.abc import Callable

Handler = Callable[[dict], None]

_handlers: dict[str, dict[str, Handler]] = defaultdict(dict)
_on_dead: dict[tuple[str, str], Handler] = {}


def subscribe(event_name: str, subscriber: str, handler: Handler, *, on_dead: Handler | None = None) -> None:
    """Have `handler(payload)` called by a worker, outside any transaction, for each `event_name`, at least once.

    `on_dead(payload)` is called in the transaction that gives a delivery up, so it only writes to the database.
    """
    _handlers[event_name][subscriber] = handler
    if on_dead:
        _on_dead[event_name, subscriber] = on_dead


def subscribers(event_name: str) -> list[str]:
    return sorted(_handlers[event_name])


def handler_of(event_name: str, subscriber: str) -> Handler | None:
    return _handlers[event_name].get(subscriber)


def on_dead_of(event_name: str, subscriber: str) -> Handler | None:
    return _on_dead.get((event_name, subscriber))
