"""The pages that are mostly text."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from offices.directory.models import Office
from patients.cases.services import PROMISED_BUSINESS_DAYS
from patients.website.journey import JOURNEY
from patients.website.notices import NOTICES


@require_safe
def how_it_works(request):
    context = {
        "title": _("How it works"),
        "description": _("The way of a patient from abroad, step by step, and what decides how long each step takes."),
        "journey": JOURNEY,
        "promised_days": PROMISED_BUSINESS_DAYS,
    }
    return render(request, "website/how_it_works.html", context)


@require_safe
def for_partners(request):
    context = {
        "title": _("For hospitals and universities"),
        "description": _("Refer a patient to us, follow the case, and work with us from your own country."),
        "office": Office.objects.filter(is_fallback=True).first(),
    }
    return render(request, "website/for_partners.html", context)


@require_safe
def help_page(request):
    context = {
        "title": _("Help in your language"),
        "description": _("Interpreters and translations free of charge, help with a disability, and whom to call."),
        "notices": NOTICES,
        "offices": Office.objects.listed(),
    }
    return render(request, "website/help.html", context)


@require_safe
def privacy(request):
    context = {
        "title": _("Your privacy"),
        "description": _("What we keep of what you tell us, why, who sees it, and what you can ask of us."),
    }
    return render(request, "website/privacy.html", context)
