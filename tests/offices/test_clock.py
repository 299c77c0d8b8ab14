from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from offices.kit.clock import MAX_DAYS, WorkingCalendar

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OFF = ()
NINE_TO_SIX = ((time(9), time(18)),)
EIGHT_TO_FIVE = ((time(8), time(17)),)
NIGHT = ((time(0), time(8)),)

MEXICO = WorkingCalendar("America/Mexico_City", (NINE_TO_SIX,) * 5 + (OFF, OFF), "MX")
CAIRO = WorkingCalendar("Africa/Cairo", (((time(8), time(16)),),) * 4 + (OFF, OFF, ((time(8), time(16)),)))
ABU_DHABI = WorkingCalendar("Asia/Dubai", (EIGHT_TO_FIVE,) * 4 + (((time(8), time(12)),), OFF, OFF), "AE")
SHANGHAI = WorkingCalendar(
    "Asia/Shanghai",
    (((time(8, 30), time(12)), (time(13, 30), time(17, 30))),) * 5 + (OFF, OFF),
    "CN",
    ((date(2026, 2, 14), ((time(9), time(12)),)),),  # a Saturday worked for the Spring Festival
)
LOS_ANGELES = WorkingCalendar("America/Los_Angeles", (NIGHT,) * 7, "US")


def local(calendar, *when):
    return datetime(*when, tzinfo=calendar.zone)


# The oracle: it reads the local clock at every minute, and knows nothing of the engine.


def hours_of(calendar, day):
    own = [spans for on, spans in calendar.own_days if on == day]
    if own:
        return own[0]
    if calendar.holiday_country and day in holidays.country_holidays(calendar.holiday_country, years=day.year):
        return ()
    return calendar.week[day.weekday()]


