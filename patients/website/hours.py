"""An office by its own clock: whether it is open, when it opens, its week, and the days on which that differs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from babel import Locale, dates
from babel.core import get_global
from django.utils import timezone
from django.utils.translation import get_language

from offices.directory.models import Office
from offices.kit.clock import Day
from offices.kit.languages import babel_locale

DAYS_AHEAD = 60


def _first_weekday(locale: Locale) -> int:
    """0 for Monday, as where most speakers live: CLDR knows it of territories alone."""
    likely = get_global("likely_subtags").get(str(locale), str(locale))
    return Locale.parse(likely).first_week_day


@dataclass(frozen=True)
class Week:
    """A run of weekdays with the same hours; `spans` is empty for days off."""

    days: str
    spans: Day


@dataclass(frozen=True)
class SpecialDay:
    day: date
    name: str
    spans: Day


class OfficeClock:
    """`office` must come from `Office.objects.with_calendar()`; `at` is an aware moment, now without one."""

    def __init__(self, office: Office, at: datetime | None = None):
        self.office, self.calendar = office, office.calendar
        self.now = (at or timezone.now()).astimezone(office.zone)
        self.today = [
            (opens.astimezone(office.zone), closes.astimezone(office.zone))
            for opens, closes in self.calendar.day_spans(self.now.date())
        ]

    @cached_property
    def is_open(self) -> bool:
        return self.calendar.is_open(self.now)

    @cached_property
    def _span(self) -> tuple[datetime, datetime] | None:
        try:
            opens, closes = self.calendar.span_at_or_after(self.now)
        except ValueError:
            return None
        return opens.astimezone(self.office.zone), closes.astimezone(self.office.zone)

    @property
    def closes(self) -> str:
        """The time at which the office, now open, closes, by its own clock."""
        return dates.format_time(self._span[1], "short", tzinfo=self.office.zone, locale=babel_locale())

    @property
    def opens(self) -> str:
        """Day and time of the next opening by the office's clock; empty when there is none within a year."""
        if not self._span:
            return ""
        opens, locale = self._span[0], babel_locale()
        is_near = opens.date() - self.now.date() < timedelta(days=7)
        day = dates.format_date(opens, "EEEE" if is_near else "full", locale=locale)
        clock = dates.format_time(opens, "short", tzinfo=self.office.zone, locale=locale)
        return dates.get_datetime_format("short", locale=locale).replace("'", "").format(clock, day)

    @property
    def local_time(self) -> str:
        return dates.format_time(self.now, "short", tzinfo=self.office.zone, locale=babel_locale())

    @property
    def week(self) -> list[Week]:
        """From the first weekday of the reader's locale on; days that follow each other with the same hours in one."""
        locale = babel_locale()
        names = locale.days["stand-alone"]["wide"]
        order = [(_first_weekday(locale) + number) % 7 for number in range(7)]
        runs: list[list[int]] = []
        for day in order:
            if runs and self.calendar.week[runs[-1][-1]] == self.calendar.week[day]:
                runs[-1].append(day)
            else:
                runs.append([day])
        return [
            Week(names[run[0]] if len(run) == 1 else f"{names[run[0]]} – {names[run[-1]]}", self.calendar.week[run[0]])
            for run in runs
        ]

    @property
    def special_days(self) -> list[SpecialDay]:
        """The office's own days and the public holidays within the next DAYS_AHEAD days."""
        own_days = {own.day: own for own in self.office.own_days.all()}
        found = []
        for number in range(DAYS_AHEAD + 1):
            day = self.now.date() + timedelta(days=number)
            holiday = self.calendar.holiday_name(day, get_language())
            if own := own_days.get(day):
                found.append(SpecialDay(day, own.name or holiday, own.spans))
            elif holiday:
                found.append(SpecialDay(day, holiday, ()))
        return found
