"""What the request form offers to choose from, named and sorted in the reader's language."""

import unicodedata
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global
from django.conf import settings
from django.utils import translation
from django_countries import countries

from offices.kit.languages import SPOKEN, babel_locale, language_name

Choices = tuple[tuple[str, str], ...]

TIME_ZONES = (
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Tijuana", "America/Denver",
    "America/Chicago", "America/Mexico_City", "America/Guatemala", "America/Costa_Rica", "America/New_York",
    "America/Toronto", "America/Havana", "America/Bogota", "America/Lima", "America/Guayaquil", "America/Panama",
    "America/Caracas", "America/La_Paz", "America/Santo_Domingo", "America/Santiago", "America/Asuncion",
    "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "America/Montevideo", "Atlantic/Azores", "Europe/London",
    "Europe/Lisbon", "Africa/Casablanca", "Africa/Algiers", "Africa/Lagos", "Africa/Tunis", "Europe/Madrid",
    "Europe/Paris", "Europe/Berlin", "Europe/Rome", "Europe/Warsaw", "Europe/Athens", "Europe/Bucharest",
    "Europe/Kyiv", "Africa/Cairo", "Africa/Johannesburg", "Asia/Jerusalem", "Asia/Beirut", "Asia/Amman",
    "Europe/Istanbul", "Europe/Moscow", "Asia/Baghdad", "Asia/Riyadh", "Asia/Kuwait", "Asia/Qatar",
    "Africa/Nairobi", "Asia/Tehran", "Asia/Dubai", "Asia/Muscat", "Asia/Baku", "Asia/Tbilisi", "Asia/Yerevan",
    "Asia/Kabul", "Asia/Karachi", "Asia/Tashkent", "Asia/Almaty", "Asia/Yekaterinburg", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Dhaka", "Asia/Novosibirsk", "Asia/Bangkok", "Asia/Jakarta", "Asia/Ho_Chi_Minh",
    "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Manila",
    "Australia/Perth", "Asia/Makassar", "Asia/Tokyo", "Asia/Seoul", "Asia/Vladivostok", "Australia/Sydney",
    "Pacific/Auckland",
)  # fmt: skip
# CLDR keeps the names of these cities under the zones' old names.
_CLDR_NAMES = {
    "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
    "Asia/Ho_Chi_Minh": "Asia/Saigon",
    "Asia/Kathmandu": "Asia/Katmandu",
    "Asia/Kolkata": "Asia/Calcutta",
    "Europe/Kyiv": "Europe/Kiev",
}


def _sort_key(name: str, language: str):
    """Chinese in the order of its national character set, which is by pinyin for the common characters; other scripts
    by their letters without marks, so that É stands with E and أ with ا."""
    if language.startswith("zh"):
        return name.encode("gb18030")
    letters = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@lru_cache(maxsize=32)
def country_choices(language: str) -> Choices:
    with translation.override(language):
        return tuple(sorted(countries, key=lambda choice: _sort_key(choice[1], language)))


@lru_cache(maxsize=32)
def language_choices(language: str) -> Choices:
    """The languages of the pages first, then the others by name."""
    named = [(code, language_name(code, language)) for code in SPOKEN]
    shipped = len(settings.LANGUAGES)
    return tuple(named[:shipped] + sorted(named[shipped:], key=lambda choice: _sort_key(choice[1], language)))


@lru_cache(maxsize=32)
def month_choices(language: str) -> Choices:
    # Babel 2.18 mixes up stand-alone months that a locale takes over from its parent; Russian has its own.
    context = "stand-alone" if language == "ru" else "format"
    months = babel_locale(language).months[context]["wide"]
    return tuple((str(number), months[number]) for number in range(1, 13))


@lru_cache(maxsize=64)
def time_zone_choices(language: str, day: date) -> Choices:
    """Cities by their offset from UTC on `day`, west to east: `Mexico City (UTC−06:00)`."""
    locale = babel_locale(language)
    noon = datetime.combine(day, time(12), UTC)
    offsets = {name: noon.astimezone(ZoneInfo(name)).utcoffset() for name in TIME_ZONES}
    return tuple(
        (name, f"{_city(name, locale)} (UTC{_offset(offsets[name])})")
        for name in sorted(TIME_ZONES, key=lambda name: offsets[name])
    )


def _city(name: str, locale: Locale) -> str:
    known = locale.time_zones.get(_CLDR_NAMES.get(name, name), {}).get("city")
    return known or name.rpartition("/")[2].replace("_", " ")


def _offset(offset) -> str:
    minutes = int(offset.total_seconds() // 60)
    sign = "−" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@lru_cache(maxsize=1)
def known_time_zones() -> frozenset[str]:
    """The names of all time zones, read from the disk once: that takes a while."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, list[str]]:
    by_country: dict[str, list[str]] = {}
    for zone, country in get_global("zone_territories").items():
        if zone in known_time_zones():
            by_country.setdefault(country, []).append(zone)
    return by_country


def only_time_zone(country: str) -> str:
    """The time zone of a country that has one, else nothing."""
    zones = _zones_by_country().get(country, [])
    return zones[0] if len(zones) == 1 else ""
