"""Sending files without scripts, taking them back, and the list of what has come."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from patients.intake.models import Representative
from patients.intake.models.people import Relation
from patients.records import uploads, vault
from patients.records.documents import receive_document
from patients.records.models import Document, DocumentState, StoredFile, Study, Upload
from tests.patients.records.conftest import jpeg

pytestmark = pytest.mark.django_db


def sent(name, content):
    return SimpleUploadedFile(name, content)


def texts(response):
    return [str(message) for message in response.context["messages"]]


def test_files_of_a_form_are_taken_and_each_error_is_said(holder, draft):
    files = [sent("scan.jpg", jpeg(500)), sent("setup.exe", b"MZ"), sent("empty.pdf", b""), sent("b.png", jpeg(90))]
    response = holder.post("/en/documents/send/", {"files": files, "for": ""}, follow=True)
    assert response.redirect_chain[0] == ("/en/request/steps/documents/", 302)
    told = texts(response)
    assert [text.split(" was not taken. ")[0] for text in told[:-1]] == ["setup.exe", "empty.pdf", "b.png"]
    assert "empty" in told[1]
    assert told[-1] == "Your files are here. We check and read them now."
    states = dict(Document.objects.values_list("filename", "state"))
    assert states == {"scan.jpg": "received", "empty.pdf": "quarantined", "b.png": "quarantined"}
    assert set(Document.objects.values_list("draft", flat=True)) == {draft.pk}


def test_a_form_without_a_file_says_so(holder):
    response = holder.post("/en/documents/send/", {"for": "", "next": "/en/request/"}, follow=True)
    assert response.redirect_chain[0] == ("/en/request/", 302)
    assert texts(response) == ["Choose a file first."]


def test_nobodys_files_are_not_taken(client, case, other_patient, sign_in):
    form = {"files": [sent("scan.jpg", jpeg(500))]}
    assert client.post("/en/documents/send/", form).status_code == 404
    assert sign_in(other_patient).post("/en/documents/send/", form | {"for": case.patient_id}).status_code == 404
    assert not StoredFile.objects.exists()


def test_a_form_is_limited_too(holder, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    files = [sent("a.jpg", jpeg(500)), sent("b.jpg", jpeg(501))]
    told = texts(holder.post("/en/documents/send/", {"files": files, "for": ""}, follow=True))
    assert told[0].startswith("b.jpg was not taken. There are more files here")
    assert Document.objects.count() == 1


def test_a_file_is_taken_back_while_the_request_is_not_sent(holder, draft):
    holder.post("/en/documents/send/", {"files": [sent("scan.jpg", jpeg(500))], "for": ""})
    document = Document.objects.get()
    response = holder.post(f"/en/documents/{document.pk}/remove/", follow=True)
    assert texts(response)[-1] == "The file scan.jpg was removed."
    assert not Document.objects.exists() and not StoredFile.objects.exists()


def test_taking_back_forgets_the_upload_and_the_study_too(holder, draft):
    file = vault.store_bytes(content=jpeg(400), media_type="")
    Upload.objects.create(draft=draft, file=file, filename="a.jpg", length=400, offset=400)
    document = receive_document(file=file, filename="a.jpg", draft=draft)
    study = Study.objects.create(draft=draft, uid="1.2.3")
    Document.objects.filter(pk=document.pk).update(study=study)
    assert holder.post(f"/en/documents/{document.pk}/remove/").status_code == 302
    assert not any(model.objects.exists() for model in (Document, Upload, Study, StoredFile))


def the_list(client, patient=""):
    response = client.get("/en/documents/", {"for": patient})
    return response.status_code, response.content.decode()


def test_the_list_shows_each_file_and_asks_again_while_one_is_unfinished(holder, draft):
    for name, content in (("scan.jpg", jpeg(500)), ("b.png", jpeg(90))):
        receive_document(file=vault.store_bytes(content=content, media_type=""), filename=name, draft=draft)
    status, text = the_list(holder)
    assert status == 200
    assert "<bdi>scan.jpg</bdi>" in text and "received, being checked" in text and "data-unfinished" in text
    assert "does not fit what is in the file" in text
    Document.objects.filter(filename="scan.jpg").update(state=DocumentState.CHECKED)
    Document.objects.filter(filename="scan.jpg").update(state=DocumentState.READY)
    assert "data-unfinished" not in the_list(holder)[1]


def test_a_study_is_one_line_and_so_is_a_folder_being_read(holder, draft, count_queries):
    study = Study.objects.create(draft=draft, uid="1.2.3", description="Brain MR")
    for n in range(12):
        file = vault.store_bytes(content=jpeg(300 + n), media_type="")
        document = receive_document(file=file, filename=f"{n}.jpg", folder="Disc/MR", draft=draft)
        if n < 5:
            Document.objects.filter(pk=document.pk).update(study=study, state=DocumentState.CHECKED)
        if n < 3:
            Document.objects.filter(pk=document.pk).update(state=DocumentState.READY)
    text = the_list(holder)[1]
    assert text.count("<li>") == 2
    assert "<bdi>Brain MR</bdi>" in text and "3 of 5 read" in text
    assert "<bdi>Disc/MR</bdi>" in text and "7 files" in text and "0 of 7 read" in text
    assert count_queries(lambda: the_list(holder)) <= 8


def test_the_list_of_a_patient_is_for_who_acts_for_the_patient(
    sign_in, client, case, patient, other_patient, coordinator
):
    Representative.objects.get_or_create(
        patient=case.patient, account=patient, ended_at=None, defaults={"relation": Relation.SELF}
    )
    assert the_list(client, case.patient_id)[0] == the_list(client)[0] == 404
    status, text = the_list(sign_in(patient), case.patient_id)
    assert status == 200 and "remove" not in text
    assert the_list(sign_in(other_patient), case.patient_id)[0] == 404
    assert the_list(sign_in(coordinator), case.patient_id)[0] == 404
