"""Finding what the index holds."""

import re
import unicodedata
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, Q

from offices.kit.folding import fold, fold_word, is_single, words
from patients.website.models import SearchEntry

LONGEST_QUERY, MOST_RESULTS = 100, 20
EXCERPT_BEFORE, EXCERPT_LENGTH = 60, 220
# Titles count far more than texts. D, C, B, A.
WEIGHTS = [0.1, 0.1, 0.2, 1.0]
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@dataclass(frozen=True)
class Result:
    """`excerpt` holds (text, whether it is a word that was searched for)."""

    entry: SearchEntry
    excerpt: list[tuple[str, bool]]

    @property
    def url(self) -> str:
        return f"/{self.entry.language}/{self.entry.address}"


def clean_query(typed: str) -> str:
    return " ".join(_CONTROLS.sub(" ", typed[:LONGEST_QUERY]).split())


def find(query: str, language: str) -> list[Result]:
    """The entries in `language` that hold every word of `query`, each at least as the beginning of a word."""
    tokens = list(dict.fromkeys(fold(query)))
    if not tokens:
        return []
    # Tokens are letters and digits alone, so that nothing in them can speak to the parser.
    typed = SearchQuery(" & ".join(f"'{token}':*" for token in tokens), search_type="raw", config="simple")
    found = (
        SearchEntry.objects.filter(language=language, vector=typed)
        .annotate(rank=SearchRank(F("vector"), typed, weights=WEIGHTS))
        .order_by("-rank", "kind", "key")
        .defer("vector")
    )
    # Folded, characters that sound alike are one: those that were typed come before the others.
    literal = Q()
    for word in words(unicodedata.normalize("NFKC", query)):
        if is_single(word.group()):
            literal &= Q(title__contains=word.group()) | Q(text__contains=word.group())
    rows = list(found.filter(literal)[:MOST_RESULTS]) or (list(found[:MOST_RESULTS]) if literal else [])
    return [Result(row, excerpt(row.text, tokens)) for row in rows]


def excerpt(text: str, tokens: list[str]) -> list[tuple[str, bool]]:
    """The part of `text` around the first of the words, cut at words."""
    spans = words(text)
    hits = [span for span in spans if _is_hit(span.group(), tokens)]
    start = max(0, (hits[0].start() if hits else 0) - EXCERPT_BEFORE)
    start = next((span.start() for span in spans if span.start() >= start), 0)
    end = max((span.end() for span in spans if span.end() <= start + EXCERPT_LENGTH), default=len(text))
    if end == (spans[-1].end() if spans else 0):
        end = len(text)
    pieces, at = [("… ", False)] if start > 0 else [], start
    for hit in hits:
        if start <= hit.start() and hit.end() <= end:
            pieces += [(text[at : hit.start()], False), (hit.group(), True)]
            at = hit.end()
    pieces.append((text[at:end] + (" …" if end < len(text) else ""), False))
    return [piece for piece in pieces if piece[0]]


def _is_hit(word: str, tokens: list[str]) -> bool:
    folded = fold_word(word)
    return bool(folded) and any(folded.startswith(token) for token in tokens)
