"""The demo's directory files, read without a database: whole in eight languages, true to each other, and reaching nobody."""

import re
import tomllib
from collections import Counter
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from zoneinfo import available_timezones

import holidays
import phonenumbers
import pytest
from django.conf import settings
from django_countries import countries

from cedars_intl import demo
from offices.directory.models import ChannelKind
from offices.kit.languages import SPOKEN
from offices.routing.models import RequirementKind
from offices.routing.needs import Pathway, Urgency
from patients.records.models import DocumentKind

FOLDER = Path(demo.__file__).parent / "directory"
LANGUAGES = [code.replace("-", "_") for code, _name in settings.LANGUAGES]
RESERVED = re.compile(r"\+1[2-9]\d\d55501\d\d")

# Place names that a language writes as English does.
SAME_AS_ENGLISH = {"Los Angeles", "Mexico City", "Shanghai", "Abu Dhabi"}

# The keys of a row: those it must have, those it may have.
KEYS = {
    "region": ("code name", ""),
    "office": (
        "code region name city address latitude longitude countries languages time_zone hours holiday_country email"
        " phone channels does does_not own_days",
        "is_fallback",
    ),
    "physician": ("code name title", "is_active"),
    "service_line": ("code name summary", ""),
    "specialty": ("code service_line name summary", "lead is_offered"),
    "programme": ("code specialty name summary", "lead is_offered"),
    "requirement": ("code kind name text", ""),
    "rule": (
        "name position valid_from",
        "countries languages specialties pathways urgencies office requirements valid_until",
    ),
    "readiness_rule": ("code kind name why", "specialty pathway modalities max_age_days is_required"),
    "question_rule": ("country question action", ""),
}
LINES = {"does": (4, 5), "does_not": (3, 4)}
SLUG = re.compile(r"[a-z0-9_]+(-[a-z0-9]+)*")


def load():
    rows = {}
    for path in sorted(FOLDER.glob("*.toml")):
        rows |= tomllib.loads(path.read_text("utf-8"))
    return rows


DIRECTORY = load()
OFFICES = pytest.mark.parametrize("office", DIRECTORY["office"], ids=lambda office: office["code"])


def key(row):
    """A rule has no code: its name tells it apart, or what it asks of whom."""
    return row.get("code") or row.get("name") or (row["country"], row["question"])


def codes(table):
    return {row["code"] for row in DIRECTORY[table]}


def texts(node, where=""):
    """Every translated text below `node`: (where it stands, {language: text})."""
    if isinstance(node, list):
        for place, item in enumerate(node):
            yield from texts(item, f"{where}.{item.get('code', place)}" if isinstance(item, dict) else where)
    elif isinstance(node, dict):
        if "en" in node:
            yield where, node
        else:
            for key, item in node.items():
                yield from texts(item, f"{where}.{key}")


def test_the_rows_have_their_keys():
    assert DIRECTORY.keys() == KEYS.keys()
    for table, (required, optional) in KEYS.items():
        for row in DIRECTORY[table]:
            missing = set(required.split()) - row.keys()
            unknown = row.keys() - set(required.split()) - set(optional.split())
            assert not missing and not unknown, (table, key(row), missing, unknown)
            assert "code" not in row or SLUG.fullmatch(row["code"]), (table, row["code"])
        assert max(Counter(map(key, DIRECTORY[table])).values()) == 1, table
    assert [office["code"] for office in DIRECTORY["office"] if office.get("is_fallback")] == ["los-angeles"]


@pytest.mark.parametrize(("where", "text"), list(texts(DIRECTORY)), ids=[where for where, _text in texts(DIRECTORY)])
def test_a_text_is_in_all_languages(where, text):
    assert list(text) == LANGUAGES
    field = where.rpartition(".")[2]
    assert len({len(words.splitlines()) for words in text.values()}) == 1
    least, most = LINES.get(field, (1, 1))
    assert least <= len(text["en"].splitlines()) <= most
    for language, words in text.items():
        assert words == words.strip() and all(line.strip() for line in words.splitlines()), language
        assert not set("\"'") & set(words), f"{language}: a straight quote"
        assert language == "en" or words != text["en"] or words in SAME_AS_ENGLISH, language
        if field in ("name", "city", "title"):
            assert len(words) <= 120, language
        if field in ("summary", "text"):
            assert words[-1] in ".。", language
    assert not re.search(r"[,;?]", text["ar"]), "Latin punctuation"
    assert not re.search(r"[,;:?!]|\.$", text["zh_hans"]), "Latin punctuation"
    assert re.search(r"[\u0600-\u06ff]", text["ar"])
    assert re.search(r"[\u4e00-\u9fff]", text["zh_hans"])
    assert re.search(r"[а-яё]", text["ru"])


