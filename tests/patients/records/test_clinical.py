"""Summaries: problems, allergies and medicines with the place where each stands."""

import io
import json
import os
from datetime import date

import pytest

from patients.records.clinical import Statement, statement_of, summary_of
from patients.records.clinical.ccda import read_cda
from patients.records.clinical.found import save_items
from patients.records.clinical.ips import read_bundle
from patients.records.models import ClinicalItem, Document, DocumentKind, DocumentState, ProcessingStep, Section
from patients.records.notes import Note
from patients.records.sources import Unreadable
from tests.patients.records import files
from tests.workers import CHECKOUT

SAMPLES = CHECKOUT.parent / "shared" / "data" / "ips"

CDA = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <effectiveTime value="20240305101500+0100"/>
  <languageCode code="es-MX"/>
  <component><structuredBody>
    <component><section>
      <code code="11450-4" codeSystem="2.16.840.1.113883.6.1"/>
      <title>Problemas</title>
      <text><list><item ID="p2">Diabetes mellitus tipo 2</item></list></text>
      <entry><act classCode="ACT" moodCode="EVN"><statusCode code="active"/>
        <entryRelationship typeCode="SUBJ">
          <observation classCode="OBS" moodCode="EVN">
            <effectiveTime><low value="2019"/></effectiveTime>
            <value xsi:type="CD" code="59621000" codeSystem="2.16.840.1.113883.6.96" displayName="Hipertensión esencial"/>
          </observation>
        </entryRelationship></act></entry>
      <entry><act classCode="ACT" moodCode="EVN"><statusCode code="active"/>
        <entryRelationship typeCode="SUBJ">
          <observation classCode="OBS" moodCode="EVN">
            <value xsi:type="CD" nullFlavor="UNK"><originalText><reference value="#p2"/></originalText></value>
            <entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">
              <code code="33999-4" codeSystem="2.16.840.1.113883.6.1"/>
              <value xsi:type="CD" code="413322009" displayName="Resuelto"/>
            </observation></entryRelationship>
          </observation>
        </entryRelationship></act></entry>
    </section></component>
    <component><section>
      <code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/>
      <text>Penicilina: urticaria</text>
      <entry><act classCode="ACT" moodCode="EVN"><statusCode code="active"/>
        <entryRelationship typeCode="SUBJ">
          <observation classCode="OBS" moodCode="EVN">
            <value xsi:type="CD" code="416098002" codeSystem="2.16.840.1.113883.6.96" displayName="Alergia a fármaco"/>
            <participant typeCode="CSM"><participantRole><playingEntity>
              <code code="7980" codeSystem="2.16.840.1.113883.6.88" displayName="Penicilina G"/>
            </playingEntity></participantRole></participant>
            <entryRelationship typeCode="MFST" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
              <value xsi:type="CD" code="126485001" displayName="Urticaria"/>
              <entryRelationship typeCode="SUBJ" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
                <code code="SEV"/><value xsi:type="CD" code="24484000" displayName="Grave"/>
              </observation></entryRelationship>
            </observation></entryRelationship>
          </observation>
        </entryRelationship></act></entry>
    </section></component>
    <component><section>
      <code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/>
      <text/>
      <entry><substanceAdministration classCode="SBADM" moodCode="EVN"><statusCode code="active"/>
        <effectiveTime xsi:type="IVL_TS"><low value="20200101"/></effectiveTime>
        <effectiveTime xsi:type="PIVL_TS" operator="A"><period value="12" unit="h"/></effectiveTime>
        <routeCode code="C38288" displayName="oral"/><doseQuantity value="850" unit="mg"/>
        <consumable><manufacturedProduct><manufacturedMaterial>
          <code code="6809" codeSystem="2.16.840.1.113883.6.88" displayName="Metformina"/>
        </manufacturedMaterial></manufacturedProduct></consumable>
      </substanceAdministration></entry>
    </section></component>
  </structuredBody></component>
