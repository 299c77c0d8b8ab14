"""Who wants to hear of which event. Rooms call `subscribe()` in `AppConfig.ready()`."""

from collections import defaultdict
from collections.abc import Callable

Handler = Callable[[dict], None]

_handlers: dict[str, dict[str, Handler]] = defaultdict(dict)


def subscribe(event_name: str, subscriber: str, handler: Handler) -> None:
    """Have `handler(payload)` called by a worker, outside any transaction, for each `event_name`, at least once."""
    _handlers[event_name][subscriber] = handler


def subscribers(event_name: str) -> list[str]:
    return sorted(_handlers[event_name])


def handler_of(event_name: str, subscriber: str) -> Handler | None:
    return _handlers[event_name].get(subscriber)
