"""Refusals: the team gets them inside its desk, everybody else on the pages of the site (templates/403.html, 404)."""

from csp.decorators import csp_update
from django.contrib import admin
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from cedars_intl.admin_site import POLICY


def permission_denied(request, exception):
    if not _is_at_the_desk(request):
        return defaults.permission_denied(request, exception)
    text = _("Your roles do not open this page. An office manager or an administrator can tell you whose it is.")
    return _show(request, 403, _("You may not do this here"), text)


def page_not_found(request, exception):
    if not _is_at_the_desk(request):
        return defaults.page_not_found(request, exception)
    text = _("The address may be mistyped, or the page may not be yours to see.")
    return _show(request, 404, _("This page is not here"), text)


def _is_at_the_desk(request):
    user = getattr(request, "user", None)
    return request.path.startswith("/admin/") and user is not None and admin.site.has_permission(request)


@csp_update(POLICY)
def _show(request, status, title, text):
    context = admin.site.each_context(request) | {"title": title, "text": text}
    return render(request, "desk/refused.html", context, status=status)
