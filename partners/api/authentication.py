from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication

from partners.api.problems import BEARER, Problem
from partners.institutions.access import find_access

LONGEST_TOKEN = 255


class CredentialAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; `request.auth` is the partners.institutions.access.Access that it opens."""

    def authenticate(self, request):
        scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        access = find_access(token) if 0 < len(token) <= LONGEST_TOKEN and token.isascii() else None
        if access is None:
            raise Problem(
                "invalid_token",
                _("It is unknown, has expired or was revoked. Get a new one at /oauth/token/."),
                headers={"WWW-Authenticate": f'{BEARER}, error="invalid_token"'},
            )
        return None, access

    def authenticate_header(self, request):
        return BEARER
