"""Files handed to a browser: to whom, which bytes, under which name, and never run there."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients.intake.drafts import start_draft
from patients.intake.models import Representative
from patients.intake.models.people import Relation
from patients.records import vault
from patients.records.documents import receive_document
from patients.records.models import Document, DocumentState, Preview
from tests.patients.records.conftest import hold, jpeg

pytestmark = pytest.mark.django_db

CONTENT = jpeg(200_000)


def document_of(content=CONTENT, *, filename="scan.jpg", state=DocumentState.READY, **owner):
    file = vault.store_bytes(content=content, media_type="")
    document = receive_document(file=file, filename=filename, **owner)
    Document.objects.filter(pk=document.pk).delete()
    document.state = state
    document.save(force_insert=True)
    return document


@pytest.fixture
def sent(draft):
    return document_of(draft=draft)


def address(document, rest=""):
    return f"/en/documents/{document.pk}/{rest}"


def body(response):
    return b"".join(response.streaming_content)


def test_a_file_comes_back_and_is_never_run(holder, sent):
    response = holder.get(address(sent))
    assert body(response) == CONTENT
    assert response["Content-Length"] == "200000"
    assert response["Content-Disposition"] == 'attachment; filename="scan.jpg"'
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert response["ETag"] == f'"{sent.file.sha256}"'


@pytest.mark.parametrize(
    "asked, status, start, end",
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=65530-131080", 206, 65_530, 131_081),
        ("bytes=199999-", 206, 199_999, 200_000),
        ("bytes=-5", 206, 199_995, 200_000),
        ("bytes=-300000", 200, 0, 200_000),
        ("bytes=100-900000", 206, 100, 200_000),
        ("bytes=0-", 200, 0, 200_000),
        ("bytes=5-1", 200, 0, 200_000),
        ("bytes=0-1,5-6", 200, 0, 200_000),
        ("bytes=-", 200, 0, 200_000),
        (f"bytes=0-{'9' * 5000}", 200, 0, 200_000),
        ("lines=1-2", 200, 0, 200_000),
    ],
)
def test_ranges(holder, sent, asked, status, start, end):
    response = holder.get(address(sent), headers={"Range": asked, "Accept-Encoding": "gzip"})
    assert response.status_code == status
    assert body(response) == CONTENT[start:end]
    assert response["Content-Length"] == str(end - start)
    assert response.get("Content-Range") == (f"bytes {start}-{end - 1}/200000" if status == 206 else None)


@pytest.mark.parametrize("asked", ["bytes=200000-", "bytes=900000-900001", "bytes=-0"])
def test_a_range_beyond_the_end(holder, sent, asked):
    response = holder.get(address(sent), headers={"Range": asked})
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */200000")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text("bytes=-,0123456789 x٣", max_size=20))
def test_no_range_breaks_it(holder, sent, asked):
    assert holder.get(address(sent), headers={"Range": asked.encode().decode("latin-1")}).status_code in (200, 206, 416)


def test_a_range_of_another_version_is_the_whole(holder, sent):
    headers = {"Range": "bytes=0-0", "If-Range": '"other"'}
    assert holder.get(address(sent), headers=headers).status_code == 200
    assert holder.get(address(sent), headers=headers | {"If-Range": f'"{sent.file.sha256}"'}).status_code == 206


def test_head_tells_and_sends_nothing(holder, sent):
    response = holder.head(address(sent))
    assert (response["Content-Length"], response["Accept-Ranges"], body(response)) == ("200000", "bytes", b"")


def test_names_in_any_script(holder, draft):
    response = holder.get(address(document_of(draft=draft, filename="تقرير الأشعة “1”.jpg")))
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%D8%AA%D9%82")


def test_a_pdf_is_shown_when_asked(holder, draft):
    document = document_of(b"%PDF-1.7\n" + bytes(100), filename="a.pdf", draft=draft)
    assert holder.get(address(document))["Content-Disposition"].startswith("attachment")
    response = holder.get(address(document, "?show"))
    assert response["Content-Disposition"].startswith("inline")
    assert response["Content-Type"] == "application/pdf"
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_nothing_else_is_shown(holder, draft):
    document = document_of(b"<script>alert(1)</script>", filename="a.txt", draft=draft)
    response = holder.get(address(document, "?show"))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize("state", [DocumentState.RECEIVED, DocumentState.QUARANTINED])
def test_what_was_not_checked_is_not_served(holder, draft, state):
    document = document_of(draft=draft, state=state)
    add_preview(document)
    assert holder.get(address(document)).status_code == 404
    assert holder.get(address(document, "pages/1/")).status_code == 404


def add_preview(document, content=b"\xff\xd8\xff small"):
    file = vault.store_bytes(content=content, media_type="image/jpeg")
    return Preview.objects.create(document=document, page=1, file=file, width=1, height=1)


def test_a_page_is_shown(holder, sent):
    add_preview(sent)
    response = holder.get(address(sent, "pages/1/"))
    assert (body(response), response["Content-Type"]) == (b"\xff\xd8\xff small", "image/jpeg")
    assert response["Content-Disposition"] == 'inline; filename="1.jpg"'
    assert holder.get(address(sent, "pages/2/")).status_code == 404


def test_a_draft_is_its_browsers(holder, sent):
    stranger = hold(Client(), start_draft(language="en", known={}))
    for client in (Client(), stranger):
        for rest in ("", "pages/1/"):
            assert client.get(address(sent, rest)).status_code == 404
        assert client.post(address(sent, "remove/")).status_code == 404
    assert holder.get(f"/en/documents/{uuid4()}/").status_code == 404
    assert Document.objects.exists()


def test_a_patients_file_is_for_who_acts_for_the_patient(sign_in, case, patient, other_patient, coordinator):
    Representative.objects.get_or_create(
        patient=case.patient, account=patient, ended_at=None, defaults={"relation": Relation.SELF}
    )
    document = document_of(patient=case.patient)
    assert sign_in(patient).get(address(document)).status_code == 200
    assert sign_in(patient).post(address(document, "remove/")).status_code == 404
    assert sign_in(other_patient).get(address(document)).status_code == 404
    assert sign_in(coordinator).get(address(document)).status_code == 404  # the desk has addresses of its own
    Representative.objects.filter(account=patient).update(ended_at=timezone.now())
    assert sign_in(patient).get(address(document)).status_code == 404
