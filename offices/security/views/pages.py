"""What the pages of this room have in common."""

from functools import wraps

from django.contrib import admin
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from offices.kit.addresses import with_next
from offices.security import sessions
from offices.security.services import factors_of


def show(request: HttpRequest, template: str, status: int = 200, **context) -> HttpResponse:
    """A page at the desk."""
    return render(request, template, admin.site.each_context(request) | context, status=status)


def guarded(back_to: str | None = None):
    """For a change of one's sign-in: the second factor was shown in this session a moment ago, or is asked for again.

    Who has none yet came by password and may set one up; where one was set up meanwhile from another session, this one
    ends. `back_to` names the page to come back to, where the view itself takes no GET.
    """

    def decorate(view):
        @wraps(view)
        def guarded_view(request, *args, **kwargs):
            if sessions.has_shown_second_factor_lately(request):
                return view(request, *args, **kwargs)
            if sessions.has_shown_second_factor(request):
                page = reverse(back_to) if back_to else request.get_full_path()
                return HttpResponseRedirect(with_next("admin:second_step", page))
            if factors_of(request.user):
                logout(request)
                return redirect("admin:login")
            return view(request, *args, **kwargs)

        return guarded_view

    return decorate
