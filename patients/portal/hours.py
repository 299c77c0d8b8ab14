"""When an office is open today, by its own clock."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone

from offices.directory.models import Office
from offices.kit.clock import WorkingCalendar


@dataclass(frozen=True)
class OfficeDay:
    """An office and its day: `opens` and `closes` are None on a day off. `now` is the office's local time."""

    office: Office
    now: datetime
    opens: datetime | None
    closes: datetime | None

    @property
    def is_open(self) -> bool:
        return self.opens is not None and self.opens <= self.now < self.closes


@lru_cache(maxsize=512)
def _opening(calendar: WorkingCalendar, day: date) -> tuple[datetime, datetime] | None:
    return calendar.opening(day) if calendar.is_workday(day) else None


def office_day(office: Office, at: datetime | None = None) -> OfficeDay:
    now = (at or timezone.now()).astimezone(office.zone)
    opening = _opening(office.calendar, now.date())
    opens, closes = (moment.astimezone(office.zone) for moment in opening) if opening else (None, None)
    return OfficeDay(office, now, opens, closes)
