"""Fields that take exactly what they say, each error with a stable code."""

import re
import unicodedata
from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django_countries import countries
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
FURTHEST_EAST = timedelta(hours=14)
OLDEST_YEARS = 130


class StrictText(serializers.CharField):
    """Text, trimmed and in Unicode's composed form; a number is not text here."""

    default_error_messages = {"invalid": _("This must be text.")}

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return unicodedata.normalize("NFC", super().to_internal_value(data))


class Email(serializers.EmailField):
    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(
    {"type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166-1 alpha-2.", "examples": ["MX"]}
)
class Country(StrictText):
    default_error_messages = {"invalid_country": _("“%(value)s” is not an ISO 3166-1 alpha-2 country code.")}

    def to_internal_value(self, data):
        code = super().to_internal_value(data)
        if code not in countries.countries:
            raise serializers.ValidationError(
                self.error_messages["invalid_country"] % {"value": code}, code="invalid_country"
            )
        return code
