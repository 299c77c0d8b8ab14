"""Files as people send them, made here."""

import io
import json
from zipfile import ZIP_DEFLATED, ZipFile

import pikepdf
import pydicom
from PIL import Image, ImageDraw
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from offices.outbox.models import Delivery
from offices.outbox.services import make_delivery
from patients.records import vault
from patients.records.documents import receive_document

REPORT = "INFORME RADIOLÓGICO. Resonancia magnética de cráneo.\nFecha: 12 de marzo de 2024. No se observan lesiones."
CDA = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
 <effectiveTime value="20240305"/>
 <languageCode code="en-US"/>
</ClinicalDocument>
"""


def send(content, filename, **owner):
    """A document as an upload makes it."""
    file = vault.store_bytes(content=content, media_type="")
    return receive_document(file=file, filename=filename, **owner)


def work(limit=10_000):
    """Stand for the worker: make every due delivery, also those that come of it."""
    for _ in range(limit):
        due = list(Delivery.objects.due().order_by("id").values_list("pk", flat=True))
        if not due:
            return
        for pk in due:
            make_delivery(pk)


def picture(size=(400, 300), format="JPEG", mode="RGB", **options):
    content = io.BytesIO()
    image = Image.new(mode, size, "white" if mode in ("RGB", "L", "RGBA") else 0)
    ImageDraw.Draw(image).rectangle((10, 10, 60, 40), fill=0 if mode != "RGB" else "navy")
    image.save(content, format, **options)
    return content.getvalue()


def pdf(*texts, size=(595, 842), **options):
    """A PDF with a page for each text, in Helvetica."""
    document = pikepdf.new()
    for text in texts or [""]:
        page = document.add_blank_page(page_size=size)
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )  # fmt: skip
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        lines = "".join(f"({line}) Tj 0 -20 Td " for line in text.replace("(", "").replace(")", "").splitlines())
        page.Contents = document.make_stream(f"BT /F1 12 Tf 60 780 Td {lines} ET".encode("cp1252"))
    content = io.BytesIO()
    document.save(content, **options)
    return content.getvalue()


def zipped(files, compression=ZIP_DEFLATED):
    """A zip file of {name: bytes}."""
    content = io.BytesIO()
    with ZipFile(content, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def docx(*paragraphs, extra=None):
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    document = (
        f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}'
        "</w:body></w:document>"
    )
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return zipped({"[Content_Types].xml": types, "word/document.xml": document} | (extra or {}))


def xlsx(*rows):
    strings = list(dict.fromkeys(cell for row in rows for cell in row if isinstance(cell, str)))
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'

    def cell_xml(cell):
        kind, value = (' t="s"', strings.index(cell)) if isinstance(cell, str) else ("", cell)
        return f"<c{kind}><v>{value}</v></c>"

    sheet = "".join(f"<row>{''.join(map(cell_xml, row))}</row>" for row in rows)
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": f"<workbook {ns}/>",
            "xl/sharedStrings.xml": f"<sst {ns}>{shared}</sst>",
            "xl/worksheets/sheet1.xml": f"<worksheet {ns}><sheetData>{sheet}</sheetData></worksheet>",
        }
    )


def pptx(text):
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    slide = f'<p xmlns:a="{drawing}"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p>'
    return zipped({"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>", "ppt/slides/slide1.xml": slide})


def odf(media_type, body, extra=None):
    text, table = "urn:oasis:names:tc:opendocument:xmlns:text:1.0", "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    content = f'<o xmlns:text="{text}" xmlns:table="{table}">{body}</o>'
    return zipped({"mimetype": media_type, "content.xml": content} | (extra or {}))


def dicom(*, study="1.2.3", series="1.2.3.1", number=1, name="Núñez^María", rows=32, columns=32, pixels=None, **tags):
    """A CT slice of two bytes a pixel, whose shades grow with its number."""
    dataset = pydicom.Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"{series}.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
    dataset.StudyDate, dataset.StudyDescription, dataset.SeriesDescription = "20240305", "CT head", "Axial"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = name, "MRN-778899", "19800517"
    dataset.InstitutionName, dataset.Modality, dataset.BodyPartExamined = "Hospital General", "CT", "HEAD"
    dataset.SeriesNumber, dataset.InstanceNumber = "1", str(number)
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, columns, 1
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation, dataset.PhotometricInterpretation = 15, 0, "MONOCHROME2"
    dataset.PixelData = bytes([number % 256, number // 256]) * (rows * columns) if pixels is None else pixels
    for tag, value in tags.items():
        setattr(dataset, tag, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    content = io.BytesIO()
    dataset.save_as(content, enforce_file_format=True)
    return content.getvalue()


def uid():
    return generate_uid()


def bundle(**fields):
    return json.dumps({"resourceType": "Bundle", "type": "document", "entry": []} | fields).encode()
