"""Answers as lines to read, in the active language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from offices.directory.models import Programme, Specialty
from offices.kit.languages import babel_locale, language_name
from offices.kit.templatetags.formats import country_name, long_date, zone_city
from patients.intake.form.kinds import Answers, Kind, Question, Section
from patients.intake.form.steps import QUESTIONS, SECTIONS


@dataclass(frozen=True)
class Line:
    """`is_own` words were written by a person; others are ours, in the language of the page. Numbers, addresses and
    references run from left to right in every language."""

    code: str
    step: str
    label: str
    value: str
    is_own: bool
    is_ltr: bool


@dataclass(frozen=True)
class Part:
    title: str
    lines: list[Line]


def read_answers(answers: Answers, sections: Iterable[Section] = SECTIONS) -> list[Part]:
    """The answers that were given, by section; what stays open is left out."""
    services = _names_of_services(answers)
    parts = []
    for section in sections:
        lines = [
            Line(question.code, step.code, str(question.label), value, _is_own(question), question.dir == "ltr")
            for step in section.steps
            for question in step.questions
            if (value := _shown(question, answers.get(question.code), services))
        ]
        if lines:
            parts.append(Part(str(section.title), lines))
    return parts


def _is_own(question: Question) -> bool:
    return question.kind in (Kind.LINE, Kind.TEXT)


def text_to_translate(answers: Answers) -> str:
    """What the person wrote besides the request itself, each under its question in the active language."""
    written = (
        (question, answers.get(code))
        for code, question in QUESTIONS.items()
        if question.own_words and answers.get(code)
    )
    return "\n\n".join(f"{question.label}:\n{text}" for question, text in written)


def _names_of_services(answers: Answers) -> dict[str, str]:
    asked = {Kind.SPECIALTY: Specialty, Kind.PROGRAMME: Programme}
    codes = [(model, answers.get(kind.value)) for kind, model in asked.items()]
    return {row.code: row.name for model, code in codes if code for row in model.objects.filter(code=code)}


def _shown(question: Question, value, services: dict[str, str]) -> str:
    if value in (None, "", [], False):
        return ""
    names = {str(code): str(name) for code, name in question.choices}
    match question.kind:
        case Kind.CHOICE:
            return capfirst(names.get(value, value))
        case Kind.CHOICES:
            return ", ".join(names.get(code, code) for code in value)
        case Kind.YES:
            return _("Yes")
        case Kind.DATE | Kind.BIRTH_DATE:
            return long_date(date.fromisoformat(value))
        case Kind.COUNTRY:
            return country_name(value)
        case Kind.LANGUAGE:
            return language_name(value)
        case Kind.TIME_ZONE:
            return zone_city(ZoneInfo(value), babel_locale())
        case Kind.SPECIALTY | Kind.PROGRAMME:
            return services.get(value, value)
    return value
