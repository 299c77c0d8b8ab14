"""Asking for care, one thing a page: the start, the task list, the steps, "check your answers", and what was sent."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from offices.directory.models import Specialty
from offices.kit.ids import read_ids
from offices.kit.limits import client_address, is_over_limit
from offices.kit.templatetags.formats import long_date
from offices.routing.rulebook import NoOffice
from patients.cases.models import Case
from patients.intake.consents import asked_consents, given_consents
from patients.intake.drafts import (
    OtherDraft,
    StaleStep,
    draft_of,
    hand_key,
    keep_typed,
    save_step,
    start_draft,
    take_key,
)
from patients.intake.form.reading import read_answers
from patients.intake.form.steps import STEPS
from patients.intake.models import Draft, DraftStep, Patient
from patients.intake.people import patients_of
from patients.intake.services import ProgrammeNotOffered, SpecialtyNotOffered
from patients.portal.emergency import emergency_numbers
from patients.portal.forms import AgreementForm, StepForm
from patients.portal.services import NotComplete, asked_form, known_answers, open_steps, send_draft

DRAFTS_PER_HOUR, REQUESTS_PER_HOUR, HOUR = 60, 20, 3600
LONGEST_KEPT = 40_000
RECEIVED = "portal_received_case"


@never_cache
@require_safe
def request_care(request):
    """Where a request begins, and where one that was begun goes on: its task list."""
    draft = draft_of(request)
    if draft is None:
        return render(request, "portal/intake/start.html", _start_context(request))
    form = asked_form(draft)
    rows = {row.step: row for row in draft.steps.all()}
    missing = open_steps(draft, form)
    context = {
        "draft": draft,
        "sections": [
            (section, [_task(step, rows, missing, form) for step in section.steps]) for section in form.sections
        ],
        "missing": missing,
        "next": _next_step(draft, form),
    }
    return render(request, "portal/intake/tasks.html", context)


def _start_context(request):
    patients = Patient.objects.none()
    if request.user.is_authenticated and not request.user.is_staff:
        patients = patients_of(request.user)
    return {
        "title": _("Ask for care"),
        "description": _(
            "Tell us who needs care and how we reach you. You may write for yourself or for someone you love."
        ),
        "patients": patients,
        "specialty": request.GET.get("specialty", ""),
    }


def _task(step, rows, missing, form):
    row = rows.get(step.code)
    is_done = bool(row and row.is_done) and step.code not in missing
    return {"step": step, "is_done": is_done, "is_begun": bool(row), "is_required": form.is_required(step)}


def _next_step(draft: Draft, form, after: str = "") -> str:
    """The first step after `after` that was never saved; then the first anywhere that is still needed; else none."""
    done = {row.step for row in draft.steps.all() if row.is_done}
    codes = list(form.steps)
    later = codes[codes.index(after) + 1 :] if after in codes else codes
    return next((code for code in later if code not in done), "") or next(iter(open_steps(draft, form)), "")


@never_cache
@require_POST
def start(request):
    """Begin a request, with what is known of a patient whom the account represents. One that is open stays open."""
    if draft_of(request):
        messages.error(
            request,
            _("This request is open here. Send or delete it, or choose to go on later, before you begin another."),
        )
        return redirect("portal:request")
    if is_over_limit(f"draft:{client_address(request)}", limit=DRAFTS_PER_HOUR, seconds=HOUR):
        messages.error(request, _("Many requests came from your connection. Wait an hour, or call one of our offices."))
        return redirect("portal:request")
    account = request.user if request.user.is_authenticated and not request.user.is_staff else None
    patient, known = None, {}
    if account and request.POST.get("patient"):
        patient = get_object_or_404(patients_of(account).filter(pk__in=read_ids(request.POST["patient"])))
        known = known_answers(patient, account)
    if (specialty := request.POST.get("specialty")) in Specialty.objects.offered().values_list("code", flat=True):
        known["specialty"] = specialty
    draft = start_draft(language=get_language(), account=account, patient=patient, known=known)
    return hand_key(redirect("portal:step", step=_next_step(draft, asked_form(draft)) or "asker"), draft)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request, step):
    """One step. Saved, it leads to the next that is open, or back to the check when it was opened from there."""
    if step not in STEPS:
        raise Http404
    try:
        draft = draft_of(request, request.POST.get("draft", ""))
    except OtherDraft:
        return _other_draft(request, step)
    if draft is None:
        messages.error(request, _("This request is not open in this browser. Go on with a code, or begin a new one."))
        return redirect("portal:resume")
    form = asked_form(draft)
    if step not in form.steps:
        return redirect("portal:request")
    row = _row_of(draft, step)
    back_to_check = "check" in request.GET
    if request.method == "POST":
        page = _form_of(form, row, request.POST)
        if page.is_valid():
            try:
                save_step(draft=draft, step=step, answers=page.new_answers(), seen=page.cleaned_data["seen"])
            except StaleStep as stale:
                typed = request.POST.copy()
                typed["seen"] = str(stale.now.version)
                page = _form_of(form, stale.now, typed)
                return _render_step(request, form, page, stale.now, back_to_check, stale=stale.now, status=409)
            if request.POST.get("birth_date_hijri_year"):
                born = long_date(page.cleaned_data["birth_date"])
                messages.success(
                    request, _("In the Gregorian calendar that is %(date)s. Is it right?") % {"date": born}
                )
            return hand_key(HttpResponseRedirect(_way_on(draft, step, back_to_check)), draft)
        return _render_step(request, form, page, row, back_to_check, status=422)
    return _render_step(request, form, _form_of(form, row), row, back_to_check)


def _other_draft(request, step: str = ""):
    """The page for what was made for another request than the open one, with what was typed on it."""
    questions = STEPS[step].questions if step else ()
    typed = [(question.label, value) for question in questions if (value := request.POST.get(question.code))]
    return render(request, "portal/intake/other.html", {"typed": typed}, status=409)


@never_cache
@require_safe
def skip(request, step):
    """On to the next open step without saving this one."""
    draft = draft_of(request)
    return HttpResponseRedirect(_way_on(draft, step, back_to_check=False)) if draft else redirect("portal:resume")


def _row_of(draft, step) -> DraftStep:
    """The step as it was saved, else a new one."""
    return draft.steps.filter(step=step).first() or DraftStep(draft=draft, step=step)


def _form_of(form, row, data=None):
    step = form.steps[row.step]
    options = {"typed": row.unfinished, "seen": row.version}
    if step.code == "consents":
        return AgreementForm(asked_consents(form.answers), row.answers.get("consents", {}), data, **options)
    return StepForm(step, form.answers, data, **options)


def typed_again(request, step: str) -> StepForm | AgreementForm | None:
    """The step's form with what this request typed, unchecked; None where no draft is open or asks that step."""
    draft = draft_of(request)
    form = asked_form(draft) if draft else None
    if form is None or step not in form.steps:
        return None
    row = _row_of(draft, step)
    row.unfinished = dict(request.POST.lists())
    return _form_of(form, row)


