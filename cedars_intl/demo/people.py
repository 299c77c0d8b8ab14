"""Who works in the demo, how everybody signs in, and which institutions refer to us."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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


# Levels of a language, as in offices.directory.models.Level; the settings read this file, so it names no model.
BASIC, PROFESSIONAL, NATIVE = 1, 2, 3


@dataclass(frozen=True)
class Away:
    """Days away, counted from the day of the load; `stand_in` is an e-mail."""

    first: int
    last: int
    stand_in: str


@dataclass(frozen=True)
class StaffMember:
    """A member of the team. `office` is a code; without one the person belongs to no office.

    `speaks` is {language: level}; the translations of `qualified_languages` among them the person may release.
    """

    email: str
    name: str
    duty: str
    office: str | None = None
    time_zone: str = "America/Los_Angeles"
    roles: tuple[str, ...] = ()
    speaks: Mapping[str, int] = field(default_factory=dict)
    qualified_languages: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    capacity: int = 25
    away: tuple[Away, ...] = ()
    language: str = "en"
    is_superuser: bool = False


STAFF = [
    StaffMember(
        "mexico@example.org",
        "Lucía Herrera",
        "coordinator, Mexico City",
        "mexico-city",
        "America/Mexico_City",
        roles=("coordinator",),
        speaks={"es": NATIVE, "en": PROFESSIONAL, "pt-br": BASIC},
        specialties=("oncology", "transplant", "womens-health", "gastroenterology"),
        capacity=40,
    ),
    StaffMember(
        "mexico2@example.org",
        "Diego Ramos",
        "coordinator, Mexico City; reviews Spanish and Portuguese",
        "mexico-city",
        "America/Mexico_City",
        roles=("coordinator",),
        speaks={"es": NATIVE, "pt-br": PROFESSIONAL, "en": PROFESSIONAL},
        qualified_languages=("es", "pt-br"),
        specialties=("cardiology", "congenital-heart", "neurosurgery", "neurology", "orthopaedics"),
        capacity=40,
    ),
    StaffMember(
        "financial@example.org",
        "Alejandra Solís",
        "financial coordinator, Mexico City",
        "mexico-city",
        "America/Mexico_City",
        roles=("financial_coordinator",),
        speaks={"es": NATIVE, "en": PROFESSIONAL},
    ),
    StaffMember(
        "abudhabi@example.org",
        "Mariam Al Suwaidi",
        "coordinator, Abu Dhabi; reviews Arabic; away this week",
        "abu-dhabi",
        "Asia/Dubai",
        roles=("coordinator",),
        speaks={"ar": NATIVE, "en": PROFESSIONAL},
        qualified_languages=("ar",),
        specialties=("oncology", "congenital-heart", "transplant"),
        away=(Away(-1, 5, "abudhabi2@example.org"),),
    ),
    StaffMember(
        "abudhabi2@example.org",
        "Timur Akhmedov",
        "coordinator, Abu Dhabi; stands in for Mariam Al Suwaidi",
        "abu-dhabi",
        "Asia/Dubai",
        roles=("coordinator",),
        speaks={"ru": NATIVE, "ar": PROFESSIONAL, "en": PROFESSIONAL, "uz": NATIVE},
        specialties=("neurosurgery", "neurology", "orthopaedics"),
        capacity=20,
    ),
    StaffMember(
        "manager@example.org",
        "Yousef Al Hammadi",
        "office manager, Abu Dhabi",
        "abu-dhabi",
        "Asia/Dubai",
        roles=("office_manager",),
        speaks={"ar": NATIVE, "en": PROFESSIONAL},
    ),
    StaffMember(
        "shanghai@example.org",
        "Chen Yu",
        "coordinator, Shanghai; reviews Chinese",
        "shanghai",
        "Asia/Shanghai",
        roles=("coordinator",),
        speaks={"zh-hans": NATIVE, "zh-hant": PROFESSIONAL, "en": PROFESSIONAL, "ja": BASIC},
        qualified_languages=("zh-hans", "zh-hant"),
        specialties=("oncology", "neurosurgery", "womens-health"),
    ),
    StaffMember(
        "singapore@example.org",
        "Rachel Tan",
        "coordinator, Singapore; reviews Indonesian",
        "singapore",
        "Asia/Singapore",
        roles=("coordinator",),
        speaks={"en": NATIVE, "id": PROFESSIONAL, "ms": PROFESSIONAL, "zh-hans": BASIC},
        qualified_languages=("id",),
        specialties=("cardiology", "transplant", "gastroenterology"),
    ),
    StaffMember(
        "losangeles@example.org",
        "Dana Brooks",
        "coordinator, Los Angeles",
        "los-angeles",
        roles=("coordinator",),
        speaks={"en": NATIVE, "fr": PROFESSIONAL, "es": BASIC},
        specialties=("cardiology", "urology", "orthopaedics"),
    ),
    StaffMember(
        "clinical@example.org",
        "Beatrice Okafor",
        "clinical reviewer, Los Angeles",
        "los-angeles",
        roles=("clinical_reviewer",),
        speaks={"en": NATIVE, "fr": PROFESSIONAL},
        specialties=("oncology", "cardiology", "neurosurgery"),
    ),
    StaffMember(
        "reviewer@example.org",
        "Elena Petrova",
        "translator, reviews all languages, Los Angeles",
        "los-angeles",
        roles=("translator",),
        speaks={
            "ru": NATIVE,
            "en": PROFESSIONAL,
            "es": PROFESSIONAL,
            "ar": PROFESSIONAL,
            "zh-hans": PROFESSIONAL,
            "fr": PROFESSIONAL,
            "id": PROFESSIONAL,
            "pt-br": PROFESSIONAL,
        },
        qualified_languages=("es", "ar", "zh-hans", "fr", "id", "pt-br", "ru"),
    ),
    StaffMember(
        "director@example.org",
        "Grace Whitfield",
        "programme director, all offices",
        roles=("programme_director",),
        speaks={"en": NATIVE, "es": PROFESSIONAL},
    ),
    StaffMember(
        "consultant@example.org",
        "Henrik Dahl",
        "global consultant, all offices: the directory, no cases",
        time_zone="Europe/Copenhagen",
        roles=("global_consultant",),
        speaks={"da": NATIVE, "en": PROFESSIONAL},
    ),
    StaffMember("admin@example.org", "Sam Rivera", "superuser", speaks={"en": NATIVE}, is_superuser=True),
]
