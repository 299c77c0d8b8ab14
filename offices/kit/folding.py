"""Words as they are searched for: without case, marks and script, so that who types them otherwise finds them too."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

LONGEST_TOKEN = 60

# What Arabic writes in several ways, or leaves out.
_ARABIC = {
    ord(letter): plain
    for plain, letters in {"ا": "أإآٱ", "و": "ؤ", "ي": "ئىی", "ه": "ةۀ", "ك": "ک"}.items()
    for letter in letters
}
# It has no letter in ASCII, and without one عمان would be found in every من.
_ARABIC |= {ord("ع"): "3"}
_ARABIC |= dict.fromkeys(
    [0x0621, 0x0640, 0x0670, *range(0x0610, 0x061B), *range(0x064B, 0x0660), *range(0x06D6, 0x06EE)]
)
# Scripts written without spaces, each character a word of its own: Han, kana, and bopomofo.
_SINGLE = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Marks of Latin, Arabic, the scripts of India, Thai, Lao, Burmese and Khmer belong to the word that they stand in.
_MARKS = "\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u17b4-\u17d3"
_WORD = re.compile(f"[{_SINGLE}]|(?:(?![{_SINGLE}])[^\\W_]|[{_MARKS}])+")
# The article, alone or after a one-letter word written on to it, before at least three letters of the word itself.
_ARABIC_ARTICLE = re.compile("^(?:[وبفك]?ال|لل)(?=.{3})")
_NOT_ASCII_WORD = re.compile(r"[^a-z0-9]+")


def words(text: str) -> list[re.Match]:
    """The words of `text` where they stand; each character of Chinese and Japanese is one."""
    return list(_WORD.finditer(text))


def is_single(word: str) -> bool:
    """Whether a word is one character of a script that leaves no spaces."""
    return bool(re.fullmatch(f"[{_SINGLE}]", word))


@lru_cache(maxsize=20_000)
def fold_word(word: str) -> str:
    """A word as lower-case ASCII letters and digits; empty when nothing of it is left."""
    plain = unicodedata.normalize("NFKC", word).translate(_ARABIC)
    plain = _ARABIC_ARTICLE.sub("", plain)
    return _NOT_ASCII_WORD.sub("", anyascii(plain).lower())[:LONGEST_TOKEN]


def fold(text: str) -> list[str]:
    """The words of `text` in order, folded: `fold("Corazón, القلب, 心脏")` is `["corazon", "qlb", "xin", "zang"]`."""
    found = words(unicodedata.normalize("NFKC", text))
    return [token for word in found if (token := fold_word(word.group()))]
