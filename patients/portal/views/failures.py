from django.shortcuts import render
from django.urls import Resolver404, resolve

from patients.portal.forms import ReplyForm, RequestForm

FORMS = {"portal:request": RequestForm, "portal:reply": ReplyForm}


def csrf_failure(request, reason=""):
    """The page for a form that could not be trusted: it says why in plain words, and gives back what was typed."""
    try:
        match = resolve(request.path_info)
        page, reference = match.view_name, match.kwargs.get("reference")
    except Resolver404:
        page = reference = ""
    form = FORMS[page](initial=request.POST.dict()) if page in FORMS else None
    context = {"page": page, "reference": reference, "form": form}
    return render(request, "portal/csrf_failure.html", context, status=403)
