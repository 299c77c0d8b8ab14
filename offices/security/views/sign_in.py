"""Coming in: the password, the second step, or a passkey alone."""

import json

from allauth.account.stages import LoginStageController
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from offices.kit.addresses import safe_next, with_next
from offices.kit.limits import client_address, is_over_limit
from offices.security import codes, sessions
from offices.security.forms import CodeForm
from offices.security.services import begin_sign_in, factors_of, sign_in_by_passkey
from offices.security.stages import SecondStep
from offices.security.views.pages import show

PASSKEY_TRIES, PASSKEY_SECONDS = 30, 900


class PasswordStep(LoginView):
    """The right password alone opens nothing."""

    next_page = reverse_lazy("admin:index")

    def form_valid(self, form):
        return begin_sign_in(request=self.request, user=form.get_user(), target=self.get_success_url())


@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request):
    """The second factor: after the password, or once more before a change of one's own sign-in."""
    stage = None
    if not request.user.is_authenticated:
        stage = LoginStageController.enter(request, SecondStep.key)
    if not (stage and stage.login.user) and not sessions.is_team(request.user):
        return HttpResponseRedirect(with_next("admin:login", safe_next(request)))
    user = stage.login.user if stage else request.user
    target = safe_next(request) or reverse("admin:account")
    credential = request.POST.get("credential")
    form = CodeForm(request.POST if request.method == "POST" and not credential else None, label=_("Code"))
    passkey_error, status = "", 200
    factor = None
    try:
        if credential:
            factor = codes.check_passkey(user=user, credential=_read(credential))
        elif form.is_valid():
            factor = codes.check_code(user=user, code=form.cleaned_data["code"])
    except codes.Refused as error:
        status = 429 if isinstance(error, codes.TooManyTries) else 200
        if credential:
            passkey_error = str(error)
        else:
            form.add_error("code", str(error))
    if factor:
        post_authentication(request, factor, reauthenticated=not stage)
        return stage.exit() if stage else HttpResponseRedirect(target)
    has_passkey = any(factor.type == codes.PASSKEY for factor in factors_of(user))
    return show(
        request,
        "security/second_step.html",
        status,
        title=_("Second step"),
        form=form,
        next=safe_next(request),
        is_repeated=not stage,
        demo_code=codes.demo_code(user),
        passkey_options=webauthn.begin_authentication(user) if has_passkey else None,
        passkey_error=passkey_error,
        has_permission=False,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request):
    """Sign in with a passkey alone: GET gives the browser a question (JSON), POST takes its answer."""
    asks = request.method != "POST"
    target = safe_next(request)
    tries = f"passkey:{request.method}:{client_address(request)}"
    if is_over_limit(tries, limit=PASSKEY_TRIES, seconds=PASSKEY_SECONDS):
        if asks:
            return JsonResponse({}, status=429)
        messages.error(request, str(codes.TooManyTries()))
        return HttpResponseRedirect(with_next("admin:login", target))
    if asks:
        return JsonResponse(webauthn.begin_authentication())
    try:
        factor = codes.check_passkey_alone(credential=_read(request.POST.get("credential", "")))
    except codes.Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(with_next("admin:login", target))
    return sign_in_by_passkey(request=request, factor=factor, target=target or reverse("admin:index"))


def _read(text):
    """What the browser sent as JSON, or None."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
