"""The tus protocol at /uploads/: what a client may rely on, whose uploads are whose, and how much is taken."""

import base64
import hashlib
import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import http_date

from offices.directory.roles import Role
from offices.outbox.models import Event
from patients.intake.drafts import start_draft
from patients.intake.models import Draft, Representative
from patients.intake.models.people import Relation
from patients.records import documents, tasks, uploads, vault
from patients.records.drafts import remove_draft
from patients.records.models import Document, FilePart, StoredFile, Upload
from tests.factories import StaffFactory
from tests.patients.records.conftest import hold, jpeg

pytestmark = pytest.mark.django_db

TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = jpeg(3000)


def encoded(**metadata):
    return ",".join(f"{key} {base64.b64encode(str(text).encode()).decode()}" for key, text in metadata.items())


def create(client, content=CONTENT, *, filename="scan.jpg", length=None, headers=(), **metadata):
    length = len(content) if length is None else length
    sent = (
        TUS | {"Upload-Length": str(length), "Upload-Metadata": encoded(filename=filename, **metadata)} | dict(headers)
    )
    return client.post("/uploads/", headers=sent, content_type="application/octet-stream")


def patch(client, address, content, *, offset=0, content_type="application/offset+octet-stream", **headers):
    headers = TUS | {"Upload-Offset": str(offset)} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(address, content, content_type=content_type, headers=headers)


def send(client, content=CONTENT, **options):
    address = create(client, content, **options)["Location"]
    assert patch(client, address, content).status_code == 204
    return Upload.objects.get(pk=address.split("/")[-2])


def offset_of(client, address):
    response = client.head(address, headers=TUS)
    return response.status_code, response.get("Upload-Offset")


