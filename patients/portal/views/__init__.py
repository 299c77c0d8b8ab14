"""The pages: `intake` (asking for care), `drafts` (the way back to it), `uploads` (files), `accounts` (sign-in),
`cases`, `failures`.
"""

from patients.portal.views.accounts import sign_in, sign_in_code, sign_out
from patients.portal.views.cases import case, cases, reply
from patients.portal.views.drafts import close, discard, resume, resume_link, save_for_later
from patients.portal.views.failures import csrf_failure
from patients.portal.views.intake import check, keep, request_care, request_received, skip, start, step
from patients.portal.views.uploads import Uploads, document, document_page, documents, remove, send_documents

__all__ = [
    "Uploads",
    "case",
    "cases",
    "check",
    "close",
    "csrf_failure",
    "discard",
    "document",
    "document_page",
    "documents",
    "keep",
    "remove",
    "reply",
    "request_care",
    "request_received",
    "resume",
    "resume_link",
    "save_for_later",
    "send_documents",
    "sign_in",
    "sign_in_code",
    "sign_out",
    "skip",
    "start",
    "step",
]
