"""Which records a need asks for, and how each stands."""

from datetime import date, timedelta

import pytest

from patients.intake.models import Patient, PatientMatch
from patients.records.identity import birth_date_differs, name_differs
from patients.records.models import Document, DocumentKind, DocumentState, Study
from patients.records.readiness import RecordsNeed, RecordState, readiness_by_key
from tests.factories import DocumentFactory, ReadinessRuleFactory, SpecialtyFactory, StudyFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
PRESENT, CHECKING, UNDATED, OUTDATED, MISSING = RecordState


def make_patient(**fields):
    names = {"given_names": "María", "family_name": "Núñez", "birth_date": date(1980, 5, 17)}
    return Patient.objects.create(**names | {"residence_country": "MX", "language": "es"} | fields)


@pytest.fixture
def someone(db):
    return make_patient()


def readiness_of(patient, specialty=None, pathway="in_person", today=TODAY):
    need = RecordsNeed(patient.pk, (specialty or SpecialtyFactory()).pk, pathway)
    return readiness_by_key({patient.pk: need}, today)[patient.pk]


def stand(patient, specialty=None, pathway="in_person", today=TODAY):
    """[(code of the rule, state)] as the need of that specialty asks."""
    found = readiness_of(patient, specialty, pathway, today)
    return [(record.rule.code, record.state) for record in found.records]


def test_a_record_that_is_not_there_is_missing(someone):
    ReadinessRuleFactory(code="pathology")
    assert stand(someone) == [("pathology", MISSING)]


@pytest.mark.parametrize(
    ("specialty", "pathway", "holds"),
    [(None, "", True), ("cardiology", "", True), ("oncology", "", False), (None, "second_opinion", False)],
)
def test_a_rule_holds_for_its_specialty_and_pathway(specialty, pathway, holds, someone):
    theirs = SpecialtyFactory(code="cardiology")
    ReadinessRuleFactory(specialty=SpecialtyFactory(code=specialty) if specialty else None, pathway=pathway)
    assert bool(stand(someone, theirs)) == holds


@pytest.mark.parametrize(
    ("age", "limit", "state"),
    [(0, 90, PRESENT), (90, 90, PRESENT), (91, 90, OUTDATED), (9000, None, PRESENT), (None, None, PRESENT),
     (None, 90, UNDATED), (-1, 90, PRESENT), (-400, 90, UNDATED)],
)  # fmt: skip
def test_how_recent_a_document_must_be(age, limit, state, someone):
    ReadinessRuleFactory(max_age_days=limit)
    dated_on = None if age is None else TODAY - timedelta(days=age)
    document = DocumentFactory(patient=someone, kind=DocumentKind.PATHOLOGY, dated_on=dated_on)
    (record,) = readiness_of(someone).records
    assert (record.state, record.source, record.dated_on) == (state, document, dated_on)


def test_the_best_and_newest_document_serves(someone):
    ReadinessRuleFactory(max_age_days=90)
    for days in (400, 20, 60):
        DocumentFactory(patient=someone, kind=DocumentKind.PATHOLOGY, dated_on=TODAY - timedelta(days=days))
    DocumentFactory(patient=someone, kind=DocumentKind.PATHOLOGY)
    DocumentFactory(patient=someone, kind=DocumentKind.LETTER, dated_on=TODAY)
    (record,) = readiness_of(someone).records
    assert (record.state, record.dated_on) == (PRESENT, TODAY - timedelta(days=20))


def test_what_was_not_accepted_never_counts(someone):
    ReadinessRuleFactory()
    ReadinessRuleFactory(code="images", kind=DocumentKind.IMAGING)
    DocumentFactory(patient=someone, kind=DocumentKind.PATHOLOGY, state=DocumentState.QUARANTINED)
    StudyFactory(patient=someone, images__state=DocumentState.QUARANTINED)
    assert stand(someone) == [("images", MISSING), ("pathology", MISSING)]


@pytest.mark.parametrize("state", [DocumentState.RECEIVED, DocumentState.CHECKED])
def test_what_is_still_read_is_being_checked(state, someone):
    ReadinessRuleFactory()
    DocumentFactory(patient=someone, kind=DocumentKind.PATHOLOGY, state=state)
    DocumentFactory(patient=someone, kind=DocumentKind.OTHER, state=state)
    found = readiness_of(someone)
    assert [record.state for record in found.records] == [CHECKING]
    assert found.being_read == 1


@pytest.mark.parametrize(
    ("modalities", "state"), [("", PRESENT), ("MR", PRESENT), ("CT, MR", PRESENT), ("CT", MISSING)]
)
def test_images_are_asked_for_by_modality(modalities, state, someone):
    ReadinessRuleFactory(kind=DocumentKind.IMAGING, modalities=modalities, max_age_days=180)
    study = StudyFactory(patient=someone, studied_on=TODAY, images=2)
    (record,) = readiness_of(someone).records
    assert (record.state, record.source) == (state, study if state == PRESENT else None)


def test_a_picture_of_a_film_has_no_modality(someone):
    ReadinessRuleFactory(code="any", kind=DocumentKind.IMAGING)
    ReadinessRuleFactory(code="mri", kind=DocumentKind.IMAGING, modalities="MR")
    DocumentFactory(patient=someone, kind=DocumentKind.IMAGING)
    assert stand(someone) == [("any", PRESENT), ("mri", MISSING)]


