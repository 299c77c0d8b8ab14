"""Any server that speaks the LibreTranslate protocol: https://docs.libretranslate.com"""

import logging

import requests
from django.conf import settings
from django.core.cache import cache

from offices.translation.engines.base import Draft

# Its names for a code of ours, the best first: they changed between its versions.
NAMES = {
    "zh-hans": ("zh-hans", "zh"), "zh-hant": ("zh-hant", "zt"), "pt-br": ("pt-br", "pb", "pt"), "no": ("nb",),
    "fil": ("tl",),
}  # fmt: skip
KNOWN_FOR_S = 600
log = logging.getLogger(__name__)


class LibreTranslate:
    name = "LibreTranslate"

    def translates(self, source: str, target: str) -> bool:
        """Also False when the server cannot be asked, so that another engine or a person takes over."""
        try:
            return bool(settings.LIBRETRANSLATE_URL) and _pair(source, target) is not None
        except requests.RequestException as error:
            log.warning("LibreTranslate cannot be asked for its languages: %s", error)
            return False

    def draft(self, text: str, source: str, target: str) -> Draft | None:
        source, target = _pair(source, target) or (source, target)
        answer = requests.post(
            _address("translate"),
            json={
                "q": text,
                "source": source,
                "target": target,
                "format": "text",
                "api_key": settings.LIBRETRANSLATE_API_KEY,
            },
            timeout=60,
        )
        if answer.status_code == 400:  # it will not take this text: no attempt would change that
            log.warning("LibreTranslate refused a text from %s into %s", source, target)
            return None
        answer.raise_for_status()
        return Draft(text=answer.json()["translatedText"])


def _address(path: str) -> str:
    return f"{settings.LIBRETRANSLATE_URL.rstrip('/')}/{path}"


def _pair(source: str, target: str) -> tuple[str, str] | None:
    """The server's own names of both languages; None when it does not translate the one into the other."""
    address = _address("languages")
    languages = cache.get(address)
    if languages is None:
        answer = requests.get(address, timeout=5)
        answer.raise_for_status()
        rows = answer.json()
        every = [row["code"] for row in rows]  # an old server names no targets: it translates every pair
        languages = {row["code"]: row.get("targets", every) for row in rows}
        cache.set(address, languages, KNOWN_FOR_S)
    pairs = ((known, into) for known in _named(source, languages) for into in _named(target, languages[known]))
    return next(pairs, None)


def _named(code: str, languages) -> list[str]:
    names = NAMES.get(code, (code,))
    found = {language.lower(): language for language in languages}
    return [found[name] for name in names if name in found]
