"""Where to go on to after a page that stands in the way, such as signing in."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def safe_next(request: HttpRequest) -> str:
    """The request's `next`; nothing when that is not a page of this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else ""


def with_next(name: str, target: str) -> str:
    """The address of the page `name`, which leads on to `target` if there is one."""
    return f"{reverse(name)}?{urlencode({'next': target})}" if target else reverse(name)
