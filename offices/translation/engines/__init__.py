"""Machine translation engines, each used when it is there. To add one, add a module with its class and name it here."""

from offices.translation.engines.apertium import Apertium
from offices.translation.engines.base import Draft, Engine
from offices.translation.engines.libretranslate import LibreTranslate

ENGINES: tuple[type[Engine], ...] = (LibreTranslate, Apertium)


def find_engine(source: str, target: str) -> Engine | None:
    """The first engine that is there and translates `source` into `target`; None when a person has to."""
    return next((engine for engine in (cls() for cls in ENGINES) if engine.translates(source, target)), None)


__all__ = ["Draft", "Engine", "find_engine"]
