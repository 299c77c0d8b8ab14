"""Names as words and as they sound, so that one spelled otherwise, or in another script, is found too.

A sound is the consonants of a word: "Mohammed", "Muhamad" and "محمد" are all `mhmt`.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from offices.kit.folding import fold_word, is_single, words

LONGEST_RUN = 4
MOST_WORDS = 12
# Words of names that say nothing of who it is.
PARTICLES = frozenset(
    ["al", "el", "bin", "ibn", "bn", "bint", "bnt", "de", "da", "do", "dos", "del", "la", "van", "von"]
)

# Letters that only carry a vowel at the beginning, and have no letter in ASCII: alef of Arabic and of Hebrew.
_CARRIERS = "اأإآٱא"
# The article of Arabic written on to a name in Latin letters.
_ARTICLE = re.compile("^[ae]l(?=[^aeiou]{1}.{3})")
# What is written in several ways, in the order in which it is read; the rest of the letters follow below.
_SPELLINGS = [
    (re.compile(pattern), plain)
    for pattern, plain in [
        ("^(?:3|a)bd[aeiou]*l?", "abt"),  # Abdul, Abdel, Abd al-
        ("^ou(?=[aeiy])", "w"),
        ("^y(?=e)|^3", "a"),
        ("d?zh|dj|j", "g"),
        ("t?sch|shch|tch|ch|sh", "s"),
        ("ck|kh|q", "k"),
        ("gh", "g"),
        ("ph|v", "f"),
        ("[td]h?", "t"),
        ("c(?=[eiy])|z", "s"),
        ("c", "k"),
        ("x", "ks"),
    ]
]
_VOWELS = re.compile("[aeiou]")
_TWICE = re.compile(r"([a-z])\1+")
_SILENT = re.compile("[aeiouyw3]|h$")


@dataclass(frozen=True)
class NameWord:
    """`token` as offices.kit.folding writes it; `spoken` with the vowel that it leaves out at the beginning."""

    token: str
    spoken: str
    is_single: bool = False


def name_words(text: str) -> list[NameWord]:
    """The words of a name in order; at most MOST_WORDS."""
    found = []
    for match in words(unicodedata.normalize("NFKC", text)):
        word = match.group()
        if token := fold_word(word):
            carries = word[0] in _CARRIERS and not word.startswith("ال")
            found.append(NameWord(token, f"a{token}" if carries else token, is_single(word)))
    return found[:MOST_WORDS]


def joined(run: list[NameWord]) -> NameWord:
    """A run of words written as one: `xiao` `ming` as `xiaoming`."""
    return NameWord(
        "".join(word.token for word in run),
        run[0].spoken + "".join(word.token for word in run[1:]),
        all(word.is_single for word in run),
    )


def runs(found: list[NameWord], longest: int = LONGEST_RUN) -> list[NameWord]:
    """Every word, and every run of up to `longest` neighbours as one word."""
    return [
        joined(found[start : start + length])
        for length in range(1, min(longest, len(found)) + 1)
        for start in range(len(found) - length + 1)
    ]


def sounds(word: NameWord) -> frozenset[str]:
    """How a word sounds; empty for numbers, for single characters, and for what has too few consonants to tell."""
    return frozenset() if word.is_single or word.token in PARTICLES else _sounds(word.spoken)


@lru_cache(maxsize=20_000)
def _sounds(spoken: str) -> frozenset[str]:
    if not re.search("[a-z]", spoken) or re.search("[0-24-9]", spoken):
        return frozenset()
    forms = {spoken, _ARTICLE.sub("", spoken)}
    return frozenset(sound for form in forms if len(sound := _consonants(form)) > 1)


def _consonants(spoken: str) -> str:
    """A vowel at the beginning is kept as `a`; letters written twice count once where vowels are written at all."""
    has_vowels = bool(_VOWELS.search(spoken[1:]))
    for pattern, plain in _SPELLINGS:
        spoken = pattern.sub(plain, spoken)
    if has_vowels:
        spoken = _TWICE.sub(r"\1", spoken)
    first = "a" if _VOWELS.match(spoken) else spoken[:1]
    return first + _SILENT.sub("", spoken[1:])


def writes_vowels(word: NameWord) -> bool:
    """Whether the word comes from a script in which two sounds that differ look different."""
    return bool(_VOWELS.search(word.token[1:]))
