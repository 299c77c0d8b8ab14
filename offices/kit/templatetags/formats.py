"""Dates, times, languages and countries through Babel, in the active language."""

import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale, dates
from django import template
from django.template.defaultfilters import filesizeformat
from django.utils import timezone, translation
from django.utils.formats import get_format

from offices.kit import countries, languages

register = template.Library()


def zone_city(zone: ZoneInfo, locale: Locale) -> str:
    """The city that a time zone is named after, in a language: `Ciudad de México`."""
    return dates.get_timezone_location(zone, locale=locale, return_city=True)


def _comma(locale: Locale) -> str:
    return "،" if locale.language == "ar" else ","


@register.filter
def datetime_in(moment: datetime | None, time_zone: str) -> str:
    """`Tuesday, March 3, 2026, 4:30 PM (Mexico City)`: an aware moment in a zone that is always named."""
    if moment is None:
        return ""
    locale = languages.babel_locale()
    local = moment.astimezone(ZoneInfo(time_zone or "UTC"))
    day = dates.format_date(local, "full", locale=locale)
    clock = dates.format_time(local, "short", locale=locale)
    return f"{day}{_comma(locale)} {clock} ({zone_city(local.tzinfo, locale)})"


@register.filter
def short_datetime_in(moment: datetime | None, time_zone: str) -> str:
    """`Mar 3, 2026, 4:30 PM (GMT-06:00)`: day, time and the offset from UTC, for tables."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(time_zone or "UTC"))
    locale = languages.babel_locale()
    day, clock = dates.format_date(local, "medium", locale=locale), dates.format_time(local, "short", locale=locale)
    return f"{day}{_comma(locale)} {clock} ({dates.get_timezone_gmt(local, 'long', locale=locale)})"


@register.simple_tag
def now_in(time_zone: str) -> str:
    """The time of day in a zone, and where that is."""
    local = timezone.now().astimezone(ZoneInfo(time_zone or "UTC"))
    locale = languages.babel_locale()
    return f"{dates.format_time(local, 'short', locale=locale)} ({zone_city(local.tzinfo, locale)})"


@register.filter
def time_until(moment: datetime) -> str:
    """`in 3 hours`, `2 days ago`: from now to an aware moment."""
    return dates.format_timedelta(moment - timezone.now(), add_direction=True, locale=languages.babel_locale())


@register.filter
def long_date(day: date | None) -> str:
    return dates.format_date(day, "long", locale=languages.babel_locale()) if day else ""


@register.filter
def language_name(code: str) -> str:
    return languages.language_name(code)


@register.filter
def own_language_name(code: str) -> str:
    """The language's name in the language itself."""
    return languages.language_name(code, code)


@register.filter
def country_name(code) -> str:
    return countries.country_name(str(code))


@register.filter
def language_dir(code: str) -> str:
    return "rtl" if languages.is_rtl(code or translation.get_language() or "en") else "ltr"


@register.filter
def text_dir(text: str) -> str:
    """Direction of a text by its first strong letter (Unicode bidi P2); `auto` when it has none."""
    for letter in text or "":
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "auto"


@register.filter
def file_size(count: int) -> str:
    """`2 GB`, `1.4 MB`: as `filesizeformat`, without a decimal that is zero."""
    return filesizeformat(count).replace(f"{get_format('DECIMAL_SEPARATOR')}0\xa0", "\xa0")
