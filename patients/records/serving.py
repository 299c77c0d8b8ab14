"""Handing a stored file to a browser: decrypted as it goes, whole or one range of it, and never run there."""

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from patients.records import vault
from patients.records.models import Document, DocumentState, StoredFile

SANDBOX = "sandbox; default-src 'none'"
# Chromium shows no PDF in a sandbox, and its viewer styles itself.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"
SHOWN = {"image/jpeg": SANDBOX, "image/png": SANDBOX, "application/pdf": PDF_POLICY}
CHECKED = (DocumentState.CHECKED, DocumentState.READY)

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def serve_document(request: HttpRequest, document: Document, *, inline: bool = False) -> HttpResponseBase:
    """The file of a document that was checked and accepted; Http404 for any other. `inline` shows a PDF or picture."""
    if document.state not in CHECKED:
        raise Http404
    return serve_file(request, document.file, filename=document.filename, inline=inline)


def serve_preview(request: HttpRequest, document: Document, page: int) -> HttpResponseBase:
    """The picture of a page (from 1) of a document that was checked and accepted; Http404 for any other."""
    preview = document.previews.select_related("file").filter(page=page).first()
    if preview is None or document.state not in CHECKED:
        raise Http404
    return serve_file(request, preview.file, filename=f"{page}.jpg", inline=True)


def serve_file(request: HttpRequest, file: StoredFile, *, filename: str, inline: bool = False) -> HttpResponseBase:
    """The caller has made sure that the reader may have it. One range is served, several as the whole file."""
    media_type = file.media_type or "application/octet-stream"
    inline = inline and media_type in SHOWN
    start, end = _range(request, file)
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": content_disposition_header(not inline, filename),
        "Content-Security-Policy": SHOWN[media_type] if inline else SANDBOX,
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Accept-Ranges": "bytes",
        "ETag": f'"{file.sha256}"',
        # So that nothing compresses it: a range counts bytes of the file.
        "Content-Encoding": "identity",
    }
    if start >= end and file.size:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{file.size}"})
    headers["Content-Length"] = str(end - start)
    is_part = (start, end) != (0, file.size)
    if is_part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    content = () if request.method == "HEAD" else vault.read_range(file, start, end)
    return StreamingHttpResponse(content, status=206 if is_part else 200, headers=headers)


def _range(request, file):
    """(start, end) of what is asked for, end exclusive; the whole where the header is no single range of this file."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if (
        not match
        or not any(match.groups())
        or request.headers.get("If-Range", f'"{file.sha256}"') != f'"{file.sha256}"'
    ):
        return 0, file.size
    first, last = match.groups()
    if not first:
        return (max(0, file.size - int(last)), file.size) if int(last) else (file.size, file.size)
    if last and int(last) < int(first):
        return 0, file.size
    return int(first), min(int(last) + 1, file.size) if last else file.size
