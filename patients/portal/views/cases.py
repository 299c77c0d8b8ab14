from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from patients.cases.models import Case, Message, Stage
from patients.cases.record_requests import readiness_of_case
from patients.intake.people import represents
from patients.portal.accounts import sign_in_url
from patients.portal.forms import ReplyForm
from patients.portal.services import send_reply
from patients.records.models import Document

CASES_ON_A_PAGE = 20


@never_cache
@require_safe
@login_required
def cases(request):
    """The cases of the person signed in; who has one goes straight to it."""
    visible = Case.objects.visible_to(request.user).select_related(
        "office", "home_office", "patient", "care_request__specialty"
    )
    page = Paginator(visible, CASES_ON_A_PAGE).get_page(request.GET.get("page"))
    if page.paginator.count == 1 and not request.user.is_staff:
        return redirect("portal:case", reference=page[0].reference)
    return render(request, "portal/cases.html", {"page": page})


@never_cache
@require_safe
def case(request, reference):
    """Where the case stands, what was promised, and what was written."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(sign_in_url(request))
    return render_case(request, _visible_case(request, reference), ReplyForm())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request, reference):
    """Write to the office. Only who acts for the patient does so here; the team writes in its own desk."""
    page = reverse("portal:case", args=[reference])
    if request.method != "POST" or not request.user.is_authenticated:
        return HttpResponseRedirect(page)
    case = _visible_case(request, reference)
    if not represents(request.user, case.patient):
        raise PermissionDenied
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return render_case(request, case, form)
    send_reply(case=case, author=request.user, **form.cleaned_data)
    messages.success(request, _("Your message is on its way to the office."))
    return HttpResponseRedirect(f"{page}#messages")


def _visible_case(request, reference: str) -> Case:
    written = Message.objects.select_related("author", "translation__released_version").prefetch_related(
        "translation__versions"
    )
    visible = (
        Case.objects.visible_to(request.user)
        .select_related("office", "home_office", "patient", "care_request__specialty", "care_request__programme")
        .prefetch_related(Prefetch("messages", written), "requirements__requirement")
    )
    return get_object_or_404(visible, reference=reference)


def render_case(request, case: Case, form: ReplyForm, status: int = 200):
    context = {
        "case": case,
        "form": form,
        "stages": list(Stage),
        "stages_done": _stages_done(case),
        **_records(request, case),
        "may_reply": represents(request.user, case.patient),
    }
    return render(request, "portal/case.html", context, status=status)


def _records(request, case: Case) -> dict:
    """What is needed and what came; of a closed case, what came. The team has its own page for both."""
    is_open = case.stage != Stage.CLOSED
    readiness = readiness_of_case(case)
    return {
        "readiness": readiness,
        "needed": readiness.records if is_open else (),
        "may_send": is_open and not request.user.is_staff,
        "documents": None if request.user.is_staff else Document.objects.filter(patient=case.patient_id).for_list(),
        "upload_for": case.patient_id,
    }


def _stages_done(case: Case) -> list[Stage]:
    """The stages before the present one. A closed case may have skipped some, so none is then called done."""
    return [] if case.stage == Stage.CLOSED else list(Stage)[: list(Stage).index(Stage(case.stage))]
