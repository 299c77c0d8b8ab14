"""Dates typed in three parts, digits of any script; a date of birth in the Hijri calendar too."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from hijridate import Hijri

from patients.portal import choices
from patients.portal.fields import CompactSelect, parse_birth_date

HIJRI_MONTHS = (
    _("Muharram"), _("Safar"), _("Rabi I"), _("Rabi II"), _("Jumada I"), _("Jumada II"), _("Rajab"), _("Shaban"),
    _("Ramadan"), _("Shawwal"), _("Dhu al-Qadah"), _("Dhu al-Hijjah"),
)  # fmt: skip


class PartsDate(forms.MultiWidget):
    """`<name>_day`, `<name>_month`, `<name>_year`; `value` is an ISO date, a date, or the typed parts."""

    template_name = "portal/date_parts.html"
    use_fieldset = True

    def __init__(self, more=None, autocomplete=False):
        number = {"inputmode": "numeric", "dir": "ltr"}
        names = {part: f"bday-{part}" if autocomplete else "off" for part in ("day", "month", "year")}
        parts = {
            "day": forms.TextInput({**number, "autocomplete": names["day"], "maxlength": 2}),
            "month": CompactSelect({"autocomplete": names["month"]}),
            "year": forms.TextInput({**number, "autocomplete": names["year"], "maxlength": 4}),
        }
        super().__init__(parts | (more or {}))

    def decompress(self, value):
        empty = [""] * (len(self.widgets) - 3)
        if not value:
            return ["", "", "", *empty]
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return [str(day.day), str(day.month), str(day.year), *empty]

    def id_for_label(self, id_):
        return f"{id_}_0"


class PartsDateField(forms.Field):
    """A date, or None when all its parts are empty."""

    widget = PartsDate

    def __init__(self, **options):
        super().__init__(**options)
        self.widget.widgets[1].choices = [("", _("Choose")), *choices.month_choices(get_language())]

    def clean(self, value):
        parts = [str(part or "").strip() for part in value or ["", "", ""]]
        if not any(parts):
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        return self.parse(parts)

    def parse(self, parts: list[str]) -> date:
        day, month, year = parts
        if not all(parts):
            raise ValidationError(_("Enter the day, the month and the year."), code="incomplete")
        try:
            return date(int(year), int(month), int(day))
        except (ValueError, OverflowError):
            message = _("This date does not exist. Check the day, the month and the year.")
            raise ValidationError(message, code="no_such_date") from None


class BirthDateField(PartsDateField):
    """A date of birth. In the Hijri calendar (Umm al-Qura, 1343 to 1500) it becomes its Gregorian day."""

    def __init__(self, **options):
        number = {"inputmode": "numeric", "dir": "ltr", "autocomplete": "off"}
        hijri = {
            "hijri_day": forms.TextInput({**number, "maxlength": 2}),
            "hijri_month": CompactSelect,
            "hijri_year": forms.TextInput({**number, "maxlength": 4}),
        }
        widget = PartsDate(more=hijri, autocomplete=True)
        widget.template_name = "portal/birth_date_parts.html"
        super().__init__(widget=widget, **options)
        months = [(str(number), name) for number, name in enumerate(HIJRI_MONTHS, 1)]
        self.widget.widgets[4].choices = [("", _("Choose")), *months]

    def parse(self, parts: list[str]) -> date:
        today = timezone.now().date()
        if any(parts[:3]):
            return parse_birth_date(*parts[:3], today)
        day = _gregorian(*parts[3:])
        return parse_birth_date(str(day.day), str(day.month), str(day.year), today)


def _gregorian(day: str, month: str, year: str) -> date:
    if not (day and month and year):
        raise ValidationError(_("Enter the day, the month and the year of birth."), code="incomplete")
    try:
        return date(*Hijri(int(year), int(month), int(day)).to_gregorian().datetuple())
    except (ValueError, OverflowError):
        message = _("This date does not exist in the Hijri calendar. Check the day, the month and the year of birth.")
        raise ValidationError(message, code="no_such_date") from None
