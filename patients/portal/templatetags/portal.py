"""What the templates of the portal say in many places."""

from datetime import datetime

import phonenumbers
from babel import dates
from django import template
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info

from offices.kit.languages import babel_locale, is_rtl

register = template.Library()


@register.simple_tag(takes_context=True)
def language_links(context) -> list[dict]:
    """The same page in every language: code, own name, direction and address. Outside a page: the home pages."""
    request, present = context.get("request"), get_language()
    path = request.get_full_path() if request else ""
    prefix = f"/{present}/"
    rest = path.removeprefix(prefix) if path.startswith(prefix) else ""
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
