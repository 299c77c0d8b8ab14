"""The records of a case at the desk: what the page shows, what its buttons do, and who gets what."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from offices.directory.roles import Role
from offices.notifications.models import Notification
from offices.outbox.models import Event
from patients.cases.models import RecordRequest, RecordRequestState
from patients.records.clinical.statements import EMPTY_REASON
from patients.records.models import (
    ClinicalItem,
    Document,
    DocumentKind,
    DocumentState,
    DocumentText,
    Preview,
    ProcessingStep,
    SharedStudy,
)
from patients.records.vault import store_bytes
from tests.factories import (
    DocumentFactory,
    ReadinessRuleFactory,
    StaffFactory,
    StudyFactory,
    make_case,
    make_record_request,
)

pytestmark = pytest.mark.django_db
QUEUE = "/admin/cases/case/"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def page_of(case):
    return f"{QUEUE}{case.pk}/change/"


def under(case, rest):
    return f"{QUEUE}{case.pk}/{rest}"


@pytest.fixture
def document(case):
    return DocumentFactory(patient=case.patient, filename="biopsia.pdf", content=b"%PDF-1.7 biopsia")


@pytest.fixture
def reader(offices):
    """A clinical reviewer: reads cases, and moves nothing."""
    return StaffFactory(office=offices["mexico-city"], roles=[Role.CLINICAL_REVIEWER])


@pytest.fixture
def copy(case, coordinator):
    """A copy without names that was made."""
    study = StudyFactory(patient=case.patient)
    file = store_bytes(content=b"PK copy", media_type="application/zip")
    return SharedStudy.objects.create(
        study=study, file=file, asked_by=coordinator, made_at=timezone.now(), may_show_names=True
    )


def body(response):
    return b"".join(response.streaming_content)


def test_the_page_says_which_records_are_there_and_which_lack(case, coordinator, sign_in):
    ReadinessRuleFactory(name="Pathology report", why="It says what the tumour is.")
    ReadinessRuleFactory(code="letter", kind=DocumentKind.LETTER, name="Doctor's letter", max_age_days=30)
    DocumentFactory(patient=case.patient, filename="carta.pdf", dated_on=timezone.localdate() - timedelta(days=400))
    text = sign_in(coordinator).get(page_of(case)).text
    assert "Pathology report" in text and "It says what the tumour is." in text
    assert '<span class="desk-mark is-missing">missing</span>' in text
    assert '<span class="desk-mark is-outdated">too old</span>' in text
    assert "0 of 2 records are there" in text and "carta.pdf" in text


def test_one_click_asks_the_patient(case, coordinator, sign_in):
    rule = ReadinessRuleFactory()
    client = sign_in(coordinator)
    assert "Ask for what is missing" in client.get(page_of(case)).text
    for _ in range(2):
        assert client.post(under(case, "ask_for_records/")).status_code == 302
    request = RecordRequest.objects.get()
    assert [*request.items.all()] == [rule] and request.asked_by == coordinator
    assert Notification.objects.filter(kind="records_asked").count() == 1
    text = client.get(page_of(case)).text
    assert "Ask for what is missing" not in text and "Next reminder:" in text and "No longer ask for them" in text


def test_nothing_is_asked_for_when_all_is_there(case, coordinator, sign_in):
    client = sign_in(coordinator)
    assert "Ask for what is missing" not in client.get(page_of(case)).text
    answer = client.post(under(case, "ask_for_records/"), follow=True)
    assert "Nothing was asked for" in answer.text and not RecordRequest.objects.exists()


def test_who_gave_no_address_is_called_for_records(offices, specialty, coordinator, sign_in):
    ReadinessRuleFactory()
    case = make_case(email="")
    text = sign_in(coordinator).get(page_of(case)).text
    assert "Ask for what is missing" not in text and "call instead" in text


def test_a_request_is_withdrawn_once(case, coordinator, sign_in):
    request = make_record_request(case)
    client, address = sign_in(coordinator), under(case, f"record_requests/{request.pk}/withdraw/")
    for said in ("no more reminders", "ended meanwhile"):
        assert said in client.post(address, follow=True).text
    request.refresh_from_db()
    assert request.state == RecordRequestState.WITHDRAWN


def test_the_page_says_when_reminders_brought_nothing(case, coordinator, sign_in):
    request = make_record_request(case)
    RecordRequest.objects.filter(pk=request.pk).update(reminders=3, remind_at=None)
    client = sign_in(coordinator)
    assert "Please call the patient" in client.get(page_of(case)).text
    assert "not answered" in client.get(QUEUE).text


def test_a_document_with_all_that_is_known_of_it(case, document, coordinator, sign_in):
    Document.objects.filter(pk=document.pk).update(
        kind=DocumentKind.PATHOLOGY, language="es", pages=3, dated_on=date(2026, 3, 2)
    )
    DocumentText.objects.create(document=document, text="Carcinoma ductal <script>", source="file")
    ProcessingStep.objects.create(document=document, step="text", position=1, outcome="failed", detail="no_text")
    picture = store_bytes(content=b"jpeg", media_type="image/jpeg")
    Preview.objects.create(document=document, page=1, file=picture, width=60, height=80)
    text = sign_in(coordinator).get(page_of(case)).text
    for said in ("biopsia.pdf", "pathology report", "(proposed)", "March 2, 2026", "Spanish", "3 pages", "pages/1/"):
        assert said in text, said
    assert "Carcinoma ductal &lt;script&gt;" in text
    assert "could not be done" in text and "There is no text in this file." in text


def test_a_download_is_whole_and_is_kept_in_the_audit(case, document, reader, sign_in):
    client = sign_in(reader)
    answer = client.get(under(case, f"documents/{document.pk}/file/"))
    assert body(answer) == b"%PDF-1.7 biopsia"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="biopsia.pdf"'
    assert Event.objects.get(name="document.opened").payload == {
        "document_id": str(document.pk), "case_id": str(case.pk), "actor_id": reader.pk
    }  # fmt: skip
    rest = client.get(under(case, f"documents/{document.pk}/file/"), headers={"range": "bytes=5-"})
    assert body(rest) == b"1.7 biopsia"
    assert Event.objects.filter(name="document.opened").count() == 1


def test_a_picture_of_a_page(case, document, reader, sign_in):
    picture = store_bytes(content=b"jpeg", media_type="image/jpeg")
    Preview.objects.create(document=document, page=1, file=picture, width=60, height=80)
    client = sign_in(reader)
    assert body(client.get(under(case, f"documents/{document.pk}/pages/1/"))) == b"jpeg"
    assert client.get(under(case, f"documents/{document.pk}/pages/2/")).status_code == 404


def test_what_was_not_accepted_is_named_and_never_given_out(case, coordinator, sign_in):
    refused = {"state": DocumentState.QUARANTINED, "refusal": "virus"}
    document = DocumentFactory(patient=case.patient, filename="biopsia.pdf", **refused)
    picture = store_bytes(content=b"jpeg", media_type="image/jpeg")
    Preview.objects.create(document=document, page=1, file=picture, width=60, height=80)
    client = sign_in(coordinator)
    text = client.get(page_of(case)).text
    assert "biopsia.pdf" in text and "virus check" in text
    assert f"documents/{document.pk}/file/" not in text and f"documents/{document.pk}/pages/" not in text
    assert client.get(under(case, f"documents/{document.pk}/file/")).status_code == 404
    assert client.get(under(case, f"documents/{document.pk}/pages/1/")).status_code == 404
    assert not Event.objects.filter(name="document.opened").exists()


def confirmed(document, kind="pathology", dated_on="2026-03-02"):
    return {f"document-{document.pk}-kind": kind, f"document-{document.pk}-dated_on": dated_on}


def test_kind_and_date_are_stated_by_a_person(case, document, coordinator, sign_in):
    answer = sign_in(coordinator).post(under(case, f"documents/{document.pk}/confirm/"), confirmed(document))
    assert answer.url == f"{page_of(case)}#document-{document.pk}"
    document.refresh_from_db()
    assert (document.kind, document.dated_on, document.confirmed_by) == ("pathology", date(2026, 3, 2), coordinator)


@pytest.mark.parametrize("wrong", [{"kind": "novel"}, {"dated_on": "2999-01-01"}, {"dated_on": "yesterday"}])
def test_a_kind_or_date_that_cannot_be_is_explained(wrong, case, document, coordinator, sign_in):
    answer = sign_in(coordinator).post(under(case, f"documents/{document.pk}/confirm/"), confirmed(document, **wrong))
    assert answer.status_code == 422 and "errorlist" in answer.text
    document.refresh_from_db()
    assert document.confirmed_by is None


def test_a_document_is_read_again(case, document, coordinator, sign_in):
    assert "Read it again" in sign_in(coordinator).get(page_of(case)).text
    answer = sign_in(coordinator).post(under(case, f"documents/{document.pk}/read_again/"))
    assert answer.url == f"{page_of(case)}#document-{document.pk}"
    document.refresh_from_db()
    assert document.state == DocumentState.CHECKED
    assert Event.objects.get(name="document.received").payload["document_id"] == str(document.pk)


def test_files_that_came_on_another_way_are_added(case, coordinator, sign_in):
    files = [
        SimpleUploadedFile("uno.pdf", PDF),
        SimpleUploadedFile("dos.pdf", PDF + b"\n"),
        SimpleUploadedFile("x.exe", b"MZ"),
    ]
    answer = sign_in(coordinator).post(under(case, "upload/"), {"files": files}, follow=True)
    assert "2 files are there." in answer.text and "x.exe was not taken." in answer.text
    kept = Document.objects.kept().filter(patient=case.patient)
    assert {(document.filename, document.sender) for document in kept} == {
        ("uno.pdf", coordinator), ("dos.pdf", coordinator)
    }  # fmt: skip


def test_a_form_without_files_is_explained(case, coordinator, sign_in):
    answer = sign_in(coordinator).post(under(case, "upload/"), {})
    assert answer.status_code == 422 and "errorlist" in answer.text


def test_a_folder_that_is_still_read_is_one_line(case, coordinator, sign_in):
    for number in range(12):
        DocumentFactory(patient=case.patient, state=DocumentState.RECEIVED, folder="DICOM", filename=f"IM{number}")
    text = sign_in(coordinator).get(page_of(case)).text
    assert "<bdi>DICOM</bdi>" in text and "12 files" in text and "IM0" not in text


def test_a_study_shows_the_picture_of_a_series(case, coordinator, sign_in):
    study = StudyFactory(patient=case.patient, images=9)
    shown = study.documents.order_by("filename").last()
    picture = store_bytes(content=b"jpeg", media_type="image/jpeg")
    Preview.objects.create(document=shown, series=study.series.get(), page=1, file=picture, width=60, height=80)
    assert f"documents/{shown.pk}/pages/1/" in sign_in(coordinator).get(page_of(case)).text


def test_a_study_is_one_line_however_many_images_it_has(case, coordinator, sign_in):
    StudyFactory(patient=case.patient, description="MRI of the head", studied_on=date(2026, 3, 2), images=12)
    text = sign_in(coordinator).get(page_of(case)).text
    assert text.count("MRI of the head") == 1
    for said in ("MR", "1 series", "12 images", "March 2, 2026", "12 files", "The first files are shown."):
        assert said in text, said
    assert text.count(".dcm") == 5


@pytest.mark.parametrize(
    ("named", "born", "warns"),
    [("NUNEZ MARIA", date(1980, 5, 17), False), ("DOE JANE", None, True), ("NUNEZ MARIA", date(1981, 5, 17), True)],
)
def test_images_of_somebody_else_are_pointed_out(named, born, warns, case, coordinator, sign_in):
    ReadinessRuleFactory(kind=DocumentKind.IMAGING)
    StudyFactory(patient=case.patient, named_patient=named, named_birth_date=born)
    text = sign_in(coordinator).get(page_of(case)).text
    assert ("Is this the right person?" in text) == ("of the right person?" in text) == warns


def test_a_study_without_a_date_takes_one(case, coordinator, sign_in):
    study = StudyFactory(patient=case.patient)
    client, file = sign_in(coordinator), study.documents.get()
    assert f"documents/{file.pk}/confirm/" in client.get(page_of(case)).text
    client.post(under(case, f"documents/{file.pk}/confirm/"), confirmed(file, kind="imaging"))
    text = client.get(page_of(case)).text
    assert f"documents/{file.pk}/confirm/" not in text and "March 2, 2026" in text


def test_a_copy_without_names_with_its_warning(case, copy, reader, sign_in):
    client = sign_in(reader)
    text = client.get(page_of(case)).text
    assert "Text may be burned into these images" in text
    answer = client.get(under(case, f"copies/{copy.pk}/file/"))
    assert body(answer) == b"PK copy" and case.reference not in answer.headers["Content-Disposition"]
    assert Event.objects.get(name="copy.opened").payload["copy_id"] == str(copy.pk)


def test_a_copy_is_asked_for(case, coordinator, sign_in):
    study = StudyFactory(patient=case.patient)
    client = sign_in(coordinator)
    assert "Make a copy without names" in client.get(page_of(case)).text
    assert client.post(under(case, f"studies/{study.pk}/copy/")).url == f"{page_of(case)}#study-{study.pk}"
    copy = SharedStudy.objects.get()
    assert (copy.study, copy.asked_by) == (study, coordinator)
    text = client.get(page_of(case)).text
    assert "is being made" in text and "Make a copy without names" not in text


def test_a_copy_that_is_not_made_yet_is_not_there(case, copy, reader, sign_in):
    SharedStudy.objects.update(file=None, made_at=None)
    client = sign_in(reader)
    assert "is being made" in client.get(page_of(case)).text
    assert client.get(under(case, f"copies/{copy.pk}/file/")).status_code == 404


def test_the_summary_with_the_line_it_comes_from(case, document, coordinator, sign_in):
    for place, (section, text) in enumerate(
        [("medicine", "Metformin 500 mg"), ("problem", "Diabetes"), ("allergy", "Penicillin")]
    ):
        ClinicalItem.objects.create(
            document=document, section=section, position=place, text=text, source=f"Bundle.entry[{place}]"
        )
    text = sign_in(coordinator).get(page_of(case)).text
    assert text.index("Diabetes") < text.index("Penicillin") < text.index("Metformin 500 mg")
    assert "Bundle.entry[0]" in text and f"documents/{document.pk}/file/" in text


def test_the_summary_tells_what_is_not_there(case, document, coordinator, sign_in):
    lines = [
        ("problem", "Diabetes", "44054006", "", "refuted"), ("allergy", "Allergy to substance", "negated", "", "active"),
        ("medicine", "Not asked", "unavailable", EMPTY_REASON, ""), ("medicine", "Metformin", "6809", "", "active"),
    ]  # fmt: skip
    for place, (section, text, code, system, status) in enumerate(lines):
        ClinicalItem.objects.create(
            document=document, section=section, position=place, text=text, code=code, code_system=system, status=status,
            source="line 42",
        )  # fmt: skip
    page = " ".join(sign_in(coordinator).get(page_of(case)).text.split())
    assert '<strong>Ruled out:</strong> <span dir="auto">Diabetes</span>' in page
    assert '<strong>None known:</strong> <span dir="auto">Allergy to substance</span>' in page
    assert '<strong>No information:</strong> <span dir="auto">Not asked</span>' in page
    assert '<li><span dir="auto">Metformin</span> · active' in page
    assert page.count("· active") == 1 and "refuted" not in page


@pytest.mark.parametrize(
    "route", ["documents/{document}/file/", "documents/{document}/pages/1/", "copies/{copy}/file/"]
)
def test_nothing_of_another_patient_is_reached_through_a_case(
    route, case, copy, other_case, document, superuser, sign_in
):
    Preview.objects.create(
        document=document, page=1, width=1, height=1, file=store_bytes(content=b"jpeg", media_type="image/jpeg")
    )
    client, rest = sign_in(superuser), route.format(document=document.pk, copy=copy.pk)
    assert client.get(under(case, rest)).status_code == 200
    assert client.get(under(other_case, rest)).status_code == 404


def addresses(case, document, copy, request):
    """(method, address) of every page of the records."""
    return [
        ("post", under(case, "ask_for_records/")),
        ("post", under(case, f"record_requests/{request.pk}/withdraw/")),
        ("post", under(case, "upload/")),
        ("get", under(case, f"documents/{document.pk}/file/")),
        ("get", under(case, f"documents/{document.pk}/pages/1/")),
        ("post", under(case, f"documents/{document.pk}/confirm/")),
        ("post", under(case, f"documents/{document.pk}/read_again/")),
        ("post", under(case, f"studies/{copy.study_id}/copy/")),
        ("get", under(case, f"copies/{copy.pk}/file/")),
    ]


def test_another_office_finds_nothing(case, document, copy, other_coordinator, sign_in):
    client = sign_in(other_coordinator)
    for method, address in addresses(case, document, copy, make_record_request(case)):
        assert getattr(client, method)(address).status_code == 404, address


def test_who_only_reads_changes_nothing(case, document, copy, reader, sign_in):
    client = sign_in(reader)
    for method, address in addresses(case, document, copy, make_record_request(case)):
        if method == "post":
            assert client.post(address).status_code == 403, address


def test_changes_are_posted(case, document, copy, coordinator, sign_in):
    client = sign_in(coordinator)
    for method, address in addresses(case, document, copy, make_record_request(case)):
        if method == "post":
            assert client.get(address).status_code == 405, address
            assert client.post(address.replace(str(case.pk), str(uuid4()))).status_code == 404, address


def test_the_queue_shows_how_the_records_stand(case, coordinator, sign_in):
    ReadinessRuleFactory()
    ReadinessRuleFactory(code="letter", kind=DocumentKind.LETTER)
    DocumentFactory(patient=case.patient)
    client = sign_in(coordinator)
    assert "1 of 2 records are there" in client.get(QUEUE).text
    request = make_record_request(case)
    assert '<span class="desk-quiet">asked</span>' in client.get(QUEUE).text
    RecordRequest.objects.filter(pk=request.pk).update(state="fulfilled", remind_at=None)
    assert "records came" in client.get(QUEUE).text


@pytest.mark.parametrize(("asked", "found"), [("waiting", 2), ("unanswered", 1), ("fulfilled", 1), ("nonsense", 4)])
def test_the_queue_is_filtered_by_what_was_asked_for(asked, found, offices, specialty, coordinator, sign_in):
    make_case()
    make_record_request(make_case())
    silent, done = make_record_request(make_case()), make_record_request(make_case())
    RecordRequest.objects.filter(pk=silent.pk).update(reminders=3, remind_at=None)
    RecordRequest.objects.filter(pk=done.pk).update(state="fulfilled", remind_at=None)
    assert len(sign_in(coordinator).get(QUEUE, {"records": asked}).context["cl"].result_list) == found


def queries(client, address, count_queries):
    return count_queries(lambda: client.get(address).status_code)


def test_the_queue_takes_as_many_queries_at_thirty_cases_as_at_three(
    offices, specialty, coordinator, sign_in, count_queries
):
    ReadinessRuleFactory()
    client, taken = sign_in(coordinator), []
    for number in (3, 27):
        for _ in range(number):
            case = make_case()
            DocumentFactory(patient=case.patient)
            StudyFactory(patient=case.patient)
            make_record_request(case, actor=coordinator)
        taken.append(queries(client, QUEUE, count_queries))
    assert taken[0] == taken[1] <= 11


def test_the_page_takes_as_many_queries_at_thirty_documents_as_at_three(case, coordinator, sign_in, count_queries):
    make_record_request(case, ReadinessRuleFactory(), actor=coordinator)
    client, taken = sign_in(coordinator), []
    for number in (3, 27):
        for place in range(number):
            document = DocumentFactory(patient=case.patient, confirmed_by=coordinator)
            ProcessingStep.objects.create(document=document, step="text", position=1, outcome="done")
            ClinicalItem.objects.create(document=document, section="problem", position=0, text="x", source="y")
            DocumentText.objects.create(document=document, text="x", source="file")
            study = StudyFactory(patient=case.patient, images=2)
            SharedStudy.objects.create(study=study, asked_by=coordinator)
            refused = DocumentFactory(patient=case.patient, state="quarantined", refusal="virus")
            assert refused and place >= 0
        taken.append(queries(client, page_of(case), count_queries))
    assert taken[0] == taken[1] <= 36


def test_a_document_opens_in_the_browser_when_it_is_asked_to(client, case, coordinator, sign_in):
    document = DocumentFactory(patient=case.patient)
    sign_in(coordinator)
    address = under(case, f"documents/{document.pk}/file/")
    assert client.get(address)["Content-Disposition"].startswith("attachment")
    assert client.get(f"{address}?show")["Content-Disposition"].startswith("inline")


def test_each_consent_says_what_it_is_for(client, case, coordinator, sign_in):
    sign_in(coordinator)
    assert "To read your request" in client.get(under(case, "change/")).content.decode()