def worked_spans(calendar, first, last):
    """The spans of [first, last): lists of the minutes in which the office works, in order."""
    zone, hours, spans = ZoneInfo(calendar.time_zone), {}, {}
    running, ended = set(), set()
    for number in range((last - first) // MINUTE):
        minute = first + number * MINUTE
        clock = minute.astimezone(zone)
        today, shown = clock.date(), clock.time()
        if today not in hours:
            hours[today] = hours_of(calendar, today)
        for opens, closes in hours[today]:
            if shown >= closes:
                ended.add((today, opens))
            elif shown >= opens:
                running.add((today, opens))
        ended.update(span for span in running if today > span[0])
        running -= ended
        for span in running:
            spans.setdefault(span, []).append(minute)
    return list(spans.values())


@lru_cache
def changes(zone):
    """The instants, to the minute, at which the zone's clock changed from 1980 on."""

    def offset(at):
        return at.astimezone(ZoneInfo(zone)).utcoffset()

    found = []
    noons = [datetime(1980, 1, 1, 12, tzinfo=UTC) + n * DAY for n in range(365 * 48)]
    for noon in noons:
        if offset(noon) != offset(noon + DAY):
            low, high = 0, 1440
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(noon + middle * MINUTE) == offset(noon) else (low, middle)
            found.append(noon + high * MINUTE)
    return found


ZONES = [
    "America/Mexico_City",
    "Asia/Dubai",
    "Asia/Shanghai",  # summer time until 1991
    "Asia/Singapore",  # half an hour forward as 1982 began
    "America/Los_Angeles",
    "Europe/Berlin",
    "Africa/Cairo",  # changes at midnight
    "America/Santiago",  # changes at midnight
    "America/St_Johns",  # changed at one minute past midnight until 2011
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Apia",  # no 30 December 2011
    "Asia/Kathmandu",  # a quarter of an hour forward as 1986 began
]
APIA_LOST_A_DAY = datetime(2011, 12, 30, 10, tzinfo=UTC)
EDGES = [time(0), time(0, 1), time(0, 30), time(1), time(1, 30), time(2), time(2, 15), time(2, 30), time(3)]
EDGES += [time(h, m) for h in (4, 8, 9, 12, 13, 17) for m in (0, 30)] + [time(22), time(23), time(23, 30), time(23, 59)]


def as_day(edges):
    edges = sorted(edges)
    return tuple(zip(edges[::2], edges[1::2], strict=False))


days = st.one_of(
    st.sampled_from(
        [
            ((time(9), time(17)),),
            ((time(8), time(12)), (time(13), time(17, 30))),
            ((time(0), time(3)),),
            ((time(1, 30), time(2, 30)),),
            ((time(0), time(1, 30)), (time(1, 30), time(2, 30)), (time(22), time(23, 59))),
            ((time(23), time(23, 59)),),
            OFF,
        ]
    ),
    st.lists(st.sampled_from(EDGES), unique=True, max_size=6).map(as_day),
)
weeks = st.one_of(
    days.map(lambda day: (day,) * 5 + (OFF, OFF)),
    days.map(lambda day: (day,) * 4 + (OFF, OFF, day)),  # Sunday to Thursday
    days.map(lambda day: (day,) * 7),
    st.tuples(*[days] * 7),
)


@st.composite
def offices(draw):
    """A calendar and a minute near which the zone's clock mostly changes, with the office's own days around it."""
    zone = draw(st.sampled_from(ZONES))
    near = st.sampled_from(changes(zone) or [datetime(2026, 3, 20, tzinfo=UTC)])
    if zone == "Pacific/Apia":
        near |= st.just(APIA_LOST_A_DAY)
    anywhere = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
    change = draw(near | near | anywhere).replace(second=0, microsecond=0)
    at = change + draw(st.integers(-2 * 1440, 720)) * MINUTE
    around = st.integers(-2, 6).map(lambda n: at.date() + n * DAY)
    own = draw(st.dictionaries(around, days, max_size=3))
    if draw(st.booleans()):
        own |= draw(days_of_change(change.astimezone(ZoneInfo(zone))))
    country = draw(st.sampled_from(["AE", "MX", "CN", "SG", "US", ""]))
    return WorkingCalendar(zone, draw(weeks), country, tuple(sorted(own.items()))), at


@st.composite
def days_of_change(draw, change):
    """Days whose openings and closings lie within two hours of what the clock shows as it changes."""
    around = [change.replace(tzinfo=None) + n * 15 * MINUTE for n in range(-8, 9)]
    edges = draw(st.lists(st.sampled_from(around), unique=True, min_size=2, max_size=8))
    return {day: as_day({edge.time() for edge in edges if edge.date() == day}) for day in {e.date() for e in edges}}


@settings(max_examples=300, deadline=None)
@given(offices(), st.data())
def test_the_engine_tells_what_a_clock_on_the_wall_tells(office, data):
    calendar, start = office
    first, last = start - 2 * DAY, start + 7 * DAY
    spans = worked_spans(calendar, first, last)
    working = [minute for span in spans for minute in span]
    ahead = [minute for minute in working if minute >= start]

    end = start + data.draw(st.integers(0, 6 * 1440), label="minutes to the end") * MINUTE
    assert calendar.business_time_between(start, end) == sum(minute < end for minute in ahead) * MINUTE
    for minute in {start, end, *(edge for span in spans for edge in (span[0], span[-1], span[-1] + MINUTE))} - {last}:
        seconds = data.draw(st.sampled_from([timedelta(), MINUTE - timedelta(microseconds=1)]))
        assert calendar.is_open(minute + seconds) is (minute in working)

    if not ahead:
        if any(calendar.week):
            assert calendar.next_opening(start) >= last
        return
    assert calendar.next_opening(start) == ahead[0]
    held = next(span for span in spans if span[-1] >= start)
    if held[-1] + MINUTE < last:
        assert calendar.span_at_or_after(start) == (held[0], held[-1] + MINUTE)

    minutes = data.draw(st.integers(1, len(ahead)), label="minutes of work")
    due = calendar.add_business_hours(start, minutes / 60)
    assert due == ahead[minutes - 1] + MINUTE
    assert calendar.business_time_between(start, due) == minutes * MINUTE


@settings(max_examples=80, deadline=None)
@given(offices())
def test_the_spans_of_a_day_are_those_of_the_wall_clock(office):
    calendar, at = office
    days = [at.date() + n * DAY for n in range(3)]
    spans = [(span[0], span[-1] + MINUTE) for span in worked_spans(calendar, at - 3 * DAY, at + 6 * DAY)]
    for day in days:
        expected = [span for span in spans if span[0].astimezone(calendar.zone).date() == day]
        assert list(calendar.day_spans(day)) == expected
        assert calendar.is_workday(day) is bool(expected)


@settings(max_examples=100, deadline=None)
@given(offices(), st.floats(0, 60), st.integers(0, 5 * 86_400_000_000))
def test_working_time_adds_up_to_the_microsecond(office, hours, microseconds):
    calendar, start = office
    start += timedelta(microseconds=microseconds % 60_000_000)
    middle, end = start + timedelta(microseconds=microseconds), start + 6 * DAY
    parts = calendar.business_time_between(start, middle) + calendar.business_time_between(middle, end)
    assert parts == calendar.business_time_between(start, end)
    assume(any(calendar.week))
    due = calendar.add_business_hours(start, hours)
    assert calendar.business_time_between(start, due) == timedelta(hours=hours)
    assert calendar.add_business_hours(start.astimezone(calendar.zone), hours) == due


# Named days.


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ((2026, 3, 3, 10), 2, (2026, 3, 3, 12)),
        ((2026, 3, 3, 17), 1, (2026, 3, 3, 18)),
        ((2026, 3, 3, 17), 2, (2026, 3, 4, 10)),
        ((2026, 3, 3, 6), 1, (2026, 3, 3, 10)),
        ((2026, 3, 6, 17), 2, (2026, 3, 9, 10)),  # over a weekend
        ((2026, 9, 15, 17), 2, (2026, 9, 17, 10)),  # over Independence Day
        ((2026, 3, 7, 12), 0, (2026, 3, 9, 9)),  # no hours: the next opening
    ],
)
def test_working_hours(start, hours, end):
    assert MEXICO.add_business_hours(local(MEXICO, *start), hours) == local(MEXICO, *end)


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 7), 8), ((2026, 3, 8), 7), ((2026, 11, 1), 9), ((2026, 11, 2), 8)]
)
def test_a_night_in_los_angeles_is_as_long_as_it_truly_lasts(day, hours):
    ((opens, closes),) = LOS_ANGELES.day_spans(date(*day))
    assert (opens, closes) == (local(LOS_ANGELES, *day), local(LOS_ANGELES, *day, 8))
    assert closes - opens == LOS_ANGELES.business_time_between(opens, closes) == hours * HOUR


