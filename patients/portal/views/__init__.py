"""The pages: `requests` (asking for care), `accounts` (sign-in), `cases`, `failures`."""

from patients.portal.views.accounts import sign_in, sign_in_code, sign_out
from patients.portal.views.cases import case, cases, reply
from patients.portal.views.failures import csrf_failure
from patients.portal.views.requests import request_care, request_received

__all__ = [
    "case",
    "cases",
    "csrf_failure",
    "reply",
    "request_care",
    "request_received",
    "sign_in",
    "sign_in_code",
    "sign_out",
]
