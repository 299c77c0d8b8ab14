"""The server's side of tus 1.0.0 (https://tus.io/protocols/resumable-upload): core, creation, expiration, checksum and
termination. An error is a problem of RFC 9457: a `code` that does not change, and a `detail` in the reader's language.
"""

import base64
import binascii
import hashlib
from functools import partial

from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from patients.intake.drafts import OtherDraft
from patients.intake.models import Draft
from patients.records import uploads
from patients.records.documents import clean_filename, clean_folder
from patients.records.models import Upload
from patients.records.refusals import Refusal, Refused
from patients.records.uploads import Owner

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
BODY = "application/offset+octet-stream"
CHECKSUMS = {
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "sha256": hashlib.sha256,
    "md5": partial(hashlib.md5, usedforsecurity=False),
}
METHODS = {False: ("OPTIONS", "POST"), True: ("OPTIONS", "HEAD", "PATCH", "DELETE")}
# A phone that says nothing for so long has lost its line: its thread is for others.
SILENCE_SECONDS = 30
CHECKSUM_MISMATCH = 460  # a status of tus alone
_SIGNER = Signer(salt="patients.records.upload")

# code: (status, detail)
PROBLEMS = {
    "version_not_supported": (412, gettext_lazy("This needs the header Tus-Resumable: 1.0.0.")),
    "method_not_allowed": (405, gettext_lazy("This address does not take that method.")),
    "not_found": (404, gettext_lazy("We do not know where this file belongs. Load the page again, then send it.")),
    "other_draft": (409, gettext_lazy("Another request is open in this browser now. Go on with that one.")),
    "gone": (410, gettext_lazy("This upload was left for too long. Send the file again.")),
    "metadata_invalid": (400, gettext_lazy("The header Upload-Metadata is not valid.")),
    "length_invalid": (400, gettext_lazy("The header Upload-Length must say how many bytes the file has.")),
    "offset_invalid": (400, gettext_lazy("The header Upload-Offset must say at which byte this piece begins.")),
    "offset_mismatch": (409, gettext_lazy("The upload stands at another byte. Ask where, and go on from there.")),
    "content_length_required": (411, gettext_lazy("The request needs a Content-Length.")),
    "beyond_the_end": (413, gettext_lazy("This piece is longer than what the file still lacks.")),
    "content_type": (415, gettext_lazy("The body must be application/offset+octet-stream.")),
    "checksum_invalid": (400, gettext_lazy("The header Upload-Checksum is not valid. We know sha1, sha256 and md5.")),
    "checksum_mismatch": (CHECKSUM_MISMATCH, gettext_lazy("This piece was damaged on its way. Send it again.")),
    "too_much": (413, gettext_lazy("There are more files here than we can take. Ask us for another way to send them.")),
    "too_often": (429, gettext_lazy("Very many files came in the last hour. Wait an hour, then go on.")),
}  # fmt: skip


class Problem(Exception):
    """`code` is one of PROBLEMS, or of Refusal."""

    def __init__(self, code: str, **headers: str):
        self.code, self.headers = code, headers
        super().__init__(code)