def test_an_opening_in_a_skipped_hour_is_the_change_and_a_repeated_hour_counts_once():
    calendar = WorkingCalendar("America/Los_Angeles", (((time(1, 30), time(2, 30)),),) * 7)
    at = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)
    assert calendar.day_spans(date(2026, 3, 8)) == ((at, at + HOUR / 2),)
    at = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert calendar.day_spans(date(2026, 11, 1)) == ((at, at + 2 * HOUR),)
    early = WorkingCalendar("America/Los_Angeles", (((time(1), time(1, 30)),),) * 7)
    assert early.is_open(datetime(2026, 11, 1, 8, 15, tzinfo=UTC))
    assert not early.is_open(datetime(2026, 11, 1, 9, 15, tzinfo=UTC))  # 01:15 again
    late = WorkingCalendar("America/Los_Angeles", (((time(2, 15), time(3, 30)),),) * 7)
    at = datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert late.day_spans(date(2026, 3, 8)) == ((at, at + HOUR / 2),)


def test_an_evening_shown_again_after_midnight_still_belongs_to_the_next_day():
    calendar = WorkingCalendar("America/St_Johns", (((time(0), time(9)), (time(23), time(23, 59))),) * 7)
    midnight = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)  # a minute later it is 23:01 of the sixth again
    closes = datetime(2010, 11, 7, 12, 30, tzinfo=UTC)
    assert calendar.day_spans(date(2010, 11, 7))[0] == (midnight, closes)
    again = midnight + HOUR / 2
    assert again.astimezone(calendar.zone).date() == date(2010, 11, 6) and calendar.is_open(again)
    assert calendar.span_at_or_after(again) == (midnight, closes)
    assert calendar.business_time_between(midnight, again) == HOUR / 2


def test_a_day_that_a_country_skipped_has_no_work():
    apia = WorkingCalendar("Pacific/Apia", (NINE_TO_SIX,) * 7)
    assert not apia.is_workday(date(2011, 12, 30))
    assert apia.add_business_days(local(apia, 2011, 12, 29, 12), 1) == local(apia, 2011, 12, 31, 12)


@pytest.mark.parametrize(
    ("last", "feast", "back"),
    [
        (date(2026, 3, 18), [date(2026, 3, n) for n in range(19, 23)], date(2026, 3, 23)),  # Eid al-Fitr
        (date(2026, 5, 25), [date(2026, 5, n) for n in range(26, 30)], date(2026, 6, 1)),  # Eid al-Adha, and a weekend
    ],
)
def test_abu_dhabi_is_closed_over_eid_and_open_again_after(last, feast, back):
    for day in feast:
        assert not ABU_DHABI.is_workday(day) and ABU_DHABI.holiday_name(day, "en")
    closing = datetime.combine(last, time(17), ABU_DHABI.zone)
    opening = datetime.combine(back, time(8), ABU_DHABI.zone)
    assert ABU_DHABI.is_open(closing - MINUTE) and not ABU_DHABI.is_open(closing)
    assert ABU_DHABI.next_opening(closing) == opening and ABU_DHABI.is_open(opening)
    assert ABU_DHABI.business_time_between(closing, opening) == timedelta()


def test_friday_is_half_a_day_and_a_promised_day_is_a_whole_one():
    assert ABU_DHABI.business_time_between(local(ABU_DHABI, 2026, 4, 13), local(ABU_DHABI, 2026, 4, 20)) == 40 * HOUR
    assert not ABU_DHABI.is_open(local(ABU_DHABI, 2026, 4, 17, 12))
    friday = local(ABU_DHABI, 2026, 4, 17, 8)
    assert ABU_DHABI.add_business_days(friday, 1) == local(ABU_DHABI, 2026, 4, 20, 13)


