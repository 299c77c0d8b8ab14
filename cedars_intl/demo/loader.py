"""Putting the demo's directory and people into the database. What is there already is left alone.

But a database from before the directory was mapped gets what the demo's own rows lack there.
"""

import tomllib
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from modeltranslation.utils import build_localized_fieldname

from cedars_intl.demo import DIRECTORY
from cedars_intl.demo.people import INSTITUTIONS, PASSWORD, STAFF
from offices.directory.models import (
    Absence,
    Office,
    OfficeChannel,
    OfficeCountry,
    OfficeDay,
    OfficeHours,
    Physician,
    Programme,
    Region,
    ServiceLine,
    Specialty,
    StaffLanguage,
    User,
)
from offices.directory.services import announce_change
from offices.routing.models import Requirement, RoutingRule
from partners.institutions.models import Institution
from patients.intake.models import QuestionRule
from patients.records.models import ReadinessRule


def read_directory() -> dict[str, list[dict]]:
    """The rows of the directory's files by table."""
    tables = {}
    for path in sorted(DIRECTORY.glob("*.toml")):
        tables |= tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    return tables


@transaction.atomic
def load_directory() -> int:
    """Offices, services, rules of routing and records, in all languages; returns how many rows were new or mended."""
    data = read_directory()
    changed = _add(Region, _in_order(data["region"]))
    changed += sum(_load_office(row, _by_code(Region)) for row in data["office"])
    changed += _add(Physician, [_texts(row) for row in data["physician"]])
    changed += _add(ServiceLine, _in_order(data["service_line"]))
    leads, lines = _by_code(Physician), _by_code(ServiceLine)
    specialties = [_service(row) for row in _in_order(data["specialty"])]
    specialties = [_linked(row, lead=leads, service_line=lines) for row in specialties]
    changed += _mend_specialties(specialties) + _add(Specialty, specialties)
    programmes = [_service(row) for row in _in_order(data["programme"])]
    changed += _add(Programme, [_linked(row, lead=leads, specialty=_by_code(Specialty)) for row in programmes])
    changed += _add(Requirement, _in_order(data["requirement"]))
    changed += _load_rules(data["rule"])
    needed = [{"specialty": None} | row for row in _in_order(data["readiness_rule"])]
    changed += _add(ReadinessRule, [_linked(row, specialty=_by_code(Specialty)) for row in needed])
    changed += _load_questions(data["question_rule"])
    if changed:
        announce_change()
    return changed


@transaction.atomic
def load_people(now: datetime | None = None) -> int:
    """Staff with the demo's password, and the partner institutions; returns how many were new.

    `now` is the time from which the days away are counted.
    """
    now = now or timezone.now()
    offices = _by_code(Office)
    known = {user.email: user for user in User.objects.filter(email__in=[member.email for member in STAFF])}
    missing = [member for member in STAFF if member.email not in known]
    password = make_password(PASSWORD) if missing else ""
    for member in missing:
        known[member.email] = User.objects.create(
            email=member.email,
            name=member.name,
            password=password,
            office=offices.get(member.office),
            is_staff=True,
            is_superuser=member.is_superuser,
            language=member.language,
            time_zone=member.time_zone,
            capacity=member.capacity,
        )
    specialties = _by_code(Specialty)
    for member in STAFF:
        user = known[member.email]
        if user.is_staff and (not user.spoken_languages.exists() or (member.roles and not user.roles)):
            _equip(user, member, specialties, known, now)
    institutions = [{"code": code, "name": name, "country": country} for code, name, country in INSTITUTIONS]
    return len(missing) + _add(Institution, institutions)