class TusView(View):
    """Whoever mounts it says whom an upload is for."""

    def owner_of(self, request: HttpRequest, patient: str, draft: str = "") -> Owner:
        """The patient of that id (as text), or the reader's draft without one; a false Owner when it may not be.

        Raises OtherDraft when that is not the `draft` of this id.
        """
        raise NotImplementedError

    def dispatch(self, request, pk=None):
        method = request.method
        if method == "POST":
            method = request.headers.get("X-HTTP-Method-Override", method).upper()
        try:
            response = self._answer(request, method, pk)
        except Problem as problem:
            response = _problem(problem)
        except Refused as refused:
            status = 413 if refused.code == Refusal.TOO_LARGE else 422
            response = problem_response(status, refused.code, str(refused))
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    def _answer(self, request, method, pk):
        if method not in METHODS[pk is not None]:
            raise Problem("method_not_allowed", Allow=", ".join(METHODS[pk is not None]))
        if method == "OPTIONS":
            return self.tell_abilities()
        if request.headers.get("Tus-Resumable") != VERSION:
            raise Problem("version_not_supported", **{"Tus-Version": VERSION})
        if method == "POST":
            return self.create(request)
        upload = self.find(request, pk)
        return {"HEAD": self.tell_offset, "PATCH": self.take, "DELETE": self.terminate}[method](request, upload)

    def tell_abilities(self):
        return HttpResponse(
            status=204,
            headers={
                "Tus-Version": VERSION,
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": settings.UPLOAD_LARGEST_BYTES,
                "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
            },
        )

    def create(self, request):
        length = _number(request, "Upload-Length", "length_invalid")
        metadata = read_metadata(request.headers.get("Upload-Metadata", ""))
        try:
            owner = self.owner_of(request, metadata.get("patient", ""), metadata.get("draft", ""))
        except OtherDraft as error:
            raise Problem("other_draft") from error
        if not owner:
            raise Problem("not_found")
        filename = clean_filename(metadata.get("filename", ""))
        folder = clean_folder(metadata.get("relativePath", "").rpartition("/")[0])
        try:
            upload = uploads.begin_upload(owner=owner, filename=filename, folder=folder, length=length)
        except uploads.TooMuch as error:
            raise Problem("too_much") from error
        except uploads.TooOften as error:
            raise Problem("too_often", **{"Retry-After": str(uploads.HOUR)}) from error
        except Draft.DoesNotExist as error:
            raise Problem("not_found") from error
        return HttpResponse(status=201, headers={"Location": address_of(upload)} | _expiry(upload))

    def find(self, request, pk):
        """The upload, where it is the reader's, or was begun for a request that is sent by now: who holds its address
        ends it.
        """
        upload = Upload.objects.select_related("file", "draft", "patient").filter(pk=pk).first()
        if upload is None:
            raise Problem("not_found")
        was_sent = upload.draft is not None and upload.draft.care_request_id is not None
        if not (was_sent and constant_time_compare(request.GET.get("key", ""), _key_of(upload))):
            owner = self.owner_of(request, str(upload.patient_id or ""))
            if not owner or owner.whom != Owner(upload.draft, upload.patient).whom:
                raise Problem("not_found")
        if not upload.completed_at and upload.expires_at <= timezone.now():
            raise Problem("gone")
        return upload

    def tell_offset(self, request, upload):
        path = f"{upload.folder}/{upload.filename}" if upload.folder else ""
        state = {
            "Upload-Offset": upload.offset,
            "Upload-Length": upload.length,
            "Upload-Metadata": write_metadata(filename=upload.filename, relativePath=path),
        }
        return HttpResponse(headers=state | _expiry(upload))

    def take(self, request, upload):
        if request.content_type != BODY:
            raise Problem("content_type")
        offset = _number(request, "Upload-Offset", "offset_invalid")
        count = _number(request, "Content-Length", "content_length_required")
        if offset == upload.offset and count > upload.length - offset:
            raise Problem("beyond_the_end")
        digest, expected = _checksum(request.headers.get("Upload-Checksum", ""))
        if connection := request.META.get("gunicorn.socket"):
            connection.settimeout(SILENCE_SECONDS)
        try:
            uploads.receive_bytes(
                upload=upload, offset=offset, stream=request, count=count, digest=digest, expected=expected
            )
        except uploads.Conflict as error:
            raise Problem("offset_mismatch") from error
        except uploads.ChecksumMismatch as error:
            raise Problem("checksum_mismatch") from error
        return HttpResponse(status=204, headers={"Upload-Offset": upload.offset} | _expiry(upload))

    def terminate(self, request, upload):
        uploads.give_up_upload(upload=upload)
        return HttpResponse(status=204)


def address_of(upload: Upload) -> str:
    """Where the upload goes on. It is signed, so that it can be ended when its draft is no longer the browser's."""
    return reverse("upload", args=[upload.pk], query={"key": _key_of(upload)})


def _key_of(upload):
    return _SIGNER.signature(str(upload.pk))


def read_metadata(header: str) -> dict[str, str]:
    """{key: text} of pairs such as `filename c2Nhbi5wZGY=`. Raises Problem."""
    found = {}
    for pair in filter(None, (pair.strip() for pair in header.split(","))):
        key, _space, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Problem("metadata_invalid") from error
    return found


def write_metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in values.items() if text)


def _checksum(header):
    """A digest to feed, and what it must come to; neither without the header."""
    if not header:
        return None, b""
    name, _space, value = header.partition(" ")
    try:
        return CHECKSUMS[name.strip()](), base64.b64decode(value.strip(), validate=True)
    except (KeyError, binascii.Error) as error:
        raise Problem("checksum_invalid") from error


def _number(request, header, code):
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Problem(code)
    return int(text)


def _expiry(upload):
    return {} if upload.completed_at else {"Upload-Expires": http_date(upload.expires_at.timestamp())}


def _problem(problem):
    status, detail = PROBLEMS[problem.code]
    return problem_response(status, problem.code, str(detail), problem.headers)


def problem_response(status, code, detail, headers=None):
    body = {"type": "about:blank", "title": _("The file was not taken."), "status": status, "code": code}
    return JsonResponse(
        body | {"detail": detail},
        status=status,
        reason="Checksum Mismatch" if status == CHECKSUM_MISMATCH else None,
        headers=headers,
        content_type="application/problem+json",
    )
