"""What the directory's fields take."""

from zoneinfo import available_timezones

import holidays
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from offices.kit.languages import SPOKEN


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone of the IANA list."), params={"name": name})


def validate_holiday_country(code: str) -> None:
    if code not in holidays.list_supported_countries():
        raise ValidationError(_("The public holidays of “%(code)s” are not known."), params={"code": code})


def validate_languages(codes: list[str]) -> None:
    for code in codes:
        validate_language(code)


def validate_language(code: str) -> None:
    if code not in SPOKEN:
        raise ValidationError(_("“%(code)s” is not the code of a language that we know."), params={"code": code})
