"""`POST /oauth/token/`: RFC 6749's client credentials grant, and nothing else of OAuth.

Its texts are ASCII by that RFC, so they are in English.
"""

from base64 import b64decode
from http import HTTPStatus
from urllib.parse import unquote_plus

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import TokenView as ToolkitTokenView

from offices.kit.limits import client_address, count_one, read_count

FORM = "application/x-www-form-urlencoded"
HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"}
GRANT = "client_credentials"
LONGEST_BODY = 16 * 1024
FAILURES = 10
FAILURES_SECONDS = 300


@method_decorator(csrf_exempt, name="dispatch")
class TokenView(ToolkitTokenView):
    """Signs in by HTTP Basic, or by client_id and client_secret in the form; answers and errors are JSON.

    After FAILURES failed sign-ins as one client_id from one address, that pair waits for the next window of
    FAILURES_SECONDS, whatever secret it brings then.
    """

    http_method_names = ["post"]

    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    def post(self, request, *args, **kwargs):
        if complaint := _malformed(request):
            return _error(HTTPStatus.BAD_REQUEST, "invalid_request", complaint)
        if request.POST.get("grant_type") != GRANT:
            return _error(HTTPStatus.BAD_REQUEST, "unsupported_grant_type", f"The grant_type here is {GRANT}.")
        failures = f"sign-in:{client_address(request)}:{_client_id(request)}"
        window = read_count(failures, seconds=FAILURES_SECONDS)
        if window and window.count >= FAILURES:
            response = _error(HTTPStatus.TOO_MANY_REQUESTS, "temporarily_unavailable", "Too many failed sign-ins.")
            response.headers["Retry-After"] = str(window.seconds_left)
            return response
        response = super().post(request, *args, **kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            count_one(failures, seconds=FAILURES_SECONDS)
            response.headers["WWW-Authenticate"] = 'Basic realm="partners", charset="UTF-8"'
        return response

    def http_method_not_allowed(self, request, *args, **kwargs):
        response = _error(HTTPStatus.METHOD_NOT_ALLOWED, "invalid_request", "Only POST is allowed here.")
        response.headers["Allow"] = "POST"
        return response


def _malformed(request):
    """What is wrong with the form of the request, or None.

    There is one way of signing in at a time, so that failures are counted for the client_id that is tried.
    """
    if request.content_type != FORM:
        return f"Send the parameters as {FORM}."
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_BODY:
        return "The body is too large."
    try:
        claimed = request.POST.get("client_id")
    except (BadRequest, SuspiciousOperation):
        return "The form cannot be read: send few parameters, in UTF-8."
    if "Authorization" in request.headers and (
        "client_secret" in request.POST or claimed not in (None, _client_id(request))
    ):
        return "Sign in one way only: by HTTP Basic or in the form."
    return None


def _client_id(request):
    """The client_id that the request claims, "" when it cannot be read."""
    authorization = request.headers.get("Authorization")
    if authorization is None:
        return request.POST.get("client_id", "")
    try:
        pair = b64decode(authorization.partition(" ")[2]).decode()
    except ValueError:
        return ""
    return unquote_plus(pair.partition(":")[0])


def _error(status, error, description):
    return JsonResponse({"error": error, "error_description": description}, status=status)
