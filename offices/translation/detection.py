"""Which language a text is in."""

from functools import cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

from offices.kit.languages import SPOKEN

# Lingua's code for what SPOKEN writes with a region or script.
OURS = {"zh": "zh-hans", "pt": "pt-br"}


@cache
def _detector() -> LanguageDetector:
    codes = {code.split("-")[0].upper() for code in SPOKEN}
    known = [language for language in Language.all() if language.iso_code_639_1.name in codes]
    return LanguageDetectorBuilder.from_languages(*known).with_low_accuracy_mode().build()


def detect_language(text: str) -> str:
    """The text's language as a code of SPOKEN; empty when it cannot be told."""
    language = _detector().detect_language_of(text)
    if language is None:
        return ""
    code = language.iso_code_639_1.name.lower()
    return OURS.get(code, code)
