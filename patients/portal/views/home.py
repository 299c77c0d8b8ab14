from django.shortcuts import render
from django.views.decorators.http import require_safe

from offices.directory.models import Office
from patients.portal.hours import office_day


@require_safe
def home(request):
    """Who we are, what we do, how it goes, and where our offices are."""
    offices = [office_day(office) for office in Office.objects.order_by("is_fallback", "code")]
    return render(request, "portal/home.html", {"offices": offices})
