"""Roles of the team and the duties that come with them: for the own office, with ALL_OFFICES for every one."""

from enum import StrEnum
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    COORDINATOR = "coordinator", _("coordinator")
    FINANCIAL_COORDINATOR = "financial_coordinator", _("financial coordinator")
    TRANSLATOR = "translator", _("translator")
    CLINICAL_REVIEWER = "clinical_reviewer", _("clinical reviewer")
    OFFICE_MANAGER = "office_manager", _("office manager")
    PROGRAMME_DIRECTOR = "programme_director", _("programme director")
    GLOBAL_CONSULTANT = "global_consultant", _("global consultant")


class Duty(StrEnum):
    READ_DIRECTORY = "read_directory"
    READ_CASES = "read_cases"
    MOVE_CASES = "move_cases"
    WRITE_TO_PATIENTS = "write_to_patients"
    READ_MAILS = "read_mails"
    TRANSLATE = "translate"
    MANAGE_OFFICE = "manage_office"
    MANAGE_DIRECTORY = "manage_directory"
    ALL_OFFICES = "all_offices"


_COORDINATION = {
    Duty.READ_DIRECTORY, Duty.READ_CASES, Duty.MOVE_CASES, Duty.WRITE_TO_PATIENTS, Duty.READ_MAILS, Duty.TRANSLATE
}  # fmt: skip
GRANTS: dict[str, frozenset[Duty]] = {
    Role.COORDINATOR: frozenset(_COORDINATION),
    Role.FINANCIAL_COORDINATOR: frozenset(
        {Duty.READ_DIRECTORY, Duty.READ_CASES, Duty.WRITE_TO_PATIENTS, Duty.READ_MAILS}
    ),
    Role.TRANSLATOR: frozenset({Duty.READ_DIRECTORY, Duty.TRANSLATE}),
    Role.CLINICAL_REVIEWER: frozenset({Duty.READ_DIRECTORY, Duty.READ_CASES}),
    Role.OFFICE_MANAGER: frozenset(_COORDINATION | {Duty.MANAGE_OFFICE}),
    Role.PROGRAMME_DIRECTOR: frozenset(
        _COORDINATION | {Duty.MANAGE_OFFICE, Duty.MANAGE_DIRECTORY, Duty.ALL_OFFICES}
    ),
    Role.GLOBAL_CONSULTANT: frozenset({Duty.READ_DIRECTORY, Duty.ALL_OFFICES}),
}  # fmt: skip


def rows_for_duty(rows: QuerySet, user, duty: Duty, offices: tuple[str, ...] = ("office",)) -> QuerySet:
    """Of `rows`, those of which one of `offices` (lookups) is an office for which the person holds `duty`."""
    if not (user.is_authenticated and user.may(duty)):
        return rows.none()
    if user.works_everywhere:
        return rows
    return rows.filter(reduce(or_, (Q((office, user.office_id or 0)) for office in offices)))
