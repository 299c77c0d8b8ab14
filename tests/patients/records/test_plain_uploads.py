"""Sending files without scripts, taking them back, and the list of what has come."""

import os
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from offices.kit.sealed import SealedFile
from offices.kit.templatetags.formats import file_size
from patients.intake.models import Representative
from patients.intake.models.people import Relation
from patients.records import plain, uploads, vault
from patients.records.documents import receive_document
from patients.records.drafts import remove_draft
from patients.records.models import (
    Document,
    DocumentState,
    DocumentText,
    Preview,
    ProcessingStep,
    StepOutcome,
    StoredFile,
    Study,
    TextSource,
    Upload,
)
from patients.records.notes import Note
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


def test_a_form_for_another_request_than_the_open_one_is_refused(holder, draft):
    form = {"files": [sent("scan.jpg", jpeg(500))], "for": "", "draft": str(uuid4())}
    assert texts(holder.post("/en/documents/send/", form, follow=True))[0].startswith("Another request is open")
    assert holder.get("/en/documents/", {"for": "", "draft": str(uuid4())}).status_code == 409
    assert not StoredFile.objects.exists()
    form = {"files": [sent("scan.jpg", jpeg(500))], "for": "", "draft": str(draft.pk)}
    holder.post("/en/documents/send/", form)
    assert holder.get("/en/documents/", {"for": "", "draft": str(draft.pk)}).status_code == 200
    assert Document.objects.get().draft == draft


def test_a_form_whose_draft_was_thrown_away_meanwhile_says_so(holder, draft, monkeypatch):
    was = vault.store_bytes
    monkeypatch.setattr(vault, "store_bytes", lambda **file: (was(**file), remove_draft(draft=draft))[0])
    form = {"files": [sent("scan.jpg", jpeg(500))], "for": ""}
    assert "We do not know where this file belongs" in texts(holder.post("/en/documents/send/", form, follow=True))[0]


def test_a_file_too_large_for_memory_lies_encrypted_while_it_is_taken(holder, settings, monkeypatch):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    content, lain = jpeg(200_000), []
    was = plain.receive_whole

    def receive(*, stream, **file):
        below = stream.file.raw.file
        below.flush()
        lain.append(os.pread(below.fileno(), len(content), 0))
        return was(stream=stream, **file)

    monkeypatch.setattr(plain, "receive_whole", receive)
    holder.post("/en/documents/send/", {"files": [sent("scan.jpg", content)], "for": ""})
    assert len(lain[0]) == len(content) and content[:16] not in lain[0]
    with vault.open_file(Document.objects.get().file) as opened:
        assert opened.read() == content


def test_a_sealed_file_is_read_from_anywhere():
    content = os.urandom(10_000)
    with SealedFile() as file:
        file.write(content[:1001])
        file.write(content[1001:])
        for start in (0, 15, 16, 4097, 9999, 10_000):
            file.seek(start)
            assert file.read(40) + file.read() == content[start:]


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


def test_the_list_shows_the_first_page_and_what_could_not_be_read(holder, draft):
    file = vault.store_bytes(content=jpeg(500), media_type="")
    document = receive_document(file=file, filename="scan.jpg", draft=draft)
    for page in (1, 2):
        file = vault.store_bytes(content=jpeg(50 + page), media_type="image/jpeg")
        Preview.objects.create(document=document, page=page, file=file, width=30, height=40)
    for position, step in enumerate(("text", "language")):
        ProcessingStep.objects.create(
            document=document, step=step, position=position, outcome=StepOutcome.FAILED, detail=Note.UNREADABLE
        )
    assert "<img" not in the_list(holder)[1]
    Document.objects.update(state=DocumentState.CHECKED)
    text = the_list(holder)[1]
    assert f'src="/en/documents/{document.pk}/pages/1/" alt="" loading="lazy" width="30" height="40"' in text
    assert text.count("<img") == text.count("We could not read this part of the file.") == 1
    assert "500\xa0bytes" in text


@pytest.mark.parametrize(
    ("language", "count", "expected"),
    [
        ("en", 2 * 1024**3, "2\xa0GB"),
        ("en", 1_500_000, "1.4\xa0MB"),
        ("en", 10, "10\xa0bytes"),
        ("es", 10 * 1024, "10\xa0KB"),
        ("ar", 2 * 1024**3, "2\xa0"),
    ],
)
def test_sizes_without_a_zero_behind_the_point(language, count, expected):
    with translation.override(language):
        assert file_size(count).strip("\u200f").startswith(expected)


def test_a_list_of_documents_loads_no_whole_text(draft):
    file = vault.store_bytes(content=jpeg(500), media_type="")
    document = receive_document(file=file, filename="scan.jpg", draft=draft)
    DocumentText.objects.create(document=document, text="é" * 30_000, source=TextSource.FILE)
    row = Document.objects.for_list().get()
    assert row.text.start == "é" * 20_001
    assert "text" in row.text.get_deferred_fields()


def test_the_check_page_shows_a_study_as_one_line(holder, draft):
    study = Study.objects.create(draft=draft, uid="1.2.3", description="Brain MR")
    for n in range(3):
        file = vault.store_bytes(content=jpeg(300 + n), media_type="")
        document = receive_document(file=file, filename=f"IM{n}.jpg", draft=draft)
        Document.objects.filter(pk=document.pk).update(study=study)
    text = holder.get("/en/request/check/").content.decode()
    assert "<bdi>Brain MR</bdi> · 3 files" in text and "IM1.jpg" not in text


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
