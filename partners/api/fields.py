"""Fields that take exactly what they say, each error with a stable code."""

import re
import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from offices.kit.languages import is_known_language
from offices.kit.names import BIDI_CONTROLS

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")
# Where a new day begins first, so that nobody's today is in the future.
FURTHEST_EAST = ZoneInfo("Pacific/Kiritimati")
OLDEST = timedelta(days=130 * 366)
LONGEST_LANGUAGE = 12


def or_empty(schema):
    """How a field that may be blank is described: drf-spectacular would put the default "" where it is not valid."""
    return {"anyOf": [schema, {"type": "string", "maxLength": 0}]}


class StrictText(serializers.CharField):
    """Text, trimmed and in Unicode's composed form; a number is not text here."""

    default_error_messages = {"invalid": _("This must be text.")}

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return unicodedata.normalize("NFC", super().to_internal_value(data))


class Line(StrictText):
    """Text on one line."""

    default_error_messages = {"forbidden_character": _("Line breaks and control characters are not allowed here.")}

    def to_internal_value(self, data):
        text = super().to_internal_value(data)
        letters = set(text)
        if letters & BIDI_CONTROLS or {"Cc", "Zl", "Zp"} & {unicodedata.category(letter) for letter in letters}:
            self.fail("forbidden_character")
        return text


@extend_schema_field(or_empty({"type": "string", "format": "email", "maxLength": 254}))
class Email(serializers.EmailField):
    """In lower case."""

    default_error_messages = {"invalid": _("This is not an e-mail address.")}

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data.lower())


@extend_schema_field(or_empty({"type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$", "examples": ["+525555010123"]}))
class Phone(StrictText):
    default_error_messages = {"invalid_phone": _("This is not a phone number in E.164, such as +525555010123.")}

    def to_internal_value(self, data):
        number = super().to_internal_value(data)
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            self.fail("invalid_phone")
        if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != number:
            self.fail("invalid_phone")
        if not phonenumbers.is_possible_number(parsed):
            self.fail("invalid_phone")
        return number


@extend_schema_field(
    {"type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166-1 alpha-2.", "examples": ["MX"]}
)
class Country(StrictText):
    default_error_messages = {"invalid_country": _("This is not an ISO 3166-1 alpha-2 country code, such as MX.")}

    def to_internal_value(self, data):
        code = super().to_internal_value(data)
        if code not in countries.countries:
            self.fail("invalid_country")
        return code


@extend_schema_field(
    {
        "type": "string",
        "maxLength": LONGEST_LANGUAGE,
        "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        "description": "BCP 47.",
        "examples": ["es", "zh-Hans"],
    }
)
class Language(StrictText):
    default_error_messages = {"invalid_language": _("This is not a BCP 47 language tag, such as es or zh-Hans.")}

    def to_internal_value(self, data):
        code = super().to_internal_value(data).lower()
        if len(code) > LONGEST_LANGUAGE or not LANGUAGE_TAG.fullmatch(code) or not is_known_language(code):
            self.fail("invalid_language")
        return code


class PastDay(serializers.DateField):
    """A day, as YYYY-MM-DD alone, that has begun somewhere on Earth."""

    default_error_messages = {
        "invalid": _("This is not a day in the form YYYY-MM-DD."),
        "in_future": _("This day is in the future."),
        "too_long_ago": _("This day is too long ago."),
    }

    def to_internal_value(self, value):
        if not isinstance(value, str) or not DAY.fullmatch(value):
            self.fail("invalid")
        day, today = super().to_internal_value(value), datetime.now(FURTHEST_EAST).date()
        if day > today:
            self.fail("in_future")
        if day < today - OLDEST:
            self.fail("too_long_ago")
        return day
