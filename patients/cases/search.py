"""What a case adds to the words its patient is found by, and the cases that a search finds."""

from collections import defaultdict
from uuid import UUID

from django.db.models import Q, QuerySet

from patients.cases.models import Case
from patients.intake.models import Patient
from patients.intake.search import read_search


def case_words(patients: list[UUID]) -> dict[UUID, list[str]]:
    """The references, each as one word in the forms in which people type them: CI-2026-000123, 2026-123, 123."""
    found = defaultdict(list)
    for patient, reference in Case.objects.filter(patient__in=patients).values_list("patient", "reference"):
        prefix, year, number = reference.split("-")
        short = number.lstrip("0")
        found[patient] += [f"{prefix}{year}{number}", f"{prefix}{year}{short}", year + number, year + short, short]
    return found


def search_cases(cases: QuerySet[Case], text: str) -> QuerySet[Case]:
    """Of `cases`, those of the patients that the text finds, the nearest first; and those with the reference."""
    search, wanted = read_search(text), Q(reference__startswith=text.strip().upper())
    if search is None:
        return cases.none()
    wanted |= Q(patient__in=Patient.objects.filter(search.condition()).order_by().values("pk"))
    order = cases.query.order_by or cases.model._meta.ordering
    return cases.filter(wanted).alias(nearness=search.nearness("patient__search")).order_by("-nearness", *order)
