"""Form fields that take what people type: digits of any script, line ends of any browser, long lists kept small."""

from datetime import date

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from offices.kit.names import without_bidi_controls

EARLIEST_YEAR = 1900


class CompactSelect(forms.Select):
    """A select without the white space and end tags that HTML lets out: a list of countries stays small."""

    template_name = "portal/select.html"


class LineField(forms.CharField):
    """Text on one line, without the invisible letters that turn the direction of what stands around them."""

    def to_python(self, value):
        return super().to_python(without_bidi_controls(value or ""))


class PlainTextField(forms.CharField):
    """Long text. Line ends count as one letter, and the browser cuts nothing off: too much is said, not lost."""

    def to_python(self, value):
        return super().to_python((value or "").replace("\r\n", "\n"))

    def widget_attrs(self, widget):
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


def parse_birth_date(day: str, month: str, year: str, today: date) -> date:
    """A date of birth from three typed parts, digits of any script. Raises ValidationError with what to mend."""
    if not (day and month and year):
        raise ValidationError(_("Enter the day, the month and the year of birth."), code="incomplete")
    try:
        birth_date = date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        message = _("This date does not exist. Check the day, the month and the year of birth.")
        raise ValidationError(message, code="no_such_date") from None
    if birth_date > today:
        raise ValidationError(_("The date of birth cannot be in the future."), code="future")
    if birth_date.year < EARLIEST_YEAR:
        message = _("Check the year of birth. Write it with four digits, as in the passport.")
        raise ValidationError(message, code="too_early")
    return birth_date


def parse_phone(typed: str, country: str) -> str:
    """E.164 of an international number, or of a national one of `country`. Raises ValidationError."""
    try:
        number = phonenumbers.parse(typed, country or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        message = _("Check the phone number. Begin with + and the country code, for example %(example)s.")
        raise ValidationError(message, code="invalid", params={"example": _example_number(country)})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _example_number(country: str) -> str:
    example = phonenumbers.example_number(country) or phonenumbers.example_number("MX")
    # Isolated, so that it keeps its order inside right-to-left text.
    return f"\u2066{phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)}\u2069"
