"""Who works in the demo, how everybody signs in, and which institutions refer to us."""

from dataclasses import dataclass

PASSWORD = "cedars-across-borders"
PATIENT = "maria@example.org"
# What every authenticator app of the demo's staff holds, but for the one who is to set one up.
APP_SECRET = "CEDARSACROSSBORDERSDEMOONLY23456"
SETS_UP_AN_APP = "singapore@example.org"

# Code, name and country of the partner institutions.
INSTITUTIONS = [
    ("demo-mx", "Hospital de la Esperanza (demo)", "MX"),
    ("demo-ae", "Oasis University Hospital (demo)", "AE"),
]


@dataclass(frozen=True)
class StaffMember:
    """A member of the team. `office` is a code; without one the person belongs to no office."""

    email: str
    name: str
    duty: str
    office: str | None = None
    time_zone: str = "America/Los_Angeles"
    language: str = "en"
    qualified_languages: tuple[str, ...] = ()
    is_superuser: bool = False


STAFF = [
    StaffMember(
        "mexico@example.org", "Lucía Herrera", "coordinator, Mexico City", "mexico-city", "America/Mexico_City"
    ),
    StaffMember(
        "mexico2@example.org",
        "Diego Ramos",
        "coordinator, Mexico City; reviews Spanish and Portuguese",
        "mexico-city",
        "America/Mexico_City",
        qualified_languages=("es", "pt-br"),
    ),
    StaffMember(
        "abudhabi@example.org",
        "Mariam Al Suwaidi",
        "coordinator, Abu Dhabi; reviews Arabic",
        "abu-dhabi",
        "Asia/Dubai",
        qualified_languages=("ar",),
    ),
    StaffMember(
        "shanghai@example.org",
        "Chen Yu",
        "coordinator, Shanghai; reviews Chinese",
        "shanghai",
        "Asia/Shanghai",
        qualified_languages=("zh-hans", "zh-hant"),
    ),
    StaffMember(
        "singapore@example.org",
        "Rachel Tan",
        "coordinator, Singapore; reviews Indonesian",
        "singapore",
        "Asia/Singapore",
        qualified_languages=("id",),
    ),
    StaffMember("losangeles@example.org", "Dana Brooks", "coordinator, Los Angeles", "los-angeles"),
    StaffMember(
        "reviewer@example.org",
        "Elena Petrova",
        "reviewer of all languages, Los Angeles",
        "los-angeles",
        qualified_languages=("es", "ar", "zh-hans", "fr", "id", "pt-br", "ru"),
    ),
    StaffMember("admin@example.org", "Sam Rivera", "superuser", is_superuser=True),
]
