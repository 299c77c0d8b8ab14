"""The files of the demo's patients, made as they are needed: letters, images, a summary. Nobody in them is real."""

import io
import json
import textwrap
import zipfile
from datetime import date
from uuid import NAMESPACE_OID, uuid5
from xml.sax.saxutils import escape

import pikepdf
import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from cedars_intl.demo.stories import StoryDocument
from patients.intake.models import Patient

LINES_A_PAGE, LETTERS_A_LINE = 44, 92
IMAGES = 5
PASSWORD = "1984"
IPS_SECTIONS = {
    "problems": ("11450-4", "Problem list", "Condition"),
    "allergies": ("48765-2", "Allergies", "AllergyIntolerance"),
    "medicines": ("10160-0", "Medications", "MedicationStatement"),
}


def make_file(document: StoryDocument, patient: Patient, day: date) -> bytes:
    """The bytes of a document that is dated `day`."""
    return MAKERS[document.make](document, patient, day)


def _pdf(document, patient, day, **saving) -> bytes:
    """A page of text in Helvetica, which writes the languages of Western Europe."""
    pdf, page = pikepdf.new(), [b"BT /F1 11 Tf 15 TL 56 780 Td"]
    for line in _lines(_text(document, day)):
        letters = line.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        page.append(b"(" + letters + b") Tj T*")
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
    pdf.add_blank_page(page_size=(595, 842))
    pdf.pages[0].Resources = resources
    pdf.pages[0].Contents = pdf.make_stream(b"\n".join([*page, b"ET"]))
    file = io.BytesIO()
    pdf.save(file, deterministic_id=not saving, **saving)
    return file.getvalue()


def _locked_pdf(document, patient, day) -> bytes:
    return _pdf(document, patient, day, encryption=pikepdf.Encryption(owner=PASSWORD, user=PASSWORD))


def _docx(document, patient, day) -> bytes:
    """A Word document, which needs no font of ours for any script."""
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    packages = "http://schemas.openxmlformats.org/package/2006"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    paragraphs = "".join(
        f'<w:p><w:pPr><w:bidi/></w:pPr><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>'
        for line in _text(document, day).splitlines()
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{word}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships">'
        f'<Relationship Id="rId1" Type="{relation}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{main}"><w:body>{paragraphs}</w:body></w:document>',
    }
    return _zip({name: f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode() for name, text in parts.items()})


def _images(document, patient, day) -> bytes:
    """A zip file of a small study: one of the files that come with pydicom, several times, as of this patient. With
    `of_another` the name in it stays that of the file."""
    dataset = pydicom.dcmread(get_testdata_file(f"{document.modality}_small.dcm", download=False))
    seed = f"{patient.pk} {document.filename}"
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=[seed])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=[seed, "series"])
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = day.strftime("%Y%m%d")
    dataset.StudyDescription = document.text.strip()
    if not document.of_another:
        dataset.PatientName = f"{patient.family_name}^{patient.given_names}"
        dataset.PatientBirthDate = patient.birth_date.strftime("%Y%m%d")
        dataset.SpecificCharacterSet = "ISO_IR 192"
    files = {}
    for number in range(1, IMAGES + 1):
        uid = generate_uid(entropy_srcs=[seed, str(number)])
        dataset.InstanceNumber, dataset.SOPInstanceUID = number, uid
        dataset.file_meta.MediaStorageSOPInstanceUID = uid
        file = io.BytesIO()
        dataset.save_as(file)
        files[f"DICOM/IM{number:04}"] = file.getvalue()
    return _zip(files)


def _summary(document, patient, day) -> bytes:
    """A document bundle after HL7 IPS: problems, allergies and medicines, each with its SNOMED CT code."""
    person = {"resourceType": "Patient", "name": [{"text": patient.name}], "birthDate": patient.birth_date.isoformat()}
    entries = [_entry("patient", person)]
    subject, sections = {"reference": entries[0]["fullUrl"]}, []
    for name, (code, title, kind) in IPS_SECTIONS.items():
        found = [
            _entry(f"{name}{number}", _statement(kind, line, subject))
            for number, line in enumerate(document.summary.get(name, ()))
        ]
        entries += found
        sections.append(
            {
                "title": title,
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "text": _narrative(title),
                "entry": [{"reference": entry["fullUrl"]} for entry in found],
            }
        )
    composition = {
        "resourceType": "Composition", "status": "final", "title": "Patient Summary", "date": day.isoformat(),
        "type": {"coding": [{"system": "http://loinc.org", "code": "60591-5"}]},
        "subject": subject, "author": [{"display": "Hospital (demo)"}], "section": sections,
    }  # fmt: skip
    bundle = {
        "resourceType": "Bundle", "type": "document", "timestamp": f"{day.isoformat()}T12:00:00Z",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid5(NAMESPACE_OID, str(patient.pk))}"},
        "entry": [_entry("composition", composition), *entries],
    }  # fmt: skip
    return json.dumps(bundle, ensure_ascii=False, indent=1).encode()


def _statement(kind, line, subject) -> dict:
    code = {"text": line["text"], "coding": [{"system": "http://snomed.info/sct", "code": line["code"]}]}
    if kind == "MedicationStatement":
        dose = [{"text": line["dose"]}]
        since = {"effectivePeriod": {"start": line["since"]}}
        return {
            "resourceType": kind, "status": "active", "medicationCodeableConcept": code, "subject": subject,
            "dosage": dose, **since,
        }  # fmt: skip
    whose = {"patient": subject} if kind == "AllergyIntolerance" else {"subject": subject}
    status = "allergyintolerance-clinical" if kind == "AllergyIntolerance" else "condition-clinical"
    system = f"http://terminology.hl7.org/CodeSystem/{status}"
    active = {"coding": [{"system": system, "code": "active"}]}
    return {"resourceType": kind, "clinicalStatus": active, "code": code, "onsetDateTime": line["since"], **whose}


def _entry(name, resource) -> dict:
    key = str(uuid5(NAMESPACE_OID, f"{name} {json.dumps(resource, sort_keys=True)}"))
    return {"fullUrl": f"urn:uuid:{key}", "resource": {"id": key, **resource}}


def _narrative(title) -> dict:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{title}</div>'}


def _text(document, day) -> str:
    return document.text.strip().replace("{date}", day.strftime("%d/%m/%Y"))


def _lines(text) -> list[str]:
    """Lines that fit the page."""
    paragraphs = (textwrap.wrap(paragraph, LETTERS_A_LINE) or [""] for paragraph in text.splitlines())
    return [line for paragraph in paragraphs for line in paragraph][:LINES_A_PAGE]


def _zip(files) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return file.getvalue()


MAKERS = {"pdf": _pdf, "locked_pdf": _locked_pdf, "docx": _docx, "images": _images, "summary": _summary}
