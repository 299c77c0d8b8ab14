"""Two patients beside each other, with what agrees."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from offices.directory.models import User
from offices.kit.languages import language_name
from offices.kit.templatetags.formats import country_name, long_date
from patients.cases.models import Case
from patients.intake.models import PatientMatch
from patients.intake.search import contacts_of


@dataclass(frozen=True)
class Row:
    """`cells` are the values of the first and of the second, each a list of lines; not both are empty."""

    label: str | Promise
    cells: tuple[list[str], list[str]]
    agrees: bool


def side_by_side(match: PatientMatch, reader: User) -> list[Row]:
    pair = (match.first, match.second)
    contacts, cases = contacts_of([patient.pk for patient in pair]), defaultdict(list)
    visible = Case.objects.visible_to(reader).filter(patient__in=pair).select_related("office")
    for case in visible.order_by("-opened_at"):
        cases[case.patient_id].append(f"{case.reference} · {case.office.name}")
    rows = [
        Row(label, tuple([str(text(patient))] for patient in pair), _agree(match, text, reasons))
        for label, text, reasons in _FIELDS
    ]
    for label, at in ((_("Phone"), 0), (_("E-mail"), 1)):
        cells = tuple(sorted(map(str, contacts[patient.pk][at])) for patient in pair)
        rows.append(Row(label, cells, bool(set(cells[0]) & set(cells[1]))))
    rows.append(Row(_("Cases"), tuple(cases[patient.pk] for patient in pair), agrees=False))
    return [row for row in rows if any(map(any, row.cells))]


_NAMES = ("name_same", "name_sounds", "name_within")
# (label, its text, the reasons that say it agrees although it is not written the same)
_FIELDS = [
    (_("Name"), lambda patient: f"{patient.given_names} {patient.family_name}".strip(), _NAMES),
    (_("Name in own script"), lambda patient: patient.native_name, ()),
    (_("Born"), lambda patient: long_date(patient.birth_date), ()),
    (_("Sex"), lambda patient: patient.get_sex_display(), ()),
    (_("Nationality"), lambda patient: country_name(patient.nationality) if patient.nationality else "", ()),
    (_("Passport"), lambda patient: patient.passport_number, ("passport",)),
    (_("Lives in"), lambda patient: country_name(patient.residence_country), ()),
    (_("Language"), lambda patient: language_name(patient.language), ()),
]


def _agree(match: PatientMatch, text, reasons: Iterable[str]) -> bool:
    first, second = text(match.first), text(match.second)
    return bool(first and first == second) or any(reason in match.reasons for reason in reasons)
