"""Any server that speaks the LibreTranslate protocol: https://docs.libretranslate.com"""

import requests
from django.conf import settings

from offices.translation.engines.base import Draft

CODES = {"zh-hans": "zh", "zh-hant": "zt", "pt-br": "pt"}


class LibreTranslate:
    name = "LibreTranslate"

    def translates(self, source: str, target: str) -> bool:
        return bool(settings.LIBRETRANSLATE_URL)

    def draft(self, text: str, source: str, target: str) -> Draft:
        answer = requests.post(
            f"{settings.LIBRETRANSLATE_URL.rstrip('/')}/translate",
            json={
                "q": text,
                "source": CODES.get(source, source),
                "target": CODES.get(target, target),
                "format": "text",
                "api_key": settings.LIBRETRANSLATE_API_KEY,
            },
            timeout=60,
        )
        answer.raise_for_status()
        return Draft(text=answer.json()["translatedText"])
