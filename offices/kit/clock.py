"""Working time of an office."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import holidays

from offices.kit.languages import desk_language

MAX_DAYS = 366

Span = tuple[time, time]  # local opening and closing, opens < closes
Day = tuple[Span, ...]  # () is a day off


@dataclass(frozen=True)
class WorkingCalendar:
    """When an office works, in its own time zone; every instant given back is in UTC, so that lengths are true.

    A span of a day runs from the first instant at which the local clock of that day shows its opening or later, to the
    first at which it shows its closing or later. So an opening in a skipped hour is the instant of the change, a
    repeated hour counts from its first showing, and a day that the zone skipped has no working time.
    """

    time_zone: str  # IANA
    week: tuple[Day, ...]  # seven, Monday first; the spans of a day in order, not overlapping
    holiday_country: str = ""  # ISO 3166 as known to `holidays`, or none
    own_days: tuple[tuple[date, Day], ...] = ()  # these stand over the week and the public holidays

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def _own_days(self) -> dict[date, Day]:
        return dict(self.own_days)

    def _hours(self, day: date) -> Day:
        own = self._own_days.get(day)
        if own is not None:
            return own
        return () if self._is_public_holiday(day) else self.week[day.weekday()]

    def _is_public_holiday(self, day: date) -> bool:
        return bool(self.holiday_country) and day in _public_holidays(self.holiday_country, day.year)

    def day_spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The working spans of a local day as instants, those of no length left out."""
        instants = ((_first_showing(self.zone, day, a), _first_showing(self.zone, day, b)) for a, b in self._hours(day))
        return tuple((opens, closes) for opens, closes in instants if opens < closes)

    def is_workday(self, day: date) -> bool:
        return bool(self.day_spans(day))

    def is_open(self, at: datetime) -> bool:
        return any(opens <= at for opens, _ in self._spans_after(at, days=2))

    def _spans_after(self, at: datetime, days: int = MAX_DAYS) -> Iterator[tuple[datetime, datetime]]:
        """The spans that end after `at` (aware), in order, of the local day of `at` and the days that follow it."""
        at = at.astimezone(UTC)
        today = at.astimezone(self.zone).date()
        for number in range(days):
            for opens, closes in self.day_spans(today + timedelta(days=number)):
                if at < closes:
                    yield opens, closes

    def span_at_or_after(self, at: datetime) -> tuple[datetime, datetime]:
        """The span that holds `at` (aware), else the next one. Raises ValueError when there is none within a year."""
        for span in self._spans_after(at):
            return span
        raise ValueError(f"This office does not work within {MAX_DAYS} days.")

    def next_opening(self, at: datetime) -> datetime:
        """`at` (aware) itself when the office works then, else the start of its next span. Raises as above."""
        return max(at.astimezone(UTC), self.span_at_or_after(at)[0])

    def business_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The working time in [start, end), both aware. Raises ValueError when `end` is before `start`."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end < start:
            raise ValueError("The end is before the start.")
        # One day more than the dates say: a clock set back over midnight shows the day before again.
        days = (end.astimezone(self.zone).date() - start.astimezone(self.zone).date()).days + 2
        worked = timedelta()
        for opens, closes in self._spans_after(start, days):
            if opens < end:
                worked += min(closes, end) - max(opens, start)
        return worked

    def add_business_hours(self, start: datetime, hours: float) -> datetime:
        """The earliest instant by which `hours` (0 or more) of working time have passed since `start` (aware).

        No hours end at the next opening. Raises ValueError when the office does not work that long within a year.
        """
        if hours < 0:
            raise ValueError("Working time only passes forward.")
        left = timedelta(hours=hours)
        start = start.astimezone(UTC)
        for opens, closes in self._spans_after(start):
            begins = max(start, opens)
            if begins + left <= closes:
                return begins + left
            left -= closes - begins
        raise ValueError(f"This office does not work {hours} hours within {MAX_DAYS} days.")

    def add_business_days(self, start: datetime, days: int) -> datetime:
        """The instant by which `days` usual days of work have passed since `start` (aware).

        The usual day is the longest of the week. Raises ValueError as above, and when no day of the week has work.
        """
        usual = max(sum((_length(span) for span in day), timedelta()) for day in self.week)
        if not usual:
            raise ValueError("This office does not work on any day of the week.")
        return self.add_business_hours(start, days * usual / timedelta(hours=1))

    def holiday_name(self, day: date, language: str) -> str:
        """The name of the public holiday in `language`, in English when there is none, empty on any other day."""
        if not self._is_public_holiday(day):
            return ""
        return _public_holidays(self.holiday_country, day.year, _holiday_language(self.holiday_country, language))[day]


def _length(span: Span) -> timedelta:
    opens, closes = (datetime.combine(date.min, at) for at in span)
    return closes - opens


def _first_showing(zone: ZoneInfo, day: date, at: time) -> datetime:
    """The first instant (UTC) at which the zone's clock shows `at` of `day`, or later."""
    wanted = datetime.combine(day, at)
    instant = wanted.replace(tzinfo=zone).astimezone(UTC)
    if _shown(zone, instant) == wanted:
        return instant
    # Skipped: the change, a whole second, lies between the readings by the clock after it and by the one before it.
    base = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(microsecond=0)
    low, high = 0, int((instant - base).total_seconds())
    while low < high:
        middle = (low + high) // 2
        if _shown(zone, base + timedelta(seconds=middle)) >= wanted:
            high = middle
        else:
            low = middle + 1
    return base + timedelta(seconds=low)


def _shown(zone: ZoneInfo, instant: datetime) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


# By whole years: a calendar of the library that grows while it is read is not safe between threads.
@lru_cache(maxsize=1024)
def _public_holidays(country: str, year: int, language: str = "en_US") -> dict[date, str]:
    return dict(holidays.country_holidays(country, years=year, expand=False, language=language))


@lru_cache(maxsize=1024)
def _holiday_language(country: str, language: str) -> str:
    """The language of the library nearest to `language` among those it has for the country."""
    supported = type(holidays.country_holidays(country)).supported_languages
    wanted = language.replace("_", "-").lower()
    exact = [code for code in supported if code.replace("_", "-").lower() == wanted]
    near = [code for code in supported if _speech(code) == _speech(wanted)]
    return next(iter(exact + near), "en_US")


def _speech(code: str) -> str:
    """The language of a code without its region; Chinese with its script."""
    code = code.replace("_", "-").lower()
    primary = code.partition("-")[0]
    return desk_language(code) if primary == "zh" else primary
