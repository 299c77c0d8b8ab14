from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from offices.directory.models import Office
from patients.website.hours import OfficeClock
from patients.website.structured import organization


@require_safe
def home(request):
    """Who we are, what we do, how it goes, and where our offices are."""
    offices = list(Office.objects.with_calendar().prefetch_related("countries").listed())
    context = {
        "title": _("Care far from home, with someone at your side"),
        "description": _(
            "Help for patients abroad and their families: one coordinator from your first question until you are"
            " safely home."
        ),
        "clocks": [OfficeClock(office) for office in offices],
        "structured": organization(offices),
    }
    return render(request, "website/home.html", context)