def _way_on(draft, step, back_to_check):
    form = asked_form(draft)
    following = "" if back_to_check and not open_steps(draft, form) else _next_step(draft, form, step)
    return reverse("portal:step", args=[following]) if following else reverse("portal:check")


def _render_step(request, form, page, row, back_to_check, *, stale=None, status=200):
    step = form.steps[row.step]
    codes = list(form.steps)
    context = {
        "draft": row.draft,
        "step": step,
        "section": next(section for section in form.sections if step in section.steps),
        "form": page,
        "number": codes.index(step.code) + 1,
        "total": len(codes),
        "before": form.before(step.code),
        "is_required": form.is_required(step),
        "back_to_check": back_to_check,
        "stale": stale and read_answers(stale.answers),
        "is_restored": bool(row.unfinished) and not page.is_bound,
    }
    if step.code == "urgency":
        context["emergency"] = emergency_numbers(form.answers.get("residence_country", ""))
    if step.code == "documents":
        context |= {"documents": row.draft.documents.for_list(), "upload_for": ""}
    name = {"consents": "consents", "documents": "documents"}.get(step.code, "step")
    return render(request, f"portal/intake/{name}.html", context, status=status)


@never_cache
@require_POST
def keep(request, step):
    """Keep what is typed on a step and not yet sent.

    Answers 204; 409 when the step was saved elsewhere since, or another request is open; 404 where none is; 413.
    """
    try:
        draft = draft_of(request, request.POST.get("draft", ""))
    except OtherDraft:
        return HttpResponse(status=409)
    if draft is None or step not in STEPS:
        raise Http404
    own = {question.code for question in STEPS[step].questions}
    typed = {
        name: [value.replace("\0", "") for value in values]  # the database takes none
        for name, values in request.POST.lists()
        if name.isidentifier()
        and (name in own or name.startswith("consent_") or any(name.startswith(f"{code}_") for code in own))
    }
    if sum(len(text) for name, values in typed.items() for text in (name, *values)) > LONGEST_KEPT:
        return HttpResponse(status=413)
    seen = request.POST.get("seen", "")
    seen = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
    return HttpResponse(status=204 if keep_typed(draft=draft, step=step, typed=typed, seen=seen) else 409)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request):
    """All answers once more, and the button that sends them."""
    try:
        draft = draft_of(request, request.POST.get("draft", ""))
    except OtherDraft:
        return _other_draft(request)
    if draft is None:
        return redirect("portal:received" if request.session.get(RECEIVED) else "portal:request")
    error = ""
    if request.method == "POST":
        if is_over_limit(f"request:{client_address(request)}", limit=REQUESTS_PER_HOUR, seconds=HOUR):
            error = _("Many requests came from your connection. Wait an hour, or call one of our offices.")
            return _render_check(request, draft, error, status=429)
        try:
            case = send_draft(draft=draft)
        except NotComplete:
            error = _("Some answers that we need are still open.")
        except (SpecialtyNotOffered, ProgrammeNotOffered, NoOffice) as refusal:
            error = str(refusal)
        else:
            request.session[RECEIVED] = str(case.pk)
            return take_key(redirect("portal:received"))
    return _render_check(request, draft, error, status=422 if error else 200)


def _render_check(request, draft, error, status):
    form = asked_form(draft)
    context = {
        "draft": draft,
        "parts": read_answers(form.kept_answers, form.sections),
        "documents": draft.documents.for_list(),
        "consents": given_consents(form.answers),
        "missing": [form.steps[code] for code in open_steps(draft, form)],
        "error": error,
    }
    return render(request, "portal/intake/check.html", context, status=status)


@never_cache
@require_safe
def request_received(request):
    """The reference and the promise, for the browser that sent the request."""
    received = request.session.get(RECEIVED)
    case = received and Case.objects.select_related("office", "home_office", "care_request").filter(pk=received).first()
    if not case:
        return redirect("portal:request")
    return render(request, "portal/received.html", {"case": case})