</ClinicalDocument>
"""


def sample(name):
    path = SAMPLES / name
    if not path.exists():
        missing = pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip
        missing(f"{path} is not here.")
    return path.read_bytes()


def read_ips(content):
    return read_bundle(io.BytesIO(content if isinstance(content, bytes) else json.dumps(content).encode()))


def read_xml(text):
    return read_cda(io.BytesIO(text.encode()))


def by_section(summary):
    return {section: [item for item in summary.items if item.section == section] for section in Section.values}


def test_the_full_sample_of_an_ips():
    summary = read_ips(sample("IPS-examples-Bundle-01.json"))
    sections = by_section(summary)
    assert summary.dated_on == date(2017, 12, 11) and summary.language == "en-GB" and summary.is_valid
    assert [item.status for item in sections["problem"]] == ["active", "remission"] or len(sections["problem"]) == 2
    assert len(sections["allergy"]) == 2 and len(sections["medicine"]) == 2
    assert all(item.text and item.code and item.source.startswith("Bundle.entry[") for item in summary.items)


def test_a_place_leads_to_its_entry():
    content = json.loads(sample("IPS-examples-Bundle-01.json"))
    for item in read_ips(content).items:
        number = int(item.source.removeprefix("Bundle.entry[").partition("]")[0])
        kind = content["entry"][number]["resource"]["resourceType"]
        expected = {"problem": "Condition", "allergy": "AllergyIntolerance", "medicine": "MedicationStatement"}
        assert kind == expected[item.section]


def test_none_known_in_the_least_ips():
    summary = read_ips(sample("bundle-minimal.json"))
    assert len(summary.items) == 3 and summary.is_valid
    assert all(item.text and item.source for item in summary.items)


def test_empty_sections_with_a_reason():
    summary = read_ips(sample("bundle-no-info-required-sections.json"))
    assert {item.section for item in summary.items} == set(Section.values)
    assert {item.text for item in summary.items} == {"No information available"}
    assert {item.code for item in summary.items} == {"unavailable"}
    assert all(statement_of(ClinicalItem(code=i.code, code_system=i.code_system)) == "unknown" for i in summary.items)
    assert summary.items[0].source == "Bundle.entry[0].resource.section[0].emptyReason"


def test_a_bundle_that_breaks_rules_is_read_all_the_same():
    content = json.loads(sample("IPS-examples-Bundle-01.json"))
    for entry in content["entry"]:
        if entry["resource"]["resourceType"] == "Condition":
            entry["resource"]["onsetDateTime"] = "some day"
            entry["resource"]["category"] = "nonsense"
    summary = read_ips(content)
    assert not summary.is_valid and len(summary.items) == 6


def test_reactions_and_doses():
    allergy = {
        "resourceType": "AllergyIntolerance", "code": {"text": "Penicillin"}, "criticality": "high",
        "clinicalStatus": {"coding": [{"code": "active"}]}, "onsetDateTime": "2010-05",
        "reaction": [{"manifestation": [{"text": "hives"}, {"coding": [{"display": "swelling"}]}], "severity": "severe"}],
    }  # fmt: skip
    medicine = {
        "resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": {"text": "Metformin"},
        "effectivePeriod": {"start": "2020-01-01"},
        "dosage": [{"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}, "route": {"text": "oral"},
                    "doseAndRate": [{"doseQuantity": {"value": 850, "unit": "mg"}}]}],
    }  # fmt: skip
    first, second = read_ips(json.loads(files.bundle(entry=[{"resource": allergy}, {"resource": medicine}]))).items
    assert (first.text, first.status, first.since) == ("Penicillin", "active", "2010-05")
    assert first.detail == "hives, swelling (severe); criticality: high"
    assert (second.text, second.detail, second.since) == ("Metformin", "850 mg, 2/1d, oral", "2020-01-01")
    assert second.source == "Bundle.entry[1].resource"


@pytest.mark.parametrize(
    "content",
    [
        {"resourceType": "Patient"}, {"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": {"a": 1}},
        {"resourceType": "Bundle", "entry": [None, 3, {"resource": "x"}, {"resource": {"resourceType": "Composition",
         "section": [None, {"code": 3, "entry": [{"reference": "x"}]}]}}]},
    ],
)  # fmt: skip
def test_bundles_without_anything_of_the_kind(content):
    with pytest.raises(Unreadable) as unreadable:
        read_ips(content)
    assert unreadable.value.note == Note.NO_SUMMARY


def test_a_cda_document():
    summary = read_xml(CDA)
    assert summary.dated_on == date(2024, 3, 5) and summary.language == "es-MX"
    pressure, diabetes, penicillin, metformin = summary.items
    assert (pressure.text, pressure.code, pressure.status) == ("Hipertensión esencial", "59621000", "active")
    assert (pressure.code_system, pressure.since) == ("http://snomed.info/sct", "2019")
    assert (diabetes.text, diabetes.status) == ("Diabetes mellitus tipo 2", "Resuelto")
    assert (penicillin.text, penicillin.detail, penicillin.section) == ("Penicilina G", "Urticaria (Grave)", "allergy")
    assert (metformin.text, metformin.detail, metformin.since) == ("Metformina", "850 mg, / 12 h, oral", "20200101")


def test_the_line_of_an_entry():
    lines = CDA.splitlines()
    for item in read_xml(CDA).items:
        line = lines[int(item.source.removeprefix("line ")) - 1]
        assert "<observation" in line or "<substanceAdministration" in line


def cda_section(loinc, inside, attributes=""):
    section = f'<section {attributes}><code code="{loinc}"/>{inside}</section>'
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component>'
        f"{section}</component></structuredBody></component></ClinicalDocument>"
    )


def test_no_known_allergies_in_a_cda_document():
    inside = """<entry><act><entryRelationship typeCode="SUBJ"><observation negationInd="true">
        <value code="419199007" codeSystem="2.16.840.1.113883.6.96" displayName="Allergy to substance"/>
        </observation></entryRelationship></act></entry>"""
    (item,) = read_xml(cda_section("48765-2", inside)).items
    assert statement_of(ClinicalItem(code=item.code, code_system=item.code_system)) == Statement.NONE


def negated(section, value, inside="", status="active"):
    return cda_section(
        section,
        f"""<entry><act><statusCode code="{status}"/><entryRelationship typeCode="SUBJ">
        <observation negationInd="true"><value code="{value}" codeSystem="2.16.840.1.113883.6.96" displayName="X"/>{inside}
        </observation></entryRelationship></act></entry>""",
    )


def said_of(item):
    return statement_of(ClinicalItem(code=item.code, code_system=item.code_system, status=item.status))


def test_what_a_cda_document_negates_is_ruled_out():
    (item,) = read_xml(negated("11450-4", "44054006")).items
    assert said_of(item) == Statement.RULED_OUT and item.code == "44054006"
    agent = """<participant><participantRole><playingEntity><code code="7980" displayName="Penicillin"/>
        </playingEntity></participantRole></participant>"""
    (item,) = read_xml(negated("48765-2", "419199007", agent)).items
    assert said_of(item) == Statement.RULED_OUT and item.text == "Penicillin"
    (item,) = read_xml(negated("11450-4", "55607006")).items
    assert said_of(item) == Statement.NONE


def test_what_was_entered_in_error_is_left_out():
    with pytest.raises(Unreadable):
        read_xml(negated("11450-4", "44054006", status="nullified"))
    wrong = {
        "resourceType": "Condition",
        "code": {"text": "Cancer"},
        "verificationStatus": verified("entered-in-error"),
    }
    dose = {"resourceType": "MedicationStatement", "status": "entered-in-error"}
    right = {"resourceType": "Condition", "code": {"text": "Asthma"}}
    content = json.loads(files.bundle(entry=[{"resource": resource} for resource in (wrong, dose, right)]))
    assert [item.text for item in read_ips(content).items] == ["Asthma"]


def verified(code):
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": code}]}


@pytest.mark.parametrize(
    ("resource", "statement", "status"),
    [
        ({"resourceType": "Condition", "verificationStatus": verified("refuted")}, Statement.RULED_OUT, "refuted"),
        ({"resourceType": "AllergyIntolerance", "verificationStatus": "refuted"}, Statement.RULED_OUT, "refuted"),
        ({"resourceType": "MedicationRequest", "status": "active", "doNotPerform": True}, Statement.RULED_OUT, "refuted"),
        ({"resourceType": "Condition", "verificationStatus": verified("confirmed")}, "", ""),
        ({"resourceType": "Condition", "verificationStatus": verified("provisional"),
          "clinicalStatus": {"coding": [{"code": "active"}]}}, "", "active, provisional"),
    ],
)  # fmt: skip
def test_how_sure_a_resource_is(resource, statement, status):
    (item,) = read_ips(json.loads(files.bundle(entry=[{"resource": resource | {"code": {"text": "Cancer"}}}]))).items
    assert (said_of(item), item.status) == (statement, status)


def test_no_more_is_read_than_is_kept(monkeypatch):
    monkeypatch.setattr("patients.records.clinical.ccda.MOST_ITEMS", 2)
    monkeypatch.setattr("patients.records.clinical.ips.MOST_ITEMS", 2)
    one = (
        '<entry><observation><value><originalText><reference value="#w"/></originalText></value></observation></entry>'
    )
    items = read_xml(cda_section("11450-4", f'<text><p ID="w">{"long " * 1000}</p></text>' + one * 5)).items
    assert len(items) == 2 and all(len(item.text) <= 500 for item in items)
    entry = {"resource": {"resourceType": "Condition", "code": {"text": "Asthma"}}}
    assert len(read_ips(json.loads(files.bundle(entry=[entry] * 5))).items) == 2


def test_a_section_of_words_alone_is_not_taken_for_nothing():
    (item,) = read_xml(cda_section("48765-2", "<text>Penicillin: <content>rash</content></text>")).items
    assert item.text == "Penicillin: rash"
    assert not statement_of(ClinicalItem(code=item.code, code_system=item.code_system))


def test_a_section_that_says_that_it_is_empty():
    (item,) = read_xml(cda_section("10160-0", "<text>No information</text>", 'nullFlavor="NI"')).items
    assert statement_of(ClinicalItem(code=item.code, code_system=item.code_system)) == Statement.UNKNOWN


def test_a_cda_document_of_something_else():
    with pytest.raises(Unreadable):
        read_xml(cda_section("8716-3", "<text>Blood pressure</text>"))


@pytest.fixture
def summary(draft):
    """A document that the worker has read."""
    document = files.send(CDA.encode(), "summary.xml", draft=draft)
    files.work()
    document.refresh_from_db()
    return document


def test_a_file_becomes_a_summary(summary, django_assert_num_queries):
    assert summary.state == DocumentState.READY and summary.kind == DocumentKind.SUMMARY
    assert summary.dated_on == date(2024, 3, 5) and summary.language == "es"
    with django_assert_num_queries(1):
        sections = summary_of([summary])
        assert [(section.section, len(section.items)) for section in sections] == [
            ("problem", 2),
            ("allergy", 1),
            ("medicine", 1),
        ]
        assert sections[1].items[0].place.startswith("line ") and sections[1].items[0].document == summary
    assert str(sections[1].title) == "allergies"


def test_a_patients_summary(summary, case):
    Document.objects.update(patient=case.care_request.patient, draft=None)
    assert len(summary_of(case.care_request.patient)) == 3
    Document.objects.update(state=DocumentState.CHECKED)
    assert not summary_of(case.care_request.patient)


def test_read_twice_it_is_there_once(summary):
    save_items(summary, read_xml(CDA).items)
    assert ClinicalItem.objects.count() == 4


def test_a_broken_rule_is_told(draft):
    content = files.bundle(entry=[{"resource": {"resourceType": "Condition", "code": {"text": "Asthma"}}}])
    document = files.send(content, "summary.json", draft=draft)
    files.work()
    assert ProcessingStep.objects.get(document=document, step="clinical").detail == Note.NOT_VALID
    assert ClinicalItem.objects.get(document=document).text == "Asthma"
