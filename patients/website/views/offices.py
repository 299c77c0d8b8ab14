from dataclasses import dataclass
from decimal import Decimal

from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from offices.directory.models import Office
from patients.website.hours import OfficeClock
from patients.website.structured import office_page

# As templates/website/world.svg is drawn.
UNITS_A_DEGREE, NORTH_EDGE = Decimal(1000) / 360, 84


@dataclass(frozen=True)
class Pin:
    """`label` is how far below the pin its name stands."""

    office: Office
    x: int
    y: int
    label: int


def pins(offices: list[Office]) -> list[Pin]:
    """Where the offices stand on the map; those whose place is not known are in the list alone."""
    placed = [(office, *_place(office)) for office in offices if office.latitude is not None]
    return [Pin(office, x, y, _label(x, y, placed)) for office, x, y in placed]


def _place(office: Office) -> tuple[int, int]:
    return round((office.longitude + 180) * UNITS_A_DEGREE), round((NORTH_EDGE - office.latitude) * UNITS_A_DEGREE)


def _label(x: int, y: int, placed) -> int:
    """Below, unless another pin stands there."""
    return -16 if any(0 < v - y < 60 and abs(u - x) < 100 for _office, u, v in placed) else 34


@require_safe
def offices(request):
    """All offices, on the map and by region, each with its clock."""
    found = list(
        Office.objects.with_calendar().select_related("region").order_by("region__position", "region__code", "code")
    )
    context = {
        "title": _("Our offices"),
        "description": _("Where our offices are, when they are open, and how to reach the one for your country."),
        "clocks": [OfficeClock(office) for office in found],
        "pins": pins(found),
    }
    return render(request, "website/offices.html", context)


@require_safe
def office(request, code):
    """One office: how to reach it and when, for whom it is there, and what it does and does not do."""
    whole = Office.objects.with_calendar().select_related("region").prefetch_related("channels", "countries")
    found = get_object_or_404(whole, code=code)
    context = {
        "title": found.name,
        "description": _("Address, opening hours and languages of our office in %(city)s.") % {"city": found.city},
        "clock": OfficeClock(found),
        "countries": sorted(served.country.name for served in found.countries.all()),
        "does": found.does.splitlines() if found.does else [],
        "does_not": found.does_not.splitlines() if found.does_not else [],
        "structured": office_page(found),
    }
    return render(request, "website/office.html", context)