def test_shanghai_rests_at_noon_and_over_the_spring_festival_and_works_its_own_saturday():
    assert SHANGHAI.next_opening(local(SHANGHAI, 2026, 3, 4, 12)) == local(SHANGHAI, 2026, 3, 4, 13, 30)
    assert SHANGHAI.add_business_days(local(SHANGHAI, 2026, 3, 4, 13, 30), 1) == local(SHANGHAI, 2026, 3, 5, 12)
    saturday = local(SHANGHAI, 2026, 2, 14, 9)
    assert SHANGHAI.next_opening(local(SHANGHAI, 2026, 2, 13, 18)) == saturday
    assert SHANGHAI.next_opening(local(SHANGHAI, 2026, 2, 14, 12)) == local(SHANGHAI, 2026, 2, 24, 8, 30)


def test_the_offices_own_days_stand_over_holidays_and_the_week():
    own = ((date(2026, 9, 15), OFF), (date(2026, 9, 16), ((time(10), time(12)),)))
    mexico = WorkingCalendar(MEXICO.time_zone, MEXICO.week, "MX", own)
    assert not mexico.is_workday(date(2026, 9, 15))
    assert mexico.is_open(local(mexico, 2026, 9, 16, 10))
    assert mexico.add_business_hours(local(mexico, 2026, 9, 14, 17), 4) == local(mexico, 2026, 9, 17, 10)
    assert mexico.holiday_name(date(2026, 9, 16), "en") == "Independence Day"


def test_a_working_day_is_as_long_as_the_office_works_over_a_clock_change():
    start = local(CAIRO, 2026, 4, 23, 15)  # clocks go forward on Friday 24 April
    assert CAIRO.add_business_days(start, 1) == local(CAIRO, 2026, 4, 26, 15)


def test_a_usual_day_is_the_longest_of_the_week_by_the_wall_clock():
    calendar = WorkingCalendar("America/Los_Angeles", (((time(1), time(5)),),) * 6 + (NIGHT,))
    sunday = local(calendar, 2026, 3, 8)  # 7 hours long
    assert calendar.add_business_days(sunday, 1) == local(calendar, 2026, 3, 9, 2)


def test_an_office_that_never_works_promises_nothing():
    never, now = WorkingCalendar("UTC", (OFF,) * 7), datetime(2026, 1, 1, tzinfo=UTC)
    for ask in [
        lambda: never.add_business_hours(now, 1),
        lambda: never.add_business_days(now, 1),
        lambda: never.next_opening(now),
        lambda: never.span_at_or_after(now),
    ]:
        with pytest.raises(ValueError, match="does not work"):
            ask()
    assert never.business_time_between(now, now + 30 * DAY) == timedelta()


def test_the_next_opening_is_looked_for_within_a_year():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for days_ahead, found in [(MAX_DAYS - 1, True), (MAX_DAYS, False)]:
        calendar = WorkingCalendar("UTC", (OFF,) * 7, "", ((now.date() + days_ahead * DAY, NIGHT),))
        if found:
            assert calendar.next_opening(now) == now + days_ahead * DAY
        else:
            with pytest.raises(ValueError, match="does not work"):
                calendar.next_opening(now)


def test_time_does_not_run_backwards():
    now = datetime(2026, 3, 3, tzinfo=UTC)
    with pytest.raises(ValueError, match="before the start"):
        MEXICO.business_time_between(now, now - MINUTE)
    with pytest.raises(ValueError, match="forward"):
        MEXICO.add_business_hours(now, -1)


@pytest.mark.parametrize(
    ("country", "day", "language", "name"),
    [
        ("AE", date(2026, 5, 27), "ar", "عيد الأضحى"),
        ("AE", date(2026, 5, 27), "en", "Eid al-Adha"),
        ("AE", date(2026, 5, 27), "es", "Eid al-Adha"),  # not in Spanish there
        ("CN", date(2026, 2, 17), "zh-hans", "春节"),
        ("CN", date(2026, 2, 17), "zh-hant", "春節"),
        ("MX", date(2026, 9, 16), "es", "Día de la Independencia"),
        ("BR", date(2026, 9, 7), "pt-br", "Independência do Brasil"),
        ("NZ", date(2026, 1, 1), "ar", "New Year's Day"),  # the library has one language for it
        ("MX", date(2026, 9, 17), "es", ""),
        ("", date(2026, 1, 1), "en", ""),
    ],
)
def test_a_holiday_is_named_in_the_readers_language(country, day, language, name):
    assert WorkingCalendar("UTC", (OFF,) * 7, country).holiday_name(day, language) == name


def test_calendars_that_are_alike_are_one_key():
    again = WorkingCalendar("America/Mexico_City", (NINE_TO_SIX,) * 5 + (OFF, OFF), "MX")
    assert again == MEXICO and hash(again) == hash(MEXICO)
