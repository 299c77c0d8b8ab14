from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.logout import logout
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core.internal.cryptokit import compare_user_code
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from offices.kit.addresses import with_next
from offices.kit.limits import client_address, is_over_limit
from patients.intake.drafts import take_key
from patients.portal.accounts import email_of_link, find_patient_account, next_page
from patients.portal.forms import CodeForm, SignInForm

CODES_PER_ADDRESS, CODES_PER_CONNECTION, WINDOW_SECONDS = 5, 30, 900


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request):
    """Ask for a code by mail. The answer is the same for every address, known or not."""
    target = next_page(request)
    if request.user.is_authenticated:
        return redirect(target or "portal:cases")
    if request.method != "POST":
        form = SignInForm(initial={"email": email_of_link(request.GET.get("for", ""))})
        return render(request, "portal/sign_in.html", {"form": form, "next": target})
    form = SignInForm(request.POST)
    status = 200
    if form.is_valid():
        email = form.cleaned_data["email"].strip().lower()
        if not _asks_too_often(request, email):
            LoginCodeVerificationProcess.initiate(request=request, user=find_patient_account(email), email=email)
            return HttpResponseRedirect(with_next("portal:sign_in_code", target))
        form.add_error("email", _("Several codes were asked for. Wait 15 minutes, then ask for a new one."))
        status = 429
    return render(request, "portal/sign_in.html", {"form": form, "next": target}, status=status)


def _asks_too_often(request, email: str) -> bool:
    connection = f"code:{client_address(request)}"
    by_connection = is_over_limit(connection, limit=CODES_PER_CONNECTION, seconds=WINDOW_SECONDS)
    return is_over_limit(f"code:{email}", limit=CODES_PER_ADDRESS, seconds=WINDOW_SECONDS) or by_connection


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request):
    """Type the mailed code."""
    target = next_page(request)
    if request.user.is_authenticated:
        return redirect(target or "portal:cases")
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    process = stage and LoginCodeVerificationProcess.resume(stage)
    if not process:
        return _ask_again(request, target, _("This code can no longer be used. Ask for a new one."))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if compare_user_code(actual=form.cleaned_data["code"], expected=process.code):
            return process.finish(target or None)
        if not process.record_invalid_attempt():
            return _ask_again(request, target, _("The code was wrong several times. Ask for a new one."))
        form.add_error("code", _("This code is not right. Check the newest mail from us and try again."))
    context = {
        "form": form,
        "next": target,
        "email": process.state["email"],
        "minutes": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
        "again": with_next("portal:sign_in", target),
    }
    return render(request, "portal/sign_in_code.html", context)


@require_POST
def sign_out(request):
    """Whoever comes to this browser next finds nothing: neither the account nor a request that is being written."""
    logout(request, show_message=False)
    messages.success(request, _("You are signed out."))
    return take_key(redirect("website:home"))


def _ask_again(request, target: str, why: str):
    messages.error(request, why)
    return HttpResponseRedirect(with_next("portal:sign_in", target))
