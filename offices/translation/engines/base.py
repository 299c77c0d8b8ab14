from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Draft:
    """A machine's text and the words in it that the engine itself was not sure of."""

    text: str
    unsure_words: tuple[str, ...] = ()


class Engine(Protocol):
    name: str

    def translates(self, source: str, target: str) -> bool:
        """Whether the engine is there and has this pair of languages."""

    def draft(self, text: str, source: str, target: str) -> Draft | None:
        """Translate; None when the engine has no draft of this text. Raises on trouble; the outbox tries again."""