def _load_office(row, regions):
    """1 when the office is new, or is one from before that has no place on the map yet; else 0."""
    hours, channels, days, countries = (row.pop(name) for name in ("hours", "channels", "own_days", "countries"))
    fields = _texts(row) | {"region": regions[row["region"]]}
    office = Office.objects.filter(code=row["code"]).first()
    if office is None:
        office = Office.objects.create(**fields)
        OfficeHours.objects.bulk_create(
            OfficeHours(office=office, weekday=weekday, opens_at=_clock(opens), closes_at=_clock(closes))
            for weekday, opens, closes in hours
        )
        OfficeCountry.objects.bulk_create(OfficeCountry(office=office, country=code) for code in countries)
    elif office.latitude is None:
        _fill(office, fields)
        office.latitude, office.longitude = row["latitude"], row["longitude"]
        office.save()
    else:
        return 0
    for channel in channels:
        OfficeChannel.objects.get_or_create(office=office, **channel)
    for day in days:
        rest = _texts(day) | {name: _clock(day[name]) for name in ("opens_at", "closes_at") if name in day}
        OfficeDay.objects.get_or_create(office=office, day=rest.pop("day"), defaults=rest)
    return 1


def _mend_specialties(rows):
    """Specialties from before, which have no lead: their line, lead, missing texts, and whether they are offered."""
    by_code = {row["code"]: row for row in rows}
    mended = 0
    for specialty in Specialty.objects.filter(lead=None, code__in=by_code):
        row = by_code[specialty.code]
        is_changed = _fill(specialty, row)
        if row["lead"]:
            specialty.lead, specialty.is_offered, is_changed = row["lead"], row["is_offered"], True
        if is_changed:
            specialty.save()
            mended += 1
    return mended


def _load_rules(rows):
    known = set(RoutingRule.objects.values_list("name", flat=True))
    offices, specialties, requirements = _by_code(Office), _by_code(Specialty), _by_code(Requirement)
    missing = [row for row in rows if row["name"] not in known]
    for row in missing:
        of_rule = [specialties[code] for code in row.pop("specialties", ())]
        required = [requirements[code] for code in row.pop("requirements", ())]
        rule = RoutingRule.objects.create(**_linked({"office": None} | row, office=offices))
        rule.specialties.set(of_rule)
        rule.requirements.set(required)
    return len(missing)


def _load_questions(rows):
    known = set(QuestionRule.objects.values_list("country", "question"))
    missing = [QuestionRule(**row) for row in rows if (row["country"], row["question"]) not in known]
    return len(QuestionRule.objects.bulk_create(missing))


def _equip(user, member, specialties, team, now):
    """Roles, languages, specialties and days away, where the account has none."""
    user.roles = user.roles or list(member.roles)
    user.save(update_fields=["roles"])
    for language, level in member.speaks.items():
        StaffLanguage.objects.get_or_create(
            user=user,
            language=language,
            defaults={"level": level, "may_release": language in member.qualified_languages},
        )
    if not user.specialties.exists():
        user.specialties.set(specialties[code] for code in member.specialties)
    if not user.absences.exists():
        today = now.astimezone(ZoneInfo(member.time_zone)).date()
        Absence.objects.bulk_create(
            Absence(
                user=user,
                starts_on=today + timedelta(days=away.first),
                ends_on=today + timedelta(days=away.last),
                stand_in=team[away.stand_in],
            )
            for away in member.away
        )


def _add(model, rows):
    known = set(model.objects.values_list("code", flat=True))
    missing = [row for row in rows if row["code"] not in known]
    for row in missing:
        model.objects.create(**row)
    return len(missing)


def _by_code(model):
    return {row.code: row for row in model.objects.all()}


def _in_order(rows):
    return [_texts(row) | {"position": place} for place, row in enumerate(rows)]


def _service(row):
    """A specialty or programme as the files leave it out: offered, and without a lead."""
    return {"is_offered": True, "lead": None} | row


def _linked(row, **tables):
    """The row with the codes of the named fields replaced by what they stand for."""
    return row | {name: rows[row[name]] for name, rows in tables.items() if row[name]}


def _fill(row, fields):
    """Sets those of `fields` that are empty in the row; whether there were any."""
    lacking = {name: value for name, value in fields.items() if value and getattr(row, name) in (None, "")}
    for name, value in lacking.items():
        setattr(row, name, value)
    return bool(lacking)


def _texts(row):
    """{"name": {"en": ...}} as modeltranslation's fields: {"name_en": ...}."""
    return {
        key: value
        for name, entry in row.items()
        for key, value in (
            {build_localized_fieldname(name, code): text for code, text in entry.items()}
            if isinstance(entry, dict)
            else {name: entry}
        ).items()
    }


def _clock(text):
    return time.fromisoformat(text)