def test_images_without_a_date_take_the_one_that_a_person_states(someone):
    ReadinessRuleFactory(kind=DocumentKind.IMAGING, modalities="MR", max_age_days=180)
    study = StudyFactory(patient=someone)
    assert stand(someone) == [("pathology", UNDATED)]
    study.documents.update(dated_on=TODAY)
    assert stand(someone) == [("pathology", PRESENT)]


def test_images_that_are_still_read_are_being_checked(someone):
    ReadinessRuleFactory(kind=DocumentKind.IMAGING)
    StudyFactory(patient=someone, studied_on=TODAY, images__state=DocumentState.CHECKED)
    assert stand(someone) == [("pathology", CHECKING)]


def test_the_records_of_a_linked_patient_count_until_the_link_is_undone(someone):
    ReadinessRuleFactory()
    other, stranger = make_patient(), make_patient()
    DocumentFactory(patient=other, kind=DocumentKind.PATHOLOGY)
    DocumentFactory(patient=stranger, kind=DocumentKind.PATHOLOGY)
    first, second = sorted([someone, other], key=lambda patient: patient.pk)
    match = PatientMatch.objects.create(first=first, second=second, score=90)
    assert stand(someone) == [("pathology", MISSING)]
    PatientMatch.objects.filter(pk=match.pk).update(state="linked")
    assert stand(someone) == [("pathology", PRESENT)]
    PatientMatch.objects.filter(pk=match.pk).update(state="proposed")
    assert stand(someone) == [("pathology", MISSING)]


def test_the_bar_counts_what_is_required(someone):
    ReadinessRuleFactory(code="a", position=1)
    ReadinessRuleFactory(code="b", kind=DocumentKind.LABORATORY, position=2)
    ReadinessRuleFactory(code="c", kind=DocumentKind.LETTER, max_age_days=10, position=3)
    ReadinessRuleFactory(code="d", kind=DocumentKind.SUMMARY, is_required=False, position=4)
    DocumentFactory(patient=someone, kind=DocumentKind.PATHOLOGY)
    DocumentFactory(patient=someone, kind=DocumentKind.LETTER, dated_on=date(2020, 1, 1))
    found = readiness_of(someone)
    assert (found.there, found.percent, found.is_ready) == (1, 33, False)
    assert found.parts == [(PRESENT, 1), (OUTDATED, 1), (MISSING, 1)]
    assert [record.rule.code for record in found.to_ask_for] == ["b", "c"]
    assert [record.rule.code for record in found.helpful] == ["d"]


def test_what_would_help_is_asked_for_once_the_rest_is_there(someone):
    rule = ReadinessRuleFactory(is_required=False)
    found = readiness_of(someone)
    assert (found.percent, found.is_ready) == (100, True)
    assert [record.rule for record in found.to_ask_for] == [rule]


def test_many_needs_take_as_many_queries_as_one(count_queries):
    specialty = SpecialtyFactory()
    ReadinessRuleFactory()
    ReadinessRuleFactory(code="images", kind=DocumentKind.IMAGING, modalities="MR")

    def queries(number):
        patients = [make_patient() for _ in range(number)]
        for patient in patients:
            DocumentFactory(patient=patient)
            StudyFactory(patient=patient)
        needs = {patient.pk: RecordsNeed(patient.pk, specialty.pk, "in_person") for patient in patients}
        return count_queries(lambda: readiness_by_key(needs, TODAY))

    assert queries(1) == queries(10) == 5


def test_nobody_in_particular_needs_nothing(count_queries):
    assert count_queries(lambda: readiness_by_key({}, TODAY)) == 0


@pytest.mark.parametrize(
    ("named", "differs"),
    [
        ("", False), ("---", False), ("NUNEZ MARIA", False), ("Nunes Maria Fernanda", False), ("NUNEZ", False),
        ("X (Núñez María)", False), ("NUNEZ JOSE", True), ("LOPEZ MARIA", True), ("DOE JANE", True), ("LOPEZ", True),
        ("MARIA JOSE LOPEZ", True),
    ],
)  # fmt: skip
def test_a_name_in_the_images_that_is_another_persons(named, differs, someone):
    assert name_differs(Study(named_patient=named), someone) == differs


def test_names_in_the_images_in_other_scripts():
    patient = Patient(given_names="Muhamad", family_name="Al Rashid", native_name="محمد الراشد")
    for named in ("ALRASHID MOHAMMED (الراشد محمد)", "AL RASHID MOHAMMED", "الراشد محمد"):
        assert not name_differs(Study(named_patient=named), patient), named
    assert name_differs(Study(named_patient="HADDAD LAYLA (حداد ليلى)"), patient)
    patient = Patient(given_names="Xiaoming", family_name="Wang", native_name="王小明")
    assert not name_differs(Study(named_patient="Wang XiaoMing (王小明)"), patient)
    assert name_differs(Study(named_patient="Wang XiaoDong (王小东)"), patient)


def test_a_birth_date_in_the_images_that_is_another_persons(someone):
    assert not birth_date_differs(Study(), someone)
    assert not birth_date_differs(Study(named_birth_date=date(1980, 5, 17)), someone)
    assert birth_date_differs(Study(named_birth_date=date(1980, 5, 18)), someone)


def test_documents_in_drafts_belong_to_nobody_yet(someone):
    ReadinessRuleFactory()
    document = DocumentFactory(patient=someone, kind=DocumentKind.PATHOLOGY)
    Document.objects.filter(pk=document.pk).update(patient=None)
    assert stand(someone) == [("pathology", MISSING)]
