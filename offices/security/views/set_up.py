"""Setting up a second factor: the first one, which everybody on the team needs, and more."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.fernet import InvalidToken
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from offices.kit.addresses import safe_next
from offices.security import services, sessions
from offices.security.codes import Refused
from offices.security.devices import describe_device
from offices.security.forms import CodeForm, PasskeyForm
from offices.security.views.account import show_codes
from offices.security.views.pages import guarded, show

SECRET = "security_new_app"


@require_safe
def set_up(request):
    """Where who has no second factor is led to; who has one goes on."""
    if sessions.has_shown_second_factor(request):
        return redirect("admin:account")
    return _show(request, "security/set_up.html", title=_("One more step to sign in"))


@require_http_methods(["GET", "HEAD", "POST"])
@guarded()
def set_up_app(request):
    """The secret stays the same until a code of it was right, so that a scanned picture stays good."""
    secret, label = _new_secret(request), _("Code that the app shows now")
    form = CodeForm(label=label)
    if request.method == "POST":
        form = CodeForm(request.POST, label=label)
        if form.is_valid():
            try:
                codes = services.set_up_app(request=request, secret=secret, code=form.cleaned_data["code"])
            except Refused as error:
                form.add_error("code", str(error))
            else:
                del request.session[SECRET]
                return _done(request, codes, _("The authenticator app is set up."))
    return _show(
        request,
        "security/set_up_app.html",
        title=_("Set up an authenticator app"),
        form=form,
        address=get_adapter().build_totp_url(request.user, secret),
        key=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded()
def add_passkey(request):
    form = PasskeyForm(initial={"name": describe_device(request.headers.get("User-Agent", ""))}, label_suffix="")
    if request.method == "POST":
        form = PasskeyForm(request.POST, label_suffix="")
        if form.is_valid():
            try:
                codes = services.add_passkey(request=request, **form.cleaned_data)
            except Refused as error:
                form.add_error("credential", str(error))
            else:
                return _done(request, codes, _("The passkey is added."))
    options = webauthn.begin_registration(request.user, False)
    # Any key may be a second step; one that can, also opens alone.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "preferred"
    return _show(request, "security/add_passkey.html", title=_("Add a passkey"), form=form, passkey_options=options)


def _show(request, template, **context):
    """Who must set one up first sees no way to pages that do not open yet."""
    if not sessions.has_shown_second_factor(request):
        context |= {"is_nav_sidebar_enabled": False, "is_first": True}
    return show(request, template, next=safe_next(request), **context)


def _done(request, codes, said):
    target = safe_next(request)
    if codes:
        return show_codes(request, codes, target)
    messages.success(request, said)
    return HttpResponseRedirect(target or reverse("admin:account"))


def _new_secret(request):
    """Kept in the session as it will be in the database: encrypted."""
    try:
        return decrypt(request.session[SECRET])
    except (KeyError, InvalidToken):
        secret = generate_totp_secret()
        request.session[SECRET] = encrypt(secret)
        return secret
