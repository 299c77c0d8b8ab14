"""The documents of the demo's patients are read as any other, and show what the desk does with them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cedars_intl.demo import PATIENT, telling
from cedars_intl.demo.loader import load_directory, load_people
from cedars_intl.demo.stories import all_stories
from offices.directory.models import User
from offices.outbox.models import Delivery
from offices.outbox.services import make_delivery
from patients.cases.models import Case, RecordRequestState
from patients.cases.record_requests import readiness_of_case
from patients.records.identity import name_differs
from patients.records.models import Document, DocumentKind, DocumentState, Section
from patients.records.readiness import RecordState

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(monkeypatch):
    """The stories with documents, told, and their documents read."""
    stories = [story for story in all_stories() if story.documents]
    monkeypatch.setattr(telling, "all_stories", lambda: stories)
    load_directory()
    load_people()
    list(telling.load_stories())
    while due := Delivery.objects.due().filter(event__name__startswith="document."):
        for pk in list(due.values_list("pk", flat=True)):
            assert make_delivery(pk)


def case_of(email):
    return Case.objects.select_related("patient", "care_request__specialty").get(account__email=email)


def test_the_documents_of_the_demo(demo, sign_in):
    maria = case_of(PATIENT)
    kinds = {d.filename: (d.state, d.kind, d.refusal) for d in Document.objects.filter(patient=maria.patient)}
    assert kinds == {
        "Informe de biopsia.pdf": (DocumentState.READY, DocumentKind.PATHOLOGY, ""),
        "Resonancia de mama.zip": (DocumentState.READY, DocumentKind.IMAGING, ""),
        "Análisis de sangre.pdf": (DocumentState.QUARANTINED, DocumentKind.OTHER, "encrypted_pdf"),
    }
    biopsy = Document.objects.get(filename="Informe de biopsia.pdf")
    assert biopsy.language == "es" and biopsy.dated_on == (timezone.now() - timedelta(days=24)).date()
    assert "carcinoma ductal infiltrante" in biopsy.text.text
    states = {record.rule.code: record.state for record in readiness_of_case(maria).records}
    assert states == {
        "tumour-pathology": RecordState.PRESENT,
        "tumour-images": RecordState.PRESENT,
        "cancer-treatment-history": RecordState.MISSING,
        "passport": RecordState.MISSING,
        "medicines": RecordState.MISSING,
    }
    request = maria.record_requests.get()
    assert request.state == RecordRequestState.OPEN and request.remind_at > timezone.now() - timedelta(days=1)
    assert not name_differs(maria.patient.studies.get(), maria.patient)

    arabic = Document.objects.get(patient=case_of("fatima@example.org").patient)
    assert (arabic.state, arabic.kind, arabic.language) == (DocumentState.READY, DocumentKind.LABORATORY, "ar")
    assert arabic.dated_on == (timezone.now() - timedelta(days=12)).date()

    luiza = case_of("luiza@example.org")
    items = luiza.patient.documents.get(filename="resumo-do-paciente.json").clinical_items
    found = {section: items.filter(section=section).count() for section in Section}
    assert found == {Section.PROBLEM: 2, Section.ALLERGY: 1, Section.MEDICINE: 2}

    emiliano = case_of("familia.sandoval@example.org")
    assert name_differs(emiliano.patient.studies.get(), emiliano.patient)

    client = sign_in(User.objects.get(email="director@example.org"))
    for case in (maria, luiza, emiliano):
        page = client.get(f"/admin/cases/case/{case.pk}/change/")
        assert page.status_code == 200, case.patient
        assert ("Is this the right person?" in page.text) == (case == emiliano)
