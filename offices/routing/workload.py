"""How many open cases each member of the team carries. The rooms above that give out work register their counts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

Count = Callable[[Iterable[int]], Mapping[int, int]]
_counts: list[Count] = []


def register(count: Count) -> None:
    """`count(keys of users)` gives {key: open work}; who has none may be left out."""
    if count not in _counts:
        _counts.append(count)


def loads_of(users: Iterable[int]) -> Counter[int]:
    """The open work of each of the users (by key)."""
    keys, loads = list(users), Counter()
    for count in _counts:
        loads.update(count(keys))
    return loads
