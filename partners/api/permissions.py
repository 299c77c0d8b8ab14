from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission

from partners.api.problems import BEARER, Problem


class HasScope(BasePermission):
    """What a method needs stands in the view's `required_scopes = {"GET": ("referrals:read",)}`; the rest is denied.

    An empty tuple means any valid token. OPTIONS, which tells only the methods, is open to all.
    """

    def has_permission(self, request, view):
        if request.method not in view.allowed_methods:
            raise MethodNotAllowed(request.method)
        if request.method == "OPTIONS":
            return True
        if request.auth is None:
            return False  # DRF then answers 401
        method = "GET" if request.method == "HEAD" else request.method
        required = view.required_scopes.get(method)
        if required is not None and set(required) <= set(request.auth.scopes):
            return True
        scope = " ".join(required or ())
        raise Problem(
            "insufficient_scope",
            _("It needs the scope %(scope)s.") % {"scope": scope} if scope else "",
            headers={"WWW-Authenticate": f'{BEARER}, error="insufficient_scope", scope="{scope}"'},
        )
