"""From which day a document is: a proposal, by the dates in it and the words before them."""

import re
from datetime import date

import dateparser
from dateparser.calendars.hijri import HijriCalendar
from dateparser.data.languages_info import language_order
from hijridate import Hijri

from offices.kit.languages import ascii_digits

READ_LETTERS = 20_000
MOST_DATES = 80
EARLIEST_YEAR = 1930
# How far before a date a word still speaks of it, in letters.
NEAR = 40
DATE_WORDS = (
    "date", "dated", "reported", "performed", "issued", "signed",
    "fecha", "fechado", "emitido",
    "تاريخ", "بتاريخ", "حرر",
    "日期", "时间", "报告日期", "检查日期",
    "date du", "fait le", "le :", "établi le", "examen du",
    "tanggal", "tgl",
    "data", "emitido em",
    "дата", "от",
)  # fmt: skip
# A person's birth, a document's end and the next visit are no dates of the document.
OTHER_WORDS = (
    "birth", "born", "dob", "d.o.b", "expir", "valid until", "valid to", "next visit", "appointment",
    "nacimiento", "nacido", "nacida", "f. nac", "vence", "vencimiento", "caduc", "próxima cita",
    "ميلاد", "الولادة", "انتهاء", "صالح حتى", "الموعد القادم",
    "出生", "生日", "有效期", "失效",
    "naissance", "né le", "née le", "expiration", "prochain rendez-vous",
    "lahir", "berlaku hingga", "kedaluwarsa",
    "nascimento", "nascido", "nascida", "validade", "vencimento",
    "рождения", "рожд", "действителен до", "г.р",
)  # fmt: skip
_NUMBERS = re.compile(
    r"(?<![\d./-])(?:(?P<y>\d{4})\s?[./年-]\s?(?P<m>\d{1,2})\s?[./月-]\s?(?P<d>\d{1,2})|"
    r"(?P<d2>\d{1,2})\s?[./-]\s?(?P<m2>\d{1,2})\s?[./-]\s?(?P<y2>\d{4}|\d{2}))(?!\d)"
)
# "12 de marzo de 2024", "12-Mar-2024", "March 12, 2024", "12 رمضان 1445"
_WORDED = re.compile(
    r"(?<!\d)(?:\d{1,2}(?:st|nd|rd|th|º|er)?[\s.-]{1,3}(?:de |of )?[^\W\d_]{3,}(?: [^\W\d_]{3,})?"
    r"[\s.,-]{1,3}(?:de |of |do )?\d{4}|[^\W\d_]{3,}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})(?!\d)"
)


def propose_date(text: str, *, language: str = "", today: date, birth_date: date | None = None) -> date | None:
    """The date that a word such as "date" stands nearest before, else the latest one; never one after `today`."""
    text, found, end = ascii_digits(text[:READ_LETTERS]), [], 0
    for match in _matches(text):
        before = text[max(end, match.start() - NEAR) : match.start()].casefold()
        end = match.end()
        day = _numbered(match) if match.re is _NUMBERS else _worded(match.group(), language)
        if not day or day.year < EARLIEST_YEAR or day > today or day == birth_date:
            continue
        if not any(word in before for word in OTHER_WORDS):
            found.append((_distance(before), -day.toordinal(), day))
    return min(found)[-1] if found else None


def _matches(text) -> list[re.Match]:
    matches = [*_NUMBERS.finditer(text), *_WORDED.finditer(text)]
    return sorted(matches, key=re.Match.start)[:MOST_DATES]


def _numbered(match) -> date | None:
    parts = match.groupdict()
    year, month, day = (int(parts[name] or parts[f"{name}2"]) for name in "ymd")
    if month > 12 >= day:  # as in the United States
        month, day = day, month
    try:
        if 1300 <= year < 1500:
            return Hijri(year, month, day).to_gregorian()
        return date(year if year > 99 else 2000 + year, month, day)
    except (ValueError, OverflowError):
        return None


def _worded(words: str, language: str) -> date | None:
    if re.search(r"1[34]\d\d$", words):
        return _hijri(words)
    languages = list(dict.fromkeys(code for code in (language.split("-")[0], "en") if code in language_order))
    order = {"DATE_ORDER": "DMY", "REQUIRE_PARTS": ["day", "month", "year"]}
    found = dateparser.parse(words, languages=languages, settings=order)
    return found.date() if found else None


def _hijri(words):
    try:
        return HijriCalendar(words).get_date().date_obj.date()
    except (ValueError, AttributeError, OverflowError):
        return None


def _distance(before):
    places = [before.rfind(word) for word in DATE_WORDS]
    best = max(places)
    return len(before) - best if best >= 0 else NEAR + 1
