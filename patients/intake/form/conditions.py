"""On which earlier answers a question depends."""

from collections.abc import Callable
from datetime import date

from django.utils import timezone

from patients.intake.form.kinds import Answers
from patients.intake.models import Relation

ADULT_YEARS = 18


def writes_for_another(answers: Answers) -> bool:
    return answers.get("asker", Relation.SELF) != Relation.SELF


def is_minor(birth_date: date, today: date) -> bool:
    """Younger than 18 on `today`; born on 29 February, of age on 1 March."""
    had_birthday = (today.month, today.day) >= (birth_date.month, birth_date.day)
    return today.year - birth_date.year - (not had_birthday) < ADULT_YEARS


def needs_a_guardian(answers: Answers) -> bool:
    """A minor for whom neither parent nor guardian writes."""
    born = answers.get("birth_date")
    is_asked_by_one = answers.get("asker") in (Relation.PARENT, Relation.GUARDIAN)
    return bool(born) and not is_asked_by_one and is_minor(date.fromisoformat(born), timezone.now().date())


def pays_by(*payers: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.get("payer") in payers
