from urllib.parse import urlencode, urlsplit

from django.contrib.auth import logout
from django.http import HttpResponseRedirect
from django.urls import reverse

from offices.security import sessions


class StaffSession:
    """A session of staff opens nothing before its second factor, and ends when nobody uses it.

    Who has no second factor yet reaches the pages that set one up, and signing out. A session that began neither by
    password nor by passkey (that of a patient who has become staff since) ends. What it looks at stands in the session.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self._refusal(request) or self._answer(request)

    def _refusal(self, request):
        if not sessions.is_team(request.user):
            return None
        if sessions.seconds_left(request) <= 0:
            return _end(request, ended="idle")
        if not sessions.has_shown_second_factor(request):
            if not sessions.came_by_password(request):
                return _end(request)
            if request.path_info not in _set_up_pages():
                return HttpResponseRedirect(f"{reverse('admin:set_up')}{_query(next=_page(request))}")
        sessions.keep_awake(request)
        return None

    def _answer(self, request):
        response = self.get_response(request)
        # Who has just signed in stands in the list of sessions before the next request.
        if sessions.is_team(request.user) and not sessions.is_tracked(request):
            sessions.keep_awake(request)
        return response


def _set_up_pages():
    names = ("set_up", "set_up_app", "add_passkey", "awake", "logout")
    return {reverse(f"admin:{name}") for name in names}


def _end(request, **why):
    """Sign out, and lead to the sign-in; None where the visitor is there or on the way out already."""
    page = _page(request)
    logout(request)
    if request.path_info in (reverse("admin:login"), reverse("admin:logout")):
        return None
    return HttpResponseRedirect(f"{reverse('admin:login')}{_query(**why, next=page)}")


def _page(request):
    """Where to come back to: this page, or the one whose form was sent."""
    if request.path_info == reverse("admin:index"):
        return ""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    sender = urlsplit(request.headers.get("Referer", ""))
    return sender.path if sender.netloc == request.get_host() else ""


def _query(**values):
    values = {name: value for name, value in values.items() if value}
    return f"?{urlencode(values)}" if values else ""
