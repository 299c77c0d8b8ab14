"""The department's map of itself: `offices` (with regions), `services`, and `people`, who sign in."""

from offices.directory.models.offices import (
    ChannelKind,
    Office,
    OfficeChannel,
    OfficeCountry,
    OfficeDay,
    OfficeHours,
    Region,
    Weekday,
)
from offices.directory.models.people import Absence, Level, StaffLanguage, User
from offices.directory.models.services import Physician, Programme, ServiceLine, Specialty
from offices.directory.models.validators import validate_language, validate_languages, validate_time_zone

__all__ = [
    "Absence",
    "ChannelKind",
    "Level",
    "Office",
    "OfficeChannel",
    "OfficeCountry",
    "OfficeDay",
    "OfficeHours",
    "Physician",
    "Programme",
    "Region",
    "ServiceLine",
    "Specialty",
    "StaffLanguage",
    "User",
    "Weekday",
    "validate_language",
    "validate_languages",
    "validate_time_zone",
]
