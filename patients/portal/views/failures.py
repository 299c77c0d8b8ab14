from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext

from patients.portal.forms import ReplyForm
from patients.portal.views.intake import typed_again
from patients.records.tus import problem_response


def csrf_failure(request, reason=""):
    """The page for a form that could not be trusted: it says why in plain words, and gives back what was typed."""
    if request.path_info.startswith("/uploads/"):
        return problem_response(403, "csrf", gettext("Load the page again, then send the file once more."))
    try:
        match = resolve(request.path_info)
        page, reference, step = match.view_name, match.kwargs.get("reference"), match.kwargs.get("step")
    except Resolver404:
        page = reference = step = ""
    form = ReplyForm(initial=request.POST.dict()) if page == "portal:reply" else None
    if page == "portal:step":
        form = typed_again(request, step)
    context = {"page": page, "reference": reference, "step": step, "form": form}
    return render(request, "portal/csrf_failure.html", context, status=403)
