"""Languages people speak and write, beyond the eight the pages are in."""

from babel import Locale
from babel.core import UnknownLocaleError
from django.conf import settings
from django.utils import translation

RTL = frozenset({"ar", "dv", "fa", "he", "ku-arab", "ps", "sd", "ug", "ur", "yi"})

# Spoken by patients; the eight of the pages first. BCP 47, lower case.
SPOKEN = (
    "en", "es", "ar", "zh-hans", "fr", "id", "pt-br", "ru",
    "am", "az", "bn", "cs", "da", "de", "el", "fa", "fi", "fil", "he", "hi", "hr", "hu", "hy", "it", "ja", "ka",
    "kk", "km", "ko", "ky", "lo", "mn", "ms", "my", "ne", "nl", "no", "pl", "ps", "pt", "ro", "si", "so", "sr", "sv",
    "sw", "ta", "tg", "th", "tk", "tr", "uk", "ur", "uz", "vi", "yo", "zh-hant", "zu",
)  # fmt: skip


def babel_locale(code: str | None = None) -> Locale:
    """Babel's locale of a language code; of the active language without one; English when unknown."""
    code = code or translation.get_language() or settings.LANGUAGE_CODE
    try:
        return Locale.parse(code.replace("-", "_"), sep="_")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def is_known_language(code: str) -> bool:
    """Whether `code` is a BCP 47 tag whose language CLDR can name."""
    try:
        locale = Locale.parse(code.replace("-", "_"), sep="_")
    except (UnknownLocaleError, ValueError, TypeError):
        return False
    return locale.language in Locale("en").languages


def language_name(code: str, locale: str | None = None) -> str:
    """The language's name in `locale`, or in the active language."""
    if not code:
        return ""
    return babel_locale(code).get_display_name(babel_locale(locale)) or code


def desk_language(code: str) -> str:
    """The code of SPOKEN that stands for a regional tag ("es-mx": "es"); the tag itself, lower case, when none does."""
    code = code.lower()
    primary, *rest = code.split("-")
    if code in SPOKEN:
        return code
    if primary == "zh":
        is_traditional = "hant" in rest or ("hans" not in rest and not {"tw", "hk", "mo"}.isdisjoint(rest))
        return "zh-hant" if is_traditional else "zh-hans"
    return primary if primary in SPOKEN else code


def page_language(code: str) -> str:
    """The shipped language nearest to `code`; English when there is none."""
    try:
        return translation.get_supported_language_variant(code)
    except LookupError:
        return settings.LANGUAGE_CODE


def ascii_digits(text: str) -> str:
    """`text` with digits of any script as 0 to 9."""
    return "".join(str(int(letter)) if letter.isdecimal() else letter for letter in text)


def spoken_choices() -> list[tuple[str, str]]:
    """(code, name) of every language of SPOKEN, by its name in the active language."""
    return sorted(((code, language_name(code)) for code in SPOKEN), key=lambda choice: choice[1])


def is_rtl(code: str) -> bool:
    """Whether text in `code` runs from right to left."""
    return code in RTL or code.split("-")[0] in RTL