def test_what_a_row_names_is_there():
    regions, physicians = codes("region"), codes("physician")
    for office in DIRECTORY["office"]:
        assert office["region"] in regions
    for specialty in DIRECTORY["specialty"]:
        assert specialty["service_line"] in codes("service_line")
    for programme in DIRECTORY["programme"]:
        assert programme["specialty"] in codes("specialty")
    for service in [*DIRECTORY["specialty"], *DIRECTORY["programme"]]:
        if service.get("is_offered", True) or "lead" in service:
            assert service["lead"] in physicians, service["code"]
    assert {specialty["service_line"] for specialty in DIRECTORY["specialty"]} == codes("service_line")
    for rule in DIRECTORY["readiness_rule"]:
        assert rule.get("specialty") in {None, *codes("specialty")} and rule["kind"] in DocumentKind.values, rule[
            "code"
        ]


def test_what_cannot_be_asked_for():
    """The directory shows each reason once: closed, not ready yet, and a lead who has left."""
    gone = {physician["code"] for physician in DIRECTORY["physician"] if not physician.get("is_active", True)}
    assert gone == {"viktor-dragomir"}
    closed = {
        table: {row["code"] for row in DIRECTORY[table] if not row.get("is_offered", True)}
        for table in ("specialty", "programme")
    }
    assert closed == {"specialty": {"dental", "sleep-medicine"}, "programme": {"fertility-treatment"}}
    led = [row["code"] for row in DIRECTORY["programme"] if row.get("lead") in gone]
    assert led == ["weight-loss-surgery"]
    assert not [row["code"] for row in DIRECTORY["specialty"] if row.get("lead") in gone]
    assert not [row["code"] for row in DIRECTORY["programme"] if row["specialty"] in closed["specialty"]]


def test_the_rules_hold_together():
    rules = DIRECTORY["rule"]
    for rule in rules:
        assert rule.get("office") or rule.get("requirements"), rule["name"]
        assert {rule["office"]} <= codes("office") if "office" in rule else True
        assert set(rule.get("requirements", ())) <= codes("requirement")
        assert set(rule.get("specialties", ())) <= codes("specialty")
        assert set(rule.get("countries", ())) <= dict(countries).keys()
        assert set(rule.get("languages", ())) <= set(SPOKEN)
        assert set(rule.get("pathways", ())) <= set(Pathway.values)
        assert set(rule.get("urgencies", ())) <= set(Urgency.values)
    assert [rule["position"] for rule in rules] == sorted({rule["position"] for rule in rules})
    required = [code for rule in rules for code in rule.get("requirements", ())]
    assert set(required) == codes("requirement")
    assert {requirement["kind"] for requirement in DIRECTORY["requirement"]} == set(RequirementKind.values)

    over = [rule for rule in rules if rule.get("valid_until", date.max) < date(2026, 11, 1)]
    to_come = [rule for rule in rules if rule["valid_from"] > date(2028, 6, 1)]
    assert len(over) == len(to_come) == 1
    visas = [
        set(rule["countries"])
        for rule in rules
        if any(code.startswith("visa-") for code in rule.get("requirements", ()))
    ]
    assert len(visas) == 2 and not visas[0] & visas[1]
    assert not (visas[0] | visas[1]) & {"US", "CA"}


def test_a_country_is_served_by_one_office():
    served = Counter(country for office in DIRECTORY["office"] for country in office["countries"])
    assert served.keys() <= dict(countries).keys()
    assert set(served.values()) == {1}


@OFFICES
def test_an_office_is_where_and_when_it_says(office):
    assert office["time_zone"] in available_timezones()
    assert office["holiday_country"] in holidays.list_supported_countries()
    assert office["languages"] and set(office["languages"]) <= set(SPOKEN)
    for key, limit in (("latitude", 90), ("longitude", 180)):
        assert -limit <= office[key] <= limit and round(office[key], 3) == office[key]

    for weekday, opens, closes in office["hours"]:
        assert weekday in range(1, 8) and time.fromisoformat(opens) < time.fromisoformat(closes)
    assert office["hours"] == sorted(office["hours"])
    for (weekday, _opens, closes), (next_weekday, next_opens, _closes) in pairwise(office["hours"]):
        assert weekday < next_weekday or closes < next_opens

    days = [own["day"] for own in office["own_days"]]
    assert 2 <= len(days) <= 3 and days == sorted(set(days))
    assert all(date(2026, 12, 1) <= day < date(2028, 1, 1) for day in days)
    for own in office["own_days"]:
        assert own.keys() in ({"day", "name"}, {"day", "name", "opens_at", "closes_at"})
        if "opens_at" in own:
            assert time.fromisoformat(own["opens_at"]) < time.fromisoformat(own["closes_at"])
        else:
            assert own["day"].isoweekday() in {weekday for weekday, _opens, _closes in office["hours"]}


@OFFICES
def test_an_office_reaches_nobody(office):
    assert office["email"].endswith("@example.org")
    numbers = [office["phone"]]
    for channel in office["channels"]:
        assert channel.keys() == {"kind", "address"} and channel["kind"] in ChannelKind.values
        if channel["address"].startswith("+"):
            numbers.append(channel["address"])
        else:
            assert channel["address"] == f"cedars-demo-{office['code']}"
    for number in numbers:
        assert RESERVED.fullmatch(number) and phonenumbers.is_valid_number(phonenumbers.parse(number)), number
    assert len({(channel["kind"], channel["address"]) for channel in office["channels"]}) == len(office["channels"])
