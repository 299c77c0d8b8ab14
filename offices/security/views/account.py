"""“My sign-in”: the own second factors and sessions."""

import math

from allauth.account.internal.flows.logout import logout
from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from offices.security import services, sessions
from offices.security.codes import APP
from offices.security.devices import describe_device
from offices.security.views.pages import guarded, show


@require_safe
def account(request):
    factors = services.factors_of(request.user)
    devices = [
        {
            "row": row,
            "name": describe_device(row.user_agent),
            "address": "" if row.ip == sessions.NO_ADDRESS else row.ip,
            "is_this_one": row.session_key == request.session.session_key,
        }
        for row in sessions.open_sessions(request.user)
    ]
    return show(
        request,
        "security/account.html",
        title=_("My sign-in"),
        factors=[{"row": row, "name": name_of(row), "is_app": row.type == APP} for row in factors],
        is_only_one=len(factors) == 1,
        codes_left=services.count_recovery_codes(request.user),
        devices=devices,
    )


def name_of(factor) -> str:
    return _("Authenticator app") if factor.type == APP else factor.wrap().name


@require_POST
def awake(request):
    """Somebody is at work though no page is asked for. Says how many seconds the session lives from now."""
    sessions.keep_awake(request, at_once=True)
    return JsonResponse({"left": math.ceil(sessions.seconds_left(request))})


@require_POST
@guarded(back_to="admin:account")
def recovery_codes(request):
    """Make new ones and show them this once."""
    return show_codes(request, services.make_recovery_codes(user=request.user), "")


def show_codes(request, codes: list[str], target: str):
    shown = [f"{code[:4]} {code[4:]}" for code in codes]
    context = {"title": _("Your recovery codes"), "codes": shown, "next": target}
    return show(request, "security/recovery_codes.html", **context)


@require_POST
@guarded(back_to="admin:account")
def remove_factor(request, factor_id):
    try:
        services.remove_factor(user=request.user, factor_id=factor_id)
    except services.LastFactor as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is removed."))
    return redirect("admin:account")


@require_POST
def end_session(request, session_id):
    is_this_one = any(
        row.pk == session_id and row.session_key == request.session.session_key
        for row in sessions.open_sessions(request.user)
    )
    services.end_session(user=request.user, session_id=session_id)
    if is_this_one:
        logout(request, show_message=False)
        return redirect("admin:login")
    messages.success(request, _("That session has ended."))
    return redirect("admin:account")


@require_POST
def end_other_sessions(request):
    services.end_other_sessions(request=request)
    messages.success(request, _("All your other sessions have ended."))
    return redirect("admin:account")
