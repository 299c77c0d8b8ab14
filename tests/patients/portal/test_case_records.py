"""The records that a case needs, on the patient's own page."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from patients.cases.models import Stage
from patients.cases.services import advance_case
from patients.intake.models import MatchState, PatientMatch
from patients.records.models import Document, DocumentKind, DocumentState
from tests.factories import DocumentFactory, ReadinessRuleFactory, StudyFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def read(client, case, language="en"):
    response = client.get(f"/{language}/cases/{case.reference}/")
    assert response.status_code == 200
    return response.text


@pytest.fixture
def pathology():
    rule = ReadinessRuleFactory(name="Pathology report", why="It says what the tumour is.")
    rule.name_ar, rule.why_ar = "تقرير علم الأمراض", "يبيّن نوع الورم."
    rule.save()
    return rule


def test_what_is_missing_is_said_with_its_reason_in_the_own_language(case, patient, pathology, sign_in):
    client = sign_in(patient)
    page = read(client, case)
    assert "Records we need" in page and "Pathology report" in page and "It says what the tumour is." in page
    assert '<span class="tag is-missing">missing</span>' in page
    page = read(client, case, "ar")
    assert "تقرير علم الأمراض" in page and "يبيّن نوع الورم." in page


@pytest.mark.parametrize(
    ("days", "said"), [(5, "are there. Thank you."), (500, "We need a newer one."), (None, "We found no date")]
)
def test_what_came_is_said_to_be_there_too_old_or_without_a_date(days, said, case, patient, sign_in):
    ReadinessRuleFactory(max_age_days=90)
    dated_on = days and timezone.localdate() - timedelta(days=days)
    DocumentFactory(patient=case.patient, kind=DocumentKind.PATHOLOGY, dated_on=dated_on, filename="biopsia.pdf")
    page = read(sign_in(patient), case)
    assert said in page and "biopsia.pdf" in page


def test_nothing_is_said_of_the_date_of_a_linked_patients_record(case, other_case, patient, sign_in):
    ReadinessRuleFactory(max_age_days=90)
    dated_on = timezone.localdate() - timedelta(days=500)
    DocumentFactory(patient=other_case.patient, kind=DocumentKind.PATHOLOGY, dated_on=dated_on, filename="biopsia.pdf")
    first, second = sorted([case.patient, other_case.patient], key=lambda person: person.pk)
    PatientMatch.objects.create(first=first, second=second, score=90, state=MatchState.LINKED)
    page = read(sign_in(patient), case)
    assert "is-outdated" in page and "What we have is of" not in page and "biopsia.pdf" not in page


def test_what_only_helps_is_said_to(case, patient, sign_in):
    ReadinessRuleFactory(is_required=False)
    assert "if you have it" in read(sign_in(patient), case)


def test_files_are_sent_from_the_page_by_a_plain_form(case, patient, pathology, sign_in):
    client = sign_in(patient)
    page = read(client, case)
    assert f'name="for" value="{case.patient_id}"' in page and "js/uploads.js" in page
    form = {"for": case.patient_id, "next": f"/en/cases/{case.reference}/", "files": SimpleUploadedFile("a.pdf", PDF)}
    answer = client.post("/en/documents/send/", form)
    assert answer.url == f"/en/cases/{case.reference}/"
    document = Document.objects.get()
    assert (document.patient, document.sender) == (case.patient, patient)
    assert "a.pdf" in read(client, case)


def test_what_is_still_read_is_counted(case, patient, pathology, sign_in):
    DocumentFactory(patient=case.patient, kind=DocumentKind.OTHER, state=DocumentState.RECEIVED)
    assert "We are still reading 1 file." in read(sign_in(patient), case)


def test_nothing_is_asked_for_in_a_closed_case_and_what_came_stays(case, patient, coordinator, pathology, sign_in):
    DocumentFactory(patient=case.patient, filename="biopsia.pdf")
    advance_case(case=case, to=Stage.CLOSED, actor=coordinator)
    page = read(sign_in(patient), case)
    assert "Records we need" not in page and "js/uploads.js" not in page
    assert "biopsia.pdf" in page


def test_the_team_sends_and_opens_files_at_its_desk(case, coordinator, pathology, sign_in):
    DocumentFactory(patient=case.patient, filename="biopsia.pdf")
    page = read(sign_in(coordinator), case)
    assert "js/uploads.js" not in page and "biopsia.pdf" not in page


def test_a_case_of_somebody_else_shows_nothing(case, other_patient, pathology, sign_in):
    assert sign_in(other_patient).get(f"/en/cases/{case.reference}/").status_code == 404


def test_the_page_costs_the_same_at_3_and_at_30_documents(case, patient, pathology, sign_in, count_queries):
    client, taken = sign_in(patient), []
    for number in (3, 27):
        for _ in range(number):
            DocumentFactory(patient=case.patient)
            StudyFactory(patient=case.patient)
        taken.append(count_queries(lambda: read(client, case)))
    assert taken[0] == taken[1] <= 18
