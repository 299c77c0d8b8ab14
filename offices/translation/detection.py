"""Which language a text is in."""

from functools import cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

from offices.kit.languages import SPOKEN

# Lingua's code for what SPOKEN writes with a region or script.
OURS = {"zh": "zh-hans", "pt": "pt-br"}
# Confidences: the likely language is given up when it is not even possible and another one is clear.
POSSIBLE, CLEAR = 0.1, 0.7


@cache
def _detector() -> LanguageDetector:
    codes = {code.split("-")[0].upper() for code in SPOKEN}
    known = [language for language in Language.all() if language.iso_code_639_1.name in codes]
    return LanguageDetectorBuilder.from_languages(*known).with_low_accuracy_mode().build()


def detect_language(text: str, likely: str = "") -> str:
    """The text's language as a code of SPOKEN; empty when it cannot be told.

    `likely` is the writer's own language: a few words tell little, so it stands unless the text is clearly in another.
    """
    if likely and _may_be(text, likely):
        return likely
    language = _detector().detect_language_of(text)
    if language is None:
        return ""
    code = _code(language)
    return OURS.get(code, code)


def _may_be(text: str, likely: str) -> bool:
    found = {_code(item.language): item.value for item in _detector().compute_language_confidence_values(text)}
    likely = likely.split("-")[0]
    if likely not in found:  # the detector does not know it and would name a neighbour of it: only English counts
        return found["en"] <= CLEAR
    return found[likely] >= POSSIBLE or max(found.values()) <= CLEAR


def _code(language: Language) -> str:
    return language.iso_code_639_1.name.lower()
