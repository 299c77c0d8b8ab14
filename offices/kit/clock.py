"""Working time of an office."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import holidays

MAX_DAYS = 366


@dataclass(frozen=True)
class WorkingCalendar:
    """When an office works: ISO weekdays (1 Monday .. 7 Sunday), opening and closing in its own time zone.

    `holiday_country` is an ISO 3166 code known to the `holidays` library, or empty for none.
    """

    time_zone: str
    workdays: tuple[int, ...]
    opens_at: time
    closes_at: time
    holiday_country: str = ""
    days_off: frozenset[date] = field(default_factory=frozenset)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def _public_holidays(self):
        return holidays.country_holidays(self.holiday_country) if self.holiday_country else {}

    def is_workday(self, day: date) -> bool:
        return day.isoweekday() in self.workdays and day not in self.days_off and day not in self._public_holidays

    def opening(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of `day`, in UTC so that lengths are true over a clock change."""
        start = datetime.combine(day, self.opens_at, self.zone)
        end = datetime.combine(day, self.closes_at, self.zone)
        return start.astimezone(UTC), end.astimezone(UTC)

    def is_open(self, at: datetime) -> bool:
        day = at.astimezone(self.zone).date()
        start, end = self.opening(day)
        return self.is_workday(day) and start <= at < end

    def add_business_hours(self, start: datetime, hours: float) -> datetime:
        """The instant (UTC) at which `hours` of working time have passed since `start` (aware).

        Raises ValueError when the office does not work that long within a year.
        """
        left = timedelta(hours=hours)
        moment = start.astimezone(UTC)
        day = moment.astimezone(self.zone).date()
        for _ in range(MAX_DAYS):
            if self.is_workday(day):
                opens, closes = self.opening(day)
                moment = max(moment, opens)
                if moment < closes:
                    if moment + left <= closes:
                        return moment + left
                    left -= closes - moment
            day += timedelta(days=1)
        raise ValueError(f"This office does not work {hours} hours within {MAX_DAYS} days.")

    def add_business_days(self, start: datetime, days: int) -> datetime:
        """The instant (UTC) by which `days` full working days have passed since `start` (aware)."""
        opens, closes = self.opening(start.astimezone(self.zone).date())
        return self.add_business_hours(start, days * (closes - opens) / timedelta(hours=1))
