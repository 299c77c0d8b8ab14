"""Which kind of document a text is: a proposal, by the words that stand in it."""

import re
from functools import cache
from pathlib import PurePosixPath

from offices.kit.folding import fold
from patients.records.models import DocumentKind
from patients.records.reading.kind_words import KIND_WORDS

READ_LETTERS = 20_000
# What stands at the top, where a document says what it is, counts more.
TOP_WORDS = 60
TOP_WEIGHT = 4
NAME_WEIGHT = 3
# The machine-readable zone of a passport (TD3) or an identity card (TD1, TD2), ICAO 9303; readers take O for 0.
_ZONE = re.compile(r"^(?:P[A-Z<][A-Z<]{3}[A-Z<]{30,42}|[ACI][A-Z<][A-Z<]{3}[A-Z0-9<]{22,34})$", re.M)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def propose_kind(text: str, filename: str = "") -> str:
    """The likely DocumentKind; OTHER when nothing speaks for any."""
    text = text[:READ_LETTERS]
    if has_machine_readable_zone(text):
        return DocumentKind.PASSPORT
    words = fold(text)
    parts = {
        TOP_WEIGHT: _spaced(words[:TOP_WORDS]),
        1: _spaced(words[TOP_WORDS:]),
        NAME_WEIGHT: _spaced(fold(_CAMEL.sub(" ", PurePosixPath(filename).stem))),
    }
    scores = {kind: _score(phrases, parts) for kind, phrases in _phrases().items()}
    best = max(scores, key=scores.get)
    return best if scores[best] else DocumentKind.OTHER


def has_machine_readable_zone(text: str) -> bool:
    lines = "\n".join(line.replace(" ", "").replace("«", "<<") for line in text.splitlines())
    return any(zone.count("<") >= 5 or zone.startswith("P<") for zone in _ZONE.findall(lines))


def _score(phrases, parts):
    """Each phrase once a part, longer ones for more: they are said by chance less often."""
    return sum(
        weight * (1 + phrase.count(" ")) for weight, words in parts.items() for phrase in phrases if phrase in words
    )


def _spaced(words):
    return f" {' '.join(words)} "


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    return {kind: tuple({_spaced(fold(phrase)) for phrase in phrases}) for kind, phrases in KIND_WORDS.items()}
