"""Text in pictures, by Tesseract where it is installed, in the languages that are installed with it."""

import re
from functools import cache

import pytesseract
from PIL import Image

# Tesseract's name of a language of ours, by script as it names them.
_BY_SCRIPT = {
    "Latin": {
        "en": "eng", "es": "spa", "fr": "fra", "pt": "por", "id": "ind", "de": "deu", "it": "ita", "tr": "tur",
        "pl": "pol", "nl": "nld", "vi": "vie", "ro": "ron", "ms": "msa", "sw": "swa",
    },
    "Arabic": {"ar": "ara", "fa": "fas", "ur": "urd"},
    "Cyrillic": {"ru": "rus", "uk": "ukr", "kk": "kaz"},
    "Han": {"zh": "chi_sim", "zh-hant": "chi_tra"},
    "Japanese": {"ja": "jpn"},
    "Korean": {"ko": "kor"},
    "Hebrew": {"he": "heb"},
    "Greek": {"el": "ell"},
    "Devanagari": {"hi": "hin", "ne": "nep"},
    "Thai": {"th": "tha"},
}  # fmt: skip
# More at once read worse and take longer.
MOST_LANGUAGES = 3
LEAST_SECONDS = 5


@cache
def is_there() -> bool:
    """Whether Tesseract and a language for it are installed. Asked once a process."""
    return bool(_installed())


@cache
def _installed() -> frozenset[str]:
    try:
        return frozenset(pytesseract.get_languages()) - {"osd"}
    except (pytesseract.TesseractError, OSError):  # TesseractNotFoundError is an OSError
        return frozenset()


def read_picture(picture: Image.Image, language: str = "", *, seconds: float = 60) -> str:
    """The text in an RGB picture; of `language`, its sender's, where the script agrees. Empty when time is up."""
    script, turn = _script_and_turn(picture, seconds)
    if turn:
        picture = picture.rotate(-turn, expand=True, fillcolor="white")
    try:
        return pytesseract.image_to_string(picture, lang="+".join(languages_for(script, language)), timeout=seconds)
    except RuntimeError as error:
        if isinstance(error, pytesseract.TesseractError):
            raise
        return ""  # pytesseract says in this way that time is up


def languages_for(script: str, language: str) -> list[str]:
    """Tesseract's languages for a page in `script` (empty when it cannot be told) from somebody who has `language`."""
    mine = _tesseract_name(language)
    theirs = list(_BY_SCRIPT.get(script, {}).values())
    wanted = [mine] if mine and (not script or mine in theirs) else []
    if not wanted:
        wanted = theirs
    found = [name for name in wanted if name in _installed() and name != "eng"][: MOST_LANGUAGES - 1]
    if "eng" in _installed():  # numbers, units and names of medicines are Latin everywhere
        found.append("eng")
    return found or sorted(_installed())[:1]


def _tesseract_name(language):
    for names in _BY_SCRIPT.values():
        for code in (language, language.split("-")[0]):
            if code in names:
                return names[code]
    return ""


def _script_and_turn(picture, seconds):
    """Tesseract's guess of the script, and by how many degrees to turn the page clockwise; ("", 0) when unsure."""
    try:
        told = pytesseract.image_to_osd(picture, timeout=max(LEAST_SECONDS, seconds / 4))
    except (pytesseract.TesseractError, RuntimeError):  # too few letters, no data for it, or time is up
        return "", 0
    found = dict(re.findall(r"^(Rotate|Orientation confidence|Script|Script confidence): (\S+)$", told, re.M))
    turn = int(found.get("Rotate", 0)) if float(found.get("Orientation confidence", 0)) > 2 else 0
    return (found.get("Script", "") if float(found.get("Script confidence", 0)) > 0.5 else ""), turn
