from django.db.models import F, Prefetch
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from offices.directory.models import Programme, Specialty
from patients.website.structured import specialty_page


@require_safe
def services(request):
    """What can be asked for, by service line; specialties of none come last."""
    offered = (
        Specialty.objects.offered()
        .select_related("service_line")
        .order_by(F("service_line__position").asc(nulls_last=True), "service_line__code", "position", "code")
    )
    context = {
        "title": _("Our services"),
        "description": _("The fields of medicine in which we can help you, each with a physician who answers for it."),
        "specialties": offered,
    }
    return render(request, "website/services.html", context)


@require_safe
def specialty(request, code):
    """One specialty with its programmes. What is not offered is not here."""
    programmes = Programme.objects.offered().select_related("lead").order_by("position", "code")
    found = get_object_or_404(
        Specialty.objects.offered()
        .select_related("lead", "service_line")
        .prefetch_related(Prefetch("programmes", programmes)),
        code=code,
    )
    context = {
        "title": found.name,
        "description": found.summary
        or _("Care for patients from abroad at Cedars-Sinai: ask, and learn what is possible."),
        "specialty": found,
        "structured": specialty_page(found),
    }
    return render(request, "website/specialty.html", context)
