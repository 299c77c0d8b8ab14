"""How alike two names are, in any order, script and spelling."""

from collections.abc import Iterable
from enum import IntEnum

from jellyfish import jaro_winkler_similarity

from patients.intake.models import Patient
from patients.intake.sounds import PARTICLES, NameWord, joined, name_words, sounds, writes_vowels

LONGEST_JOIN = 3
MISTYPED, SHORTEST_MISTYPED, SOUNDS_SO = 0.92, 3, 0.78


class NameLikeness(IntEnum):
    """From nothing in common to every word the same. NEAR: every word has one like it, some of them barely."""

    NONE = 0
    GIVEN = 1
    PART = 2
    FAMILY = 3
    NEAR = 4
    WITHIN = 5
    SOUNDS = 6
    SAME = 7


class Likeness(IntEnum):
    """Of two words."""

    NONE = 0
    BARELY = 1
    SOUNDS = 2
    SAME = 3


def compare_names(one: Patient, other: Patient) -> NameLikeness:
    """The best that any form of the one's name has with any form of the other's."""
    best = max(_compare(a, b) for a in _forms(one) for b in _forms(other))
    return best if best >= NameLikeness.NEAR else max(best, _compare_parts(one, other))


def _forms(patient: Patient) -> list[list[NameWord]]:
    forms = [_telling(f"{patient.given_names} {patient.family_name}"), _telling(patient.native_name)]
    return [form for form in forms if form] or [[]]


def _telling(text: str) -> list[NameWord]:
    found = name_words(text)
    return [word for word in found if word.token not in PARTICLES] or found


def _compare(one: list[NameWord], other: list[NameWord]) -> NameLikeness:
    if not (one and other):
        return NameLikeness.NONE
    found, left, right = _pair(one, other)
    if not found:
        return NameLikeness.NONE
    is_whole = len(left) == len(one) and len(right) == len(other)
    if is_whole:
        return {
            Likeness.SAME: NameLikeness.SAME, Likeness.SOUNDS: NameLikeness.SOUNDS
        }.get(min(found), NameLikeness.NEAR)  # fmt: skip
    is_within = len(left) == len(one) > 1 or len(right) == len(other) > 1
    if is_within:
        return NameLikeness.WITHIN if min(found) > Likeness.BARELY else NameLikeness.NEAR
    return NameLikeness.PART if 1 in (len(one), len(other)) and max(found) > Likeness.BARELY else NameLikeness.NONE


def _pair(one: list[NameWord], other: list[NameWord]) -> tuple[list[Likeness], set[int], set[int]]:
    """The likeness of each pair of words that go together, and which words of each name have one. The best go first;
    a word may go with a run of several."""
    pairs = [
        (likeness, len(mine) + len(theirs), mine, theirs)
        for mine in _spans(one)
        for theirs in _spans(other)
        if 1 in (len(mine), len(theirs)) and (likeness := compare_words(_run(one, mine), _run(other, theirs)))
    ]
    found, left, right = [], set(), set()
    for likeness, _length, mine, theirs in sorted(pairs, key=lambda pair: pair[:2], reverse=True):
        if left.isdisjoint(mine) and right.isdisjoint(theirs):
            found.append(likeness)
            left.update(mine)
            right.update(theirs)
    return found, left, right


def _spans(found: list[NameWord]) -> list[range]:
    return [
        range(start, end)
        for start in range(len(found))
        for end in range(start + 1, min(start + LONGEST_JOIN, len(found)) + 1)
    ]


def _run(found: list[NameWord], span: range) -> NameWord:
    return joined([found[at] for at in span])


def compare_words(one: NameWord, other: NameWord) -> Likeness:
    if one.token == other.token:
        return Likeness.SAME
    alike = jaro_winkler_similarity(one.token, other.token)
    if sounds(one) & sounds(other):
        has_vowels = writes_vowels(one) and writes_vowels(other)
        return Likeness.SOUNDS if alike >= SOUNDS_SO or not has_vowels else Likeness.BARELY
    is_long = min(len(one.token), len(other.token)) >= SHORTEST_MISTYPED
    return Likeness.BARELY if alike >= MISTYPED and is_long else Likeness.NONE


def _compare_parts(one: Patient, other: Patient) -> NameLikeness:
    if _agree(_telling(one.family_name), _telling(other.family_name)):
        return NameLikeness.FAMILY
    if _agree(_telling(one.given_names), _telling(other.given_names)):
        return NameLikeness.GIVEN
    return NameLikeness.NONE


def _agree(one: Iterable[NameWord], other: Iterable[NameWord]) -> bool:
    """Whether a word of each is the same, or sounds so."""
    return any(compare_words(a, b) > Likeness.BARELY for a in one for b in other)
