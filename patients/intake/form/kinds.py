"""What a question and a step are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

# {code of a question: its answer}, over all steps. Dates in ISO 8601, phones in E.164, choices by their code.
Answers = Mapping[str, Any]
Words = str | Promise


class Kind(StrEnum):
    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    YES = "yes"
    DATE = "date"
    BIRTH_DATE = "birth_date"
    COUNTRY = "country"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"
    PHONE = "phone"
    EMAIL = "email"
    SPECIALTY = "specialty"
    PROGRAMME = "programme"


def always(answers: Answers) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """`missing` is what is said when a required answer is not there; without it the question may stay open.

    `only_if` looks at the answers of earlier steps. `by_rule` questions are asked only where a QuestionRule says so.
    `own_words` are translated for the team.
    """

    code: str
    kind: Kind
    label: Words
    hint: Words = ""
    missing: Words = ""
    choices: tuple[tuple[str, Words], ...] = ()
    max_length: int = 200
    autocomplete: str = "off"
    dir: str = "auto"
    only_if: Callable[[Answers], bool] = always
    by_rule: bool = False
    own_words: bool = False

    @property
    def is_required(self) -> bool:
        return bool(self.missing)


@dataclass(frozen=True)
class Step:
    """One page of the form: a heading and its questions; one without questions has a page of its own."""

    code: str
    title: Words
    questions: tuple[Question, ...] = ()
    lead: Words = ""
    note: str = ""  # a template that stands before the questions


@dataclass(frozen=True)
class Section:
    code: str
    title: Words
    steps: tuple[Step, ...]
