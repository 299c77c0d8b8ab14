"""Every error of the API is a problem of RFC 9457: `application/problem+json` with a `code` that does not change."""

import logging

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
BEARER = 'Bearer realm="partners"'

# code: (status, title). docs/api.md says what to do about each.
PROBLEMS = {
    "bad_request": (400, _("The request could not be understood.")),
    "malformed_json": (400, _("The body is not valid JSON.")),
    "not_an_object": (400, _("The body is not a JSON object.")),
    "invalid_parameter": (400, _("A parameter in the address is not valid.")),
    "invalid_cursor": (400, _("The cursor is not valid.")),
    "invalid_idempotency_key": (400, _("The Idempotency-Key is not valid.")),
    "not_authenticated": (401, _("This needs an access token.")),
    "invalid_token": (401, _("The access token is not valid.")),
    "insufficient_scope": (403, _("The access token does not allow this.")),
    "not_found": (404, _("There is nothing here.")),
    "method_not_allowed": (405, _("This address does not take that method.")),
    "partner_reference_in_use": (409, _("Another referral has this partner_reference.")),
    "idempotency_in_flight": (409, _("The first request with this Idempotency-Key is still being worked on.")),
    "length_required": (411, _("The request needs a Content-Length.")),
    "body_too_large": (413, _("The body is too large.")),
    "unsupported_media_type": (415, _("The body must be application/json.")),
    "validation_failed": (422, _("Some fields are not valid.")),
    "idempotency_key_reused": (422, _("This Idempotency-Key was used for another request.")),
    "too_many_requests": (429, _("Too many requests.")),
    "no_office": (503, _("No office can take this request yet.")),
    "server_error": (500, _("Something went wrong on our side.")),
}

# What Django REST framework calls an error of a field, where we call it otherwise.
FIELD_CODES = {
    "max_length": "too_long",
    "null_characters_not_allowed": "forbidden_character",
    "surrogate_characters_not_allowed": "forbidden_character",
}


def problem_type(site, code):
    """The address at which the docs page explains the code."""
    return f"{site}/api/docs/#{code}"


class Problem(exceptions.APIException):
    """Raise it anywhere under a view. `errors`: [{"field", "code", "detail"}]."""

    def __init__(self, code, detail="", *, errors=(), headers=None):
        self.status_code, self.title = PROBLEMS[code]
        self.code, self.detail, self.errors, self.headers = code, detail, errors, headers or {}

    def body(self, path):
        members = {
            "type": problem_type(settings.SITE_URL, self.code),
            "title": str(self.title),
            "status": self.status_code,
            "code": self.code,
            "instance": path,
        }
        if self.detail:
            members["detail"] = str(self.detail)
        if self.errors:
            members["errors"] = list(self.errors)
        return members


def problem_handler(error, context):
    """The answer to any exception under a view. One that nobody foresaw is logged, and told to nobody else."""
    request = context["request"]._request
    problem = _as_problem(error)
    if problem.code == "server_error":
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
        got_request_exception.send(sender=None, request=request)
    headers = dict(problem.headers)
    if problem.status_code == 401:
        headers.setdefault("WWW-Authenticate", BEARER)
    return Response(problem.body(request.path), status=problem.status_code, headers=headers, content_type=CONTENT_TYPE)


def _as_problem(error):
    match error:
        case Problem():
            return error
        case exceptions.ValidationError():
            return Problem("validation_failed", errors=list(_flatten(error.detail)))
        case exceptions.NotAuthenticated():
            return Problem("not_authenticated", _("Send it as `Authorization: Bearer ...`; get it at /oauth/token/."))
        case Http404() | exceptions.NotFound():
            return Problem("not_found")
        case exceptions.MethodNotAllowed():
            return Problem("method_not_allowed", error.detail)
        case exceptions.UnsupportedMediaType():
            return Problem("unsupported_media_type", error.detail)
        case exceptions.Throttled():
            headers = {"Retry-After": str(int(error.wait))} if error.wait else {}
            return Problem("too_many_requests", error.detail, headers=headers)
        case exceptions.ParseError() | SuspiciousOperation():
            return Problem("bad_request")
        case _:
            return Problem("server_error")


def _flatten(detail, path=""):
    """Each error of nested fields as {"field": "patient.birth_date", "code", "detail"}."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = name == "non_field_errors"
            yield from _flatten(inner, path if own else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flatten(inner, path)
    else:
        yield {"field": path, "code": FIELD_CODES.get(detail.code, detail.code), "detail": str(detail)}
