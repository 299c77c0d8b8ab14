"""What the templates of every public page say: its address in each language, where the reader is, numbers and times."""

import json
from datetime import datetime

import phonenumbers
from babel import dates
from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info

from offices.kit.languages import babel_locale, is_rtl

register = template.Library()

# Open Graph names a language with a territory.
_OPEN_GRAPH = {
    "en": "en_US", "es": "es_LA", "ar": "ar_AR", "zh-hans": "zh_CN", "fr": "fr_FR", "id": "id_ID", "pt-br": "pt_BR",
    "ru": "ru_RU",
}  # fmt: skip
# As django.utils.html.json_script: nothing in the data can end the element that it stands in.
_IN_SCRIPT = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def _rest(path: str) -> str:
    """The address of a page behind its language."""
    prefix = f"/{get_language()}/"
    return path.removeprefix(prefix) if path.startswith(prefix) else ""


@register.simple_tag(takes_context=True)
def language_links(context) -> list[dict]:
    """The same page in every language: code, own name, direction and address. Outside a page: the home pages."""
    request, present = context.get("request"), get_language()
    rest = _rest(request.get_full_path()) if request else ""
    return [
        {
            "code": code,
            "name": capfirst(get_language_info(code)["name_local"]),
            "dir": "rtl" if is_rtl(code) else "ltr",
            "url": f"/{code}/{rest}",
            "is_present": code == present,
        }
        for code, _name in settings.LANGUAGES
    ]


@register.simple_tag(takes_context=True)
def page_addresses(context) -> dict:
    """For search engines: the page's `canonical` address, and its `alternates` as (hreflang, address); that of
    x-default has no language, and leads to the one of the browser."""
    request = context.get("request")
    rest = _rest(request.path) if request else ""
    alternates = [(code, f"{settings.SITE_URL}/{code}/{rest}") for code, _name in settings.LANGUAGES]
    return {
        "canonical": f"{settings.SITE_URL}/{get_language()}/{rest}",
        "alternates": [*alternates, ("x-default", f"{settings.SITE_URL}/{rest}")],
        "site": settings.SITE_URL,
        "locale": _OPEN_GRAPH.get(get_language(), "en_US"),
    }


@register.simple_tag(takes_context=True)
def here(context, *views: str) -> str:
    """The attribute that marks a link as the present page, the first of `views`, or as the part it belongs to."""
    match = getattr(context.get("request"), "resolver_match", None)
    if not match or match.view_name not in views:
        return ""
    return mark_safe(' aria-current="page"' if match.view_name == views[0] else ' aria-current="true"')


@register.filter
def json_ld(data) -> str:
    """A data block for search engines."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))


@register.filter
def phone_number(number) -> str:
    """A number in E.164 as people write it; anything else as it is."""
    try:
        parsed = phonenumbers.parse(str(number))
    except phonenumbers.NumberParseException:
        return str(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@register.filter
def clock_time(moment: datetime) -> str:
    """`9:00 AM`, as the reader's language writes it, in the moment's own time zone."""
    return dates.format_time(moment, "short", tzinfo=moment.tzinfo, locale=babel_locale())