def test_options_say_what_the_server_can(client):
    response = client.options("/uploads/")
    assert response.status_code == 204
    assert response["Tus-Version"] == response["Tus-Resumable"] == "1.0.0"
    assert response["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert response["Tus-Checksum-Algorithm"] == "sha1,sha256,md5"
    assert response["Tus-Max-Size"] == str(2 * 1024**3)


def test_a_file_sent_in_pieces_becomes_a_document(holder, draft):
    response = create(holder, relativePath="Disc 1/MR/scan.jpg", filetype="image/jpeg")
    address = response["Location"]
    assert response.status_code == 201
    assert offset_of(holder, address) == (200, "0")
    response = patch(holder, address, CONTENT[:1000])
    assert (response.status_code, response["Upload-Offset"]) == (204, "1000")
    assert response["Upload-Expires"].endswith("GMT")
    head = holder.head(address, headers=TUS)
    assert (head["Upload-Offset"], head["Upload-Length"], head["Cache-Control"]) == ("1000", "3000", "no-store")
    assert head["Upload-Metadata"] == encoded(filename="scan.jpg", relativePath="Disc 1/MR/scan.jpg")
    assert not Document.objects.exists()
    assert patch(holder, address, CONTENT[1000:], offset=1000)["Upload-Offset"] == "3000"
    document = Document.objects.get()
    assert (document.draft, document.patient, document.filename, document.folder) == (
        draft,
        None,
        "scan.jpg",
        "Disc 1/MR",
    )
    assert document.file.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert document.file.media_type == "image/jpeg"
    with vault.open_file(document.file) as opened:
        assert opened.read() == CONTENT
    assert offset_of(holder, address) == (200, "3000")


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
def test_another_version_is_refused(holder, version):
    response = holder.post("/uploads/", headers={"Tus-Resumable": version} if version else {})
    assert (response.status_code, response["Tus-Version"]) == (412, "1.0.0")


def test_a_piece_for_another_byte_is_refused(holder):
    address = create(holder)["Location"]
    for offset in (1, 500):
        response = patch(holder, address, CONTENT[:10], offset=offset)
        assert (response.status_code, response.json()["code"]) == (409, "offset_mismatch")
    assert offset_of(holder, address) == (200, "0")


@pytest.mark.parametrize(
    "change, status, code",
    [
        ({"content_type": "application/octet-stream"}, 415, "content_type"),
        ({"offset": "x"}, 400, "offset_invalid"),
        ({"offset": "-1"}, 400, "offset_invalid"),
        ({"content": CONTENT + b"more"}, 413, "beyond_the_end"),
        ({"Upload_Checksum": "crc32 AAAA"}, 400, "checksum_invalid"),
        ({"Upload_Checksum": "sha256 !"}, 400, "checksum_invalid"),
    ],
)
def test_a_piece_that_is_wrong_is_refused(holder, change, status, code):
    address = create(holder)["Location"]
    response = patch(holder, address, **({"content": CONTENT} | change))
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert offset_of(holder, address) == (200, "0")


@pytest.mark.parametrize("name", ["sha1", "sha256", "md5"])
def test_a_checksum_is_checked(holder, name):
    address = create(holder)["Location"]
    good = base64.b64encode(hashlib.new(name, CONTENT[:1000]).digest()).decode()
    damaged = b"x" + CONTENT[1:1000]
    assert patch(holder, address, damaged, Upload_Checksum=f"{name} {good}").status_code == 460
    assert offset_of(holder, address) == (200, "0")
    assert not FilePart.objects.exists()
    assert patch(holder, address, CONTENT[:1000], Upload_Checksum=f"{name} {good}").status_code == 204
    assert offset_of(holder, address) == (200, "1000")


def test_a_discarded_piece_leaves_nothing_in_the_storage(holder, monkeypatch):
    address, dropped = create(holder)["Location"], []
    drop = vault.drop_part
    monkeypatch.setattr(vault, "drop_part", lambda *, part: (dropped.append(part.name), drop(part=part)))
    monkeypatch.setattr(vault, "PART_BYTES", 1000)
    patch(holder, address, CONTENT, Upload_Checksum=f"md5 {base64.b64encode(bytes(16)).decode()}")
    assert len(dropped) == 3
    assert not any(storages["records"].exists(name) for name in dropped)


@pytest.mark.parametrize(
    "headers, code",
    [
        ({"Upload-Length": ""}, "length_invalid"),
        ({"Upload-Length": "-5"}, "length_invalid"),
        ({"Upload-Length": "١٢"}, "length_invalid"),
        ({"Upload-Length": "", "Upload-Defer-Length": "1"}, "length_invalid"),
        ({"Upload-Metadata": "filename %%%"}, "metadata_invalid"),
        ({"Upload-Metadata": "filename /w=="}, "metadata_invalid"),
    ],
)
def test_a_creation_that_is_wrong_is_refused(holder, headers, code):
    response = create(holder, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_what_we_cannot_take_is_refused_at_once_in_the_readers_language(holder):
    response = create(holder, filename="setup.exe", headers={"Accept-Language": "en"})
    assert (response.status_code, response.json()["code"]) == (422, "type_not_accepted")
    assert "PDF" in response.json()["detail"]
    response = create(holder, length=2 * 1024**3 + 1)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert create(holder, length=2 * 1024**3).status_code == 201
    assert create(holder, filename="").status_code == 422


def test_an_empty_file_is_there_with_the_reason(holder):
    assert create(holder, b"").status_code == 201
    document = Document.objects.get()
    assert (document.state, document.refusal) == ("quarantined", "empty")


def test_a_name_is_only_a_name(holder):
    send(holder, filename="../../etc/\u202egpj.scan\x00.jpg", relativePath="../a//./b\x07/x.jpg")
    document = Document.objects.get()
    assert (document.filename, document.folder) == ("gpj.scan.jpg", "a/b")
    assert documents.clean_filename("a" * 400 + ".jpg").endswith(".jpg")


def test_deleting_forgets_an_upload_and_its_bytes(holder):
    address = create(holder)["Location"]
    patch(holder, address, CONTENT[:1000])
    assert holder.delete(address, headers=TUS).status_code == 204
    assert offset_of(holder, address) == (404, None)
    assert not Upload.objects.exists() and not StoredFile.objects.exists() and not FilePart.objects.exists()


def test_deleting_an_upload_that_ended_leaves_the_document(holder):
    upload = send(holder)
    assert holder.delete(f"/uploads/{upload.pk}/", headers=TUS).status_code == 204
    with vault.open_file(Document.objects.get().file) as opened:
        assert opened.read() == CONTENT


def test_an_upload_expires_and_is_swept(holder):
    address = create(holder)["Location"]
    patch(holder, address, CONTENT[:1000])
    upload = Upload.objects.get()
    assert holder.head(address, headers=TUS)["Upload-Expires"] == http_date(upload.expires_at.timestamp())
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert offset_of(holder, address) == (410, None)
    assert patch(holder, address, CONTENT[1000:], offset=1000).status_code == 410
    tasks.expire_uploads()
    assert not Upload.objects.exists() and not StoredFile.objects.exists()
    assert offset_of(holder, address) == (404, None)


def test_the_sweep_leaves_documents_and_uploads_on_their_way(holder):
    upload = send(holder)
    Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now())
    other = create(holder, jpeg(50))["Location"]
    tasks.expire_uploads()
    assert offset_of(holder, other) == (200, "0")
    assert Document.objects.get().file.parts.exists()
    assert Upload.objects.count() == 1


def test_what_a_dying_worker_left_is_ended_by_the_sweep(holder, monkeypatch):
    address = create(holder)["Location"]
    with monkeypatch.context() as dying:
        dying.setattr(uploads, "set_sha256", lambda file: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            patch(holder, address, CONTENT)
    assert offset_of(holder, address) == (200, "3000")
    broken = create(holder, jpeg(50))["Location"].split("/")[-2]
    Upload.objects.filter(pk=broken).update(offset=50, created_at=timezone.now() - timedelta(days=1))
    StoredFile.objects.filter(upload=broken).update(size=50)
    tasks.expire_uploads()
    assert Document.objects.get().file.size == 3000
    tasks.expire_uploads()
    assert Document.objects.count() == 1


def test_the_sweep_goes_on_past_what_fails_and_keeps_it(holder, monkeypatch):
    monkeypatch.setattr(uploads, "SWEEP_SIZE", 1)
    long_ago = timezone.now() - timedelta(days=9)
    broken = create(holder, jpeg(50))["Location"].split("/")[-2]
    StoredFile.objects.filter(upload=broken).update(size=50)  # without a part: it cannot be read
    Upload.objects.filter(pk=broken).update(offset=50, expires_at=long_ago)
    address = create(holder)["Location"]
    with monkeypatch.context() as dying:
        dying.setattr(uploads, "set_sha256", lambda file: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            patch(holder, address, CONTENT)
    tasks.expire_uploads()
    tasks.expire_uploads()
    assert Document.objects.get().file.size == 3000
    assert Upload.objects.filter(pk=broken, completed_at=None).exists()


def test_what_cannot_be_forgotten_does_not_keep_the_others(holder, monkeypatch):
    was, stuck = uploads.give_up_upload, create(holder, jpeg(50))["Location"].split("/")[-2]
    create(holder)
    Upload.objects.update(expires_at=timezone.now() - timedelta(days=1))

    def give_up(*, upload):
        assert str(upload.pk) != stuck
        was(upload=upload)

    monkeypatch.setattr(uploads, "give_up_upload", give_up)
    tasks.expire_uploads()
    assert str(Upload.objects.get().pk) == stuck


def test_an_upload_is_locked_before_its_file(holder):
    address = create(holder)["Location"]
    with CaptureQueriesContext(connection) as captured:
        patch(holder, address, CONTENT[:1000])
    updated = [name for query in captured for name in re.findall(r'UPDATE "(\w+)"', query["sql"])]
    assert updated[:2] == ["records_upload", "records_storedfile"]


def test_an_object_whose_row_may_be_there_is_left_to_the_sweep(holder, monkeypatch):
    """As when the line to the database breaks while it commits."""
    address, was = create(holder)["Location"], uploads._keep

    def keep(upload, parts):
        was(upload, parts)
        raise OperationalError

    monkeypatch.setattr(uploads, "_keep", keep)
    digest = base64.b64encode(hashlib.sha256(CONTENT[:1000]).digest()).decode()
    with pytest.raises(OperationalError):
        patch(holder, address, CONTENT[:1000], Upload_Checksum=f"sha256 {digest}")
    assert storages["records"].exists(FilePart.objects.get().name)


def test_two_who_send_the_same_piece_do_not_mix(holder):
    address = create(holder)["Location"]
    late = Upload.objects.select_related("file", "draft").get()
    assert patch(holder, address, CONTENT[:2000]).status_code == 204
    with pytest.raises(uploads.Conflict):
        uploads.receive_bytes(upload=late, offset=0, stream=io.BytesIO(b"y" * 3000), count=3000)
    assert patch(holder, address, CONTENT[2000:], offset=2000).status_code == 204
    assert Document.objects.get().file.sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_an_upload_cancelled_while_bytes_arrive_stays_away(holder):
    create(holder)
    upload = Upload.objects.select_related("file", "draft").get()
    uploads.give_up_upload(upload=upload)
    with pytest.raises(uploads.Conflict):
        uploads.receive_bytes(upload=upload, offset=0, stream=io.BytesIO(CONTENT), count=3000)
    assert not FilePart.objects.exists()


def test_the_same_file_twice_is_one_document(holder):
    first, second = send(holder), send(holder, filename="copy.jpg")
    assert Document.objects.get().file == first.file
    assert not second.file.parts.exists()
    assert offset_of(holder, f"/uploads/{second.pk}/") == (200, "3000")


def test_a_file_refused_for_its_name_is_taken_under_another(holder):
    send(holder, filename="scan.png")
    assert Document.objects.get().refusal == "type_disagrees"
    send(holder, filename="scan.png")
    assert Document.objects.count() == 1
    send(holder, filename="scan.jpg")
    assert Document.objects.count() == 2
    assert Document.objects.kept().get().filename == "scan.jpg"


def test_a_document_is_told_of_unless_it_was_refused(holder):
    send(holder)
    send(holder, filename="scan.png", content=jpeg(70))
    events = Event.objects.filter(name="document.received")
    assert [event.payload for event in events] == [{"document_id": str(Document.objects.kept().get().pk)}]


# Whose it is


def test_nobody_sends_without_a_draft_or_a_patient(client):
    response = create(client)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_anothers_upload_is_not_there(holder):
    address = create(holder)["Location"]
    for stranger in (Client(), hold(Client(), start_draft(language="en", known={}))):
        assert offset_of(stranger, address) == (404, None)
        assert patch(stranger, address, CONTENT).status_code == 404
        assert stranger.delete(address, headers=TUS).status_code == 404
    assert offset_of(holder, address) == (200, "0")
    assert offset_of(holder, f"/uploads/{uuid4()}/") == (404, None)


def test_who_acts_for_a_patient_sends_for_the_patient(sign_in, case, patient, other_case):
    client = sign_in(patient)
    Representative.objects.get_or_create(
        patient=case.patient, account=patient, ended_at=None, defaults={"relation": Relation.SELF}
    )
    upload = send(client, patient=case.patient_id)
    assert (upload.patient, upload.draft, upload.sender) == (case.patient, None, patient)
    assert Document.objects.get().patient == case.patient
    for nobody in (other_case.patient_id, uuid4(), "x", ""):
        assert create(client, patient=nobody).status_code == 404
    Representative.objects.update(ended_at=timezone.now())
    assert create(client, patient=case.patient_id).status_code == 404
    assert offset_of(client, f"/uploads/{upload.pk}/") == (404, None)


def test_staff_send_for_patients_of_their_office_whom_they_may_write_to(
    sign_in, case, coordinator, other_coordinator, superuser
):
    reader = StaffFactory(email="rita@example.org", office=coordinator.office, roles=[Role.CLINICAL_REVIEWER])
    for person, status in ((coordinator, 201), (superuser, 201), (other_coordinator, 404), (reader, 404)):
        assert create(sign_in(person), patient=case.patient_id).status_code == status, person


def test_an_adopted_upload_goes_on_for_the_patient(holder, draft, case, sign_in, patient):
    Representative.objects.get_or_create(
        patient=case.patient, account=patient, ended_at=None, defaults={"relation": Relation.SELF}
    )
    whole, address = send(holder, jpeg(60)), create(holder)["Location"]
    patch(holder, address, CONTENT[:1000])
    documents.adopt_documents(draft=draft, patient=case.patient)
    assert patch(sign_in(patient), address, CONTENT[1000:], offset=1000).status_code == 204
    assert set(Document.objects.values_list("patient", "draft", "file__size")) == {
        (case.patient_id, None, 60), (case.patient_id, None, 3000)
    }  # fmt: skip
    assert whole.file.parts.exists()


def sent_as(draft, case):
    """What `send_draft` does with what the draft has."""
    Draft.objects.filter(pk=draft.pk).update(care_request=case.care_request)
    documents.adopt_documents(draft=draft, patient=case.patient)


def test_who_holds_the_address_ends_what_a_sent_request_began(holder, draft, case):
    address = create(holder)["Location"]
    patch(holder, address, CONTENT[:1000])
    stranger, bare = Client(), address.partition("?")[0]
    assert offset_of(stranger, address) == (404, None)
    sent_as(draft, case)
    for wrong in (bare, f"{bare}?key=", f"{bare}?key=x"):
        assert offset_of(holder, wrong) == (404, None)
    assert offset_of(stranger, address) == (200, "1000")
    assert patch(holder, address, CONTENT[1000:], offset=1000).status_code == 204
    assert offset_of(holder, address) == (200, "3000")
    assert Document.objects.get().patient == case.patient
    assert create(holder).status_code == 404


def test_the_address_of_a_patients_own_upload_opens_nothing(sign_in, case, patient):
    Representative.objects.get_or_create(
        patient=case.patient, account=patient, ended_at=None, defaults={"relation": Relation.SELF}
    )
    address = create(sign_in(patient), patient=case.patient_id)["Location"]
    assert offset_of(Client(), address) == (404, None)


def test_a_file_that_ends_as_the_request_is_sent_is_the_patients(holder, draft, case, monkeypatch):
    address = create(holder)["Location"]
    was = uploads.set_sha256
    monkeypatch.setattr(uploads, "set_sha256", lambda file: (was(file), sent_as(draft, case)))
    assert patch(holder, address, CONTENT).status_code == 204
    document = Document.objects.get()
    assert (document.patient, document.draft) == (case.patient, None)
    monkeypatch.undo()
    upload = uploads.begin_upload(owner=uploads.Owner(draft=draft), filename="b.jpg", folder="", length=9)
    assert upload.patient == case.patient


def test_a_file_for_another_request_than_the_open_one_is_refused(holder, draft):
    assert create(holder, draft=draft.pk).status_code == 201
    response = create(holder, draft=uuid4())
    assert (response.status_code, response.json()["code"]) == (409, "other_draft")


def test_nothing_ends_in_a_draft_that_was_thrown_away(holder, draft, monkeypatch):
    address = create(holder)["Location"]
    was = uploads.set_sha256
    monkeypatch.setattr(uploads, "set_sha256", lambda file: (was(file), remove_draft(draft=draft)))
    assert patch(holder, address, CONTENT).status_code == 204
    assert not Document.objects.exists() and not Upload.objects.exists() and not StoredFile.objects.exists()


def test_a_request_without_the_token_is_refused(draft):
    client = hold(Client(enforce_csrf_checks=True), draft)
    assert create(client).status_code == 403
    token = client.get("/en/sign-in/").context["csrf_token"]
    address = create(client, headers={"X-CSRFToken": str(token)})["Location"]
    assert patch(client, address, CONTENT).status_code == 403
    assert patch(client, address, CONTENT, X_CSRFToken=str(token)).status_code == 204


# How much


def test_one_owner_may_send_so_much(holder, monkeypatch):
    send(holder)
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    assert create(holder, jpeg(70)).status_code == 201
    response = create(holder, jpeg(80))
    assert (response.status_code, response.json()["code"]) == (413, "too_much")
    monkeypatch.setattr(uploads, "MOST_FILES", 10)
    monkeypatch.setattr(uploads, "MOST_BYTES_OF_A_DRAFT", 3069 + 70)
    assert create(holder, length=70).status_code == 413
    assert create(holder, length=69).status_code == 201


def test_one_owner_may_begin_so_often(holder, monkeypatch):
    monkeypatch.setattr(uploads, "UPLOADS_PER_HOUR", 1)
    assert create(holder).status_code == 201
    response = create(holder)
    assert (response.status_code, response["Retry-After"]) == (429, "3600")


def test_a_connection_without_an_account_may_send_so_much_in_an_hour(holder, sign_in, case, coordinator, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES_PER_HOUR", 5000)
    assert create(holder).status_code == 201
    other = hold(Client(), start_draft(language="en", known={}))
    response = create(other)
    assert (response.status_code, response.json()["code"]) == (429, "too_often")
    assert create(sign_in(coordinator), patient=case.patient_id).status_code == 201


def test_methods_by_another_name(holder):
    address = create(holder)["Location"]
    headers = TUS | {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    response = holder.post(address, CONTENT, content_type="application/offset+octet-stream", headers=headers)
    assert (response.status_code, response["Upload-Offset"]) == (204, "3000")
    response = holder.get(address)
    assert (response.status_code, response["Allow"]) == (405, "OPTIONS, HEAD, PATCH, DELETE")


def test_a_large_piece_is_not_read_into_memory(holder, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    address = create(holder)["Location"]
    assert patch(holder, address, CONTENT).status_code == 204
