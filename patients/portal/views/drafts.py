"""The way back to a request that is being written: ask for it, come by the link or the code, or throw it away."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from offices.kit.addresses import with_next
from offices.kit.limits import client_address, is_over_limit
from patients.intake.drafts import (
    OtherDraft,
    draft_of,
    hand_key,
    mail_way_back,
    open_by_code,
    open_by_link,
    peek_link,
    take_key,
)
from patients.portal.forms import ResumeForm, WayBackForm
from patients.records.drafts import remove_draft

MAILS_PER_ADDRESS, MAILS_PER_CONNECTION, TRIES_PER_CONNECTION, WINDOW_SECONDS = 5, 30, 30, 900


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def save_for_later(request):
    """Mail the way back to the open draft."""
    draft = draft_of(request)
    if draft is None:
        return redirect("portal:request")
    if request.method != "POST":
        return render(request, "portal/intake/later.html", {"form": WayBackForm(initial={"email": draft.email})})
    form = WayBackForm(request.POST)
    status = 422
    if form.is_valid():
        email = form.cleaned_data["email"].strip().lower()
        if not _mails_too_often(request, email):
            mail_way_back(draft=draft, email=email)
            return render(request, "portal/intake/later_sent.html", {"email": email, "draft": draft})
        form.add_error("email", _("Several mails were asked for. Wait 15 minutes, then ask for a new one."))
        status = 429
    return render(request, "portal/intake/later.html", {"form": form}, status=status)


def _mails_too_often(request, email: str) -> bool:
    by_connection = is_over_limit(
        f"way-back:{client_address(request)}", limit=MAILS_PER_CONNECTION, seconds=WINDOW_SECONDS
    )
    return is_over_limit(f"way-back:{email}", limit=MAILS_PER_ADDRESS, seconds=WINDOW_SECONDS) or by_connection


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request):
    """Come back with the address and the code of the mail."""
    form = ResumeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if is_over_limit(f"resume:{client_address(request)}", limit=TRIES_PER_CONNECTION, seconds=WINDOW_SECONDS):
                form.add_error("code", _("The code was wrong several times. Ask for a new one."))
                status = 429
            elif draft := open_by_code(form.cleaned_data["email"], form.cleaned_data["code"]):
                return _opened(request, draft)
            else:
                form.add_error("code", _("This code is not right. Check the newest mail from us and try again."))
    return render(request, "portal/intake/resume.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resume_link(request, token):
    """Come back by the mail's link. Looking uses nothing up: only the button does, since mail programs look too."""
    if request.method == "POST":
        if draft := open_by_link(token):
            return _opened(request, draft)
    elif peek_link(token):
        return render(request, "portal/intake/resume_link.html")
    messages.error(
        request, _("This link can no longer be used. Type the newest code, or go on in the browser where you began.")
    )
    return redirect("portal:resume")


def _opened(request, draft):
    """To the request; one that began with what is known of a patient opens for the account that began it alone."""
    if draft.patient_id and draft.account_id != request.user.pk:
        messages.success(request, _("Sign in to go on with this request: it holds what is known of a patient."))
        return hand_key(HttpResponseRedirect(with_next("portal:sign_in", reverse("portal:request"))), draft)
    return hand_key(redirect("portal:request"), draft)


@never_cache
@require_POST
def close(request):
    """Let go of the open draft, which stays as it is, as on a device that others use too."""
    messages.success(request, _("The request is closed here. The link or the code of the mail opens it again."))
    return take_key(redirect("portal:request"))


@never_cache
@require_POST
def discard(request):
    """Throw the open draft away, with what was sent to it."""
    try:
        draft = draft_of(request, request.POST.get("draft", ""))
    except OtherDraft:
        draft = None
    if draft is None:
        raise Http404
    remove_draft(draft=draft)
    messages.success(request, _("The request that you began is deleted."))
    return take_key(redirect("portal:request"))
