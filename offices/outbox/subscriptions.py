"""Who wants to hear of which event. Rooms call `subscribe()` in `AppConfig.ready()`."""

from collections import defaultdict
from collections.abc import Callable

Handler = Callable[[dict], None]

_handlers: dict[str, dict[str, Handler]] = defaultdict(dict)
_on_dead: dict[tuple[str, str], Handler] = {}
_seconds: dict[tuple[str, str], float] = {}


def subscribe(
    event_name: str,
    subscriber: str,
    handler: Handler,
    *,
    on_dead: Handler | None = None,
    seconds: float | None = None,
) -> None:
    """Have `handler(payload)` called by a worker, outside any transaction, for each `event_name`, at least once.

    `on_dead(payload)` is called in the transaction that gives a delivery up, so it only writes to the database.
    `seconds`: how long the handler may take where that is more than CELERY_TASK_TIME_LIMIT; a delivery is its worker's
    for as much longer.
    """
    _handlers[event_name][subscriber] = handler
    if on_dead:
        _on_dead[event_name, subscriber] = on_dead
    if seconds:
        _seconds[event_name, subscriber] = seconds


def subscribers(event_name: str) -> list[str]:
    return sorted(_handlers[event_name])


def handler_of(event_name: str, subscriber: str) -> Handler | None:
    return _handlers[event_name].get(subscriber)


def on_dead_of(event_name: str, subscriber: str) -> Handler | None:
    return _on_dead.get((event_name, subscriber))


def seconds_of(event_name: str, subscriber: str) -> float | None:
    """None when it has as long as any task."""
    return _seconds.get((event_name, subscriber))
