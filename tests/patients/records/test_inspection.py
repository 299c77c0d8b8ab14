"""What is refused, each with the sentence that says what to do; and that nothing else comes of any bytes."""

import io
import json
import struct
import zlib

import olefile
import pikepdf
import pytest
from defusedxml.ElementTree import iterparse
from django.utils import translation
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file

from patients.records.inspection import ACCEPTED, HEAD_BYTES, inspect_file, inspect_head, inspect_name, names
from patients.records.inspection.images import read_header
from patients.records.limits import MOST_DIRECTORY_BYTES, MOST_ENTRIES, MOST_MEMORY_BYTES, MOST_VALUE_BYTES
from patients.records.refusals import Refusal, Refused, refusal_text
from patients.records.virus import EICAR
from tests.patients.records import files

OLE_FILES = {"doc": ["WordDocument"], "xls": ["Workbook"]}


def inspect(filename, content):
    """The media type, as both looks at the file find it."""
    media_type = inspect_head(filename, content[:HEAD_BYTES], len(content))
    inspect_file(filename, media_type, io.BytesIO(content), len(content))
    return media_type


def refusal(filename, content):
    with pytest.raises(Refused) as refused:
        inspect(filename, content)
    return refused.value.code


def ole(*streams, content=bytes(5000)):
    """A compound file of one sector of directory entries, each of these names with the same content."""
    size = len(content)
    sectors = -(-size // 512)
    chain = [*range(1, sectors), 0xFFFFFFFE]
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *(number + 2 if number != 0xFFFFFFFE else number for number in chain)]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (512 - len(header) - 4)
    entries = [_entry("Root Entry", 5, 0xFFFFFFFF, child=1, start=0xFFFFFFFE, size=0)]
    for number, name in enumerate(streams, start=1):
        right = number + 1 if number < len(streams) else 0xFFFFFFFF
        entries.append(_entry(name, 2, right, child=0xFFFFFFFF, start=2, size=size))
    directory = b"".join(entries).ljust(512, b"\x00")
    return header + struct.pack("<128I", *fat) + directory + content.ljust(sectors * 512, b"\x00")


def _entry(name, kind, right, *, child, start, size):
    text = name.encode("utf-16-le")
    entry = text.ljust(64, b"\x00") + struct.pack("<HBBIII", len(text) + 2, kind, 1, 0xFFFFFFFF, right, child)
    return entry + bytes(36) + struct.pack("<IQ", start, size)


def word(content):
    return ole("WordDocument", content=content.ljust(5000, b"\x00"))


ACCEPTED_FILES = {
    "report.pdf": files.pdf("Report"),
    "locked-against-changes.pdf": files.pdf("Report", encryption=pikepdf.Encryption(owner="secret", user="")),
    "PHOTO.JPG": files.picture(),
    "scan.png": files.picture(format="PNG"),
    "phone.heic": files.picture(format="HEIF"),
    "scan.tiff": files.picture(format="TIFF"),
    "scan.webp": files.picture(format="WEBP"),
    "scan.gif": files.picture(format="GIF", mode="L"),
    "letter.docx": files.docx("Dear doctor"),
    "results.xlsx": files.xlsx(["Hb", 12.5]),
    "talk.pptx": files.pptx("MRI"),
    "letter.odt": files.odf(names.ODT, "<text:p>Dear doctor</text:p>"),
    "results.ods": files.odf(names.ODS, ""),
    "letter.doc": word(b""),
    "results.xls": ole("Workbook", content=b"\x09\x08\x00\x00".ljust(5000, b"\x00")),
    "letter.rtf": rb"{\rtf1 Dear doctor}",
    "notes.txt": "Dolor de cabeza, desde mañana".encode("cp1252"),
    "BMI.txt": b"BM: 22, as told",
    "notes-utf16.txt": "ألم في الصدر".encode("utf-16"),
    "results.csv": b"Hb,12.5\n",
    "slice.dcm": files.dicom(),
    "IM000001": files.dicom(),
    "1.2.840.113619.2.5": files.dicom(),
    "study.zip": files.zipped({"DICOMDIR": b"x", ".DS_Store": b"x", "viewer.exe": b"MZ", "A/IM1": files.dicom()}),
    "summary.xml": files.CDA.encode(),
    "summary.json": files.bundle(),
}


@pytest.mark.parametrize("filename", ACCEPTED_FILES)
def test_what_people_send_is_accepted(filename):
    assert inspect(filename, ACCEPTED_FILES[filename]) in set(ACCEPTED.values())


def test_a_file_of_each_type_is_tried():
    tried = {inspect_name(filename) for filename in ACCEPTED_FILES}
    assert set(ACCEPTED.values()) - tried <= {names.HEIF}


def test_the_compound_files_of_these_tests_are_real():
    with olefile.OleFileIO(io.BytesIO(ole("WordDocument"))) as document:
        assert document.exists("WordDocument")


@pytest.mark.parametrize(
    "filename", ["virus.exe", "page.html", "photo.jpg.exe", "archive.rar", "movie.mp4", "drawing.svg", "", "  "]
)
def test_other_types_are_refused_by_their_name(filename):
    with pytest.raises(Refused) as refused:
        inspect_name(filename)
    assert refused.value.code == Refusal.TYPE_NOT_ACCEPTED


@pytest.mark.parametrize("filename", ["a.docm", "a.XLSM", "a.pptm"])
def test_names_of_macro_files_say_so(filename):
    with pytest.raises(Refused) as refused:
        inspect_name(filename)
    assert refused.value.code == Refusal.MACROS


def test_empty():
    assert refusal("report.pdf", b"") == Refusal.EMPTY


def test_too_large(settings):
    settings.UPLOAD_LARGEST_BYTES = 100
    assert refusal("photo.jpg", files.picture()) == Refusal.TOO_LARGE
    assert "100" in refusal_text(Refusal.TOO_LARGE)


@pytest.mark.parametrize("filename", sorted({f"file.{ending}" for ending in ACCEPTED} - {"file.txt", "file.csv"}))
def test_bytes_of_another_type_are_refused(filename):
    other = files.pdf("x") if not filename.endswith("pdf") else files.picture()
    assert refusal(filename, other) == Refusal.TYPE_DISAGREES


@pytest.mark.parametrize(
    "content", [files.pdf("x"), files.picture(), files.picture(format="PNG"), b"MZ\x90", b"a\x00b"]
)
def test_a_text_is_a_text(content):
    assert refusal("notes.txt", content) == Refusal.TYPE_DISAGREES


def test_a_program_in_the_preamble_of_a_dicom_file():
    assert refusal("slice.dcm", b"MZ" + files.dicom()[2:]) == Refusal.TYPE_DISAGREES


def test_an_office_file_of_another_program():
    assert refusal("letter.docx", ACCEPTED_FILES["results.xlsx"]) == Refusal.TYPE_DISAGREES
    assert refusal("letter.odt", ACCEPTED_FILES["results.ods"]) == Refusal.TYPE_DISAGREES
    assert refusal("letter.docx", ACCEPTED_FILES["study.zip"]) == Refusal.TYPE_DISAGREES
    assert refusal("results.xls", ACCEPTED_FILES["letter.doc"]) == Refusal.TYPE_DISAGREES


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("photo.jpg", files.picture((800, 800))[:-200]),
        ("scan.png", files.picture((800, 800), format="PNG")[:200]),
        ("report.pdf", b"%PDF-1.7\nnothing of the kind"),
        ("letter.docx", files.docx("Dear doctor")[:-50]),
        ("letter.doc", ole("WordDocument")[:520]),
        ("study.zip", ACCEPTED_FILES["study.zip"][:-30]),
        ("summary.xml", files.CDA.encode()[:-20]),
        ("summary.json", files.bundle()[:-5]),
        ("deep.json", b'{"a":' * 200_000),
        ("slice.dcm", files.dicom()[:140]),
        ("slice.dcm", files.dicom()[:-100]),
    ],
)
def test_broken(filename, content):
    assert refusal(filename, content) == Refusal.BROKEN


def test_locked_with_a_password():
    locked = files.pdf("x", encryption=pikepdf.Encryption(owner="secret", user="secret"))
    assert refusal("report.pdf", locked) == Refusal.ENCRYPTED_PDF
    assert refusal("letter.docx", ole("EncryptedPackage")) == Refusal.ENCRYPTED_OFFICE
    assert refusal("letter.doc", ole("EncryptedPackage")) == Refusal.ENCRYPTED_OFFICE
    assert refusal("letter.doc", word(bytes(11) + b"\x01")) == Refusal.ENCRYPTED_OFFICE
    workbook = struct.pack("<HHHHH", 0x0809, 2, 0, 0x2F, 0).ljust(5000, b"\x00")
    assert refusal("results.xls", ole("Workbook", content=workbook)) == Refusal.ENCRYPTED_OFFICE
    manifest = {"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"}
    assert refusal("letter.odt", files.odf(names.ODT, "", manifest)) == Refusal.ENCRYPTED_OFFICE


def test_macros():
    assert refusal("letter.docx", files.docx("x", extra={"word/vbaProject.bin": b"x"})) == Refusal.MACROS
    types = {"[Content_Types].xml": "<Types>application/vnd.ms-word.document.macroEnabled.main+xml</Types>"}
    assert refusal("letter.docx", files.zipped({"word/document.xml": "<w/>"} | types)) == Refusal.MACROS
    assert refusal("letter.odt", files.odf(names.ODT, "", {"Basic/script.xml": "x"})) == Refusal.MACROS
    assert refusal("letter.doc", ole("WordDocument", "_VBA_PROJECT", content=b"x" * 5000)) == Refusal.MACROS


def test_a_zip_file_locked_with_a_password():
    content = bytearray(files.zipped({"IM1": files.dicom()}))
    central = content.rindex(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1
    assert refusal("study.zip", bytes(content)) == Refusal.ZIP_ENCRYPTED


def test_a_zip_bomb_by_what_it_says_and_by_what_it_holds():
    zeros = files.zipped({"IM1": files.dicom(), "zeros": bytes(100 * 1024**2)})
    assert refusal("study.zip", zeros) == Refusal.ZIP_BOMB
    content = bytearray(files.zipped({"IM1": files.dicom()}))
    central = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 0xFFFFFFF0)
    struct.pack_into("<I", content, 22, 0xFFFFFFF0)
    assert refusal("study.zip", bytes(content)) == Refusal.ZIP_BOMB
    assert refusal("letter.docx", files.docx("x", extra={"big": bytes(100 * 1024**2)})) == Refusal.ZIP_BOMB


def test_a_zip_file_of_too_many_files():
    many = files.zipped(dict.fromkeys((str(number) for number in range(MOST_ENTRIES + 1)), b""))
    assert refusal("study.zip", many) == Refusal.ZIP_TOO_MANY
    assert f"{MOST_ENTRIES}" in refusal_text(Refusal.ZIP_TOO_MANY)


@pytest.mark.parametrize("is_large", [False, True])
def test_a_zip_file_is_refused_by_the_list_at_its_end_before_that_is_read(is_large, monkeypatch):
    monkeypatch.setattr("patients.records.inspection.archives.ZipFile", None)  # which would make an object of each
    size = MOST_DIRECTORY_BYTES + 1
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, 0)
    end64 += struct.pack("<4sIQI", b"PK\x06\x07", 0, 4, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, 0xFFFFFFFF if is_large else size, 0, 0)
    content = b"PK\x03\x04" + (end64 if is_large else b"") + end
    for filename in ("study.zip", "letter.docx"):
        assert refusal(filename, content) == Refusal.ZIP_TOO_MANY


def test_zip_files_in_zip_files():
    inner = files.zipped({"IM1": files.dicom()})
    assert refusal("study.zip", files.zipped({"IM1": files.dicom(), "inner.ZIP": inner})) == Refusal.ZIP_NESTED


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\Windows\\x", "a\\..\\..\\x"])
def test_names_that_lead_outside(name):
    assert refusal("study.zip", files.zipped({"IM1": files.dicom(), name: b"x"})) == Refusal.ZIP_NAMES


def test_a_zip_file_without_images():
    assert refusal("papers.zip", files.zipped({"report.pdf": files.pdf("x")})) == Refusal.ZIP_NO_STUDY
    assert refusal("nothing.zip", files.zipped({})) == Refusal.ZIP_NO_STUDY


def png_header(width, height):
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + b"\x00\x00\x00\x10IDAT"
    )


def test_pixel_floods():
    assert refusal("scan.png", png_header(60_000, 60_000)) == Refusal.PIXEL_FLOOD
    assert refusal("scan.png", png_header(12_000, 11_000)) == Refusal.PIXEL_FLOOD
    assert refusal("report.pdf", files.pdf("x", size=(14_000, 14_000))) == Refusal.PIXEL_FLOOD
    assert refusal("slice.dcm", files.dicom(Rows=65_000, Columns=65_000)) == Refusal.PIXEL_FLOOD
    assert refusal("slice.dcm", files.dicom(Rows=4096, Columns=4096, NumberOfFrames=100_000)) == Refusal.PIXEL_FLOOD
    assert refusal_text(Refusal.PIXEL_FLOOD)


def test_a_flood_inside_a_pdf():
    with pikepdf.open(io.BytesIO(files.pdf("x"))) as document:
        image = document.make_stream(
            b"x", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=60_000, Height=60_000
        )
        document.pages[0].Resources.XObject = pikepdf.Dictionary(Im1=image)
        content = io.BytesIO()
        document.save(content)
    assert refusal("report.pdf", content.getvalue()) == Refusal.PIXEL_FLOOD


def test_a_deflated_dicom_file_that_would_fill_the_memory():
    with open(get_testdata_file("image_dfl.dcm"), "rb") as original:
        content = original.read()
    assert inspect("slice.dcm", content) == names.DICOM
    start = 132 + 12 + int.from_bytes(content[140:144], "little")
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    flood = deflate.compress(bytes(MOST_MEMORY_BYTES + 1)) + deflate.flush()
    assert refusal("slice.dcm", content[:start] + flood) == Refusal.PIXEL_FLOOD


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE d SYSTEM "http://example.org/d.dtd">',
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_xml_with_a_document_type(doctype):
    content = files.CDA.replace("<ClinicalDocument", f"{doctype}<ClinicalDocument", 1).encode()
    assert refusal("summary.xml", content) == Refusal.XML_UNSAFE


@pytest.mark.parametrize("inside", ["<a/>" * 1000, "<a>" * 20 + "</a>" * 20])
def test_xml_of_too_many_or_too_deep_elements(inside, monkeypatch):
    monkeypatch.setattr("patients.records.inspection.structured.MOST_ELEMENTS", 500)
    monkeypatch.setattr("patients.records.inspection.structured.MOST_DEPTH", 15)
    content = files.CDA.replace("</ClinicalDocument>", f"{inside}</ClinicalDocument>").encode()
    assert refusal("summary.xml", content) == Refusal.TOO_LONG


def test_no_element_of_an_xml_file_stays_in_memory(monkeypatch):
    roots, seen = [], []

    def watched(*args, **options):
        for event, element in iterparse(*args, **options):
            roots.append(element)
            seen.append(len(roots[0]))
            yield event, element

    monkeypatch.setattr("patients.records.inspection.structured.iterparse", watched)
    content = files.CDA.replace("</ClinicalDocument>", f"{'<a/>' * 50_000}</ClinicalDocument>").encode()
    assert inspect("summary.xml", content) == names.XML
    assert len(seen) > 100_000 and max(seen) < 10_000, "those of a chunk at most"


class Counting(io.BytesIO):
    def __init__(self, content):
        super().__init__(content)
        self.reads = []

    def read(self, size=-1):
        self.reads.append(len(found := super().read(size)))
        return found


def test_a_large_value_of_a_dicom_header_is_not_read():
    content = files.dicom(PatientComments="x" * (MOST_VALUE_BYTES + 2))
    stream = Counting(content)
    assert str(read_header(stream).PatientName) == "Núñez^María" and max(stream.reads) <= MOST_VALUE_BYTES
    assert inspect("slice.dcm", content) == names.DICOM


@pytest.mark.parametrize(
    ("filename", "content"),
    [("a.xml", b"<html/>"), ("a.json", b'{"name": "x"}'), ("a.json", json.dumps({"resourceType": 3}).encode())],
)
def test_xml_and_json_that_are_no_summaries(filename, content):
    assert refusal(filename, content) == Refusal.NOT_A_SUMMARY


@pytest.mark.parametrize("media_type", [names.TEXT, names.CSV, names.RTF, names.XML, names.JSON])
def test_a_text_that_nobody_wrote(media_type):
    with pytest.raises(Refused) as refused:
        inspect_file("a.txt", media_type, io.BytesIO(b"x"), MOST_MEMORY_BYTES + 1)
    assert refused.value.code == Refusal.TOO_LONG


def test_photos_that_hold_several_pictures():
    first, second, content = Image.new("RGB", (300, 200)), Image.new("RGB", (100, 50)), io.BytesIO()
    first.save(content, "MPO", save_all=True, append_images=[second])
    assert inspect("phone.jpg", content.getvalue()) == names.JPEG
    content = io.BytesIO()
    first.save(content, "GIF", save_all=True, append_images=[Image.new("RGB", (300, 200), "white")])
    assert inspect("moving.gif", content.getvalue()) == names.GIF


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("notes.txt", EICAR),
        ("notes.txt", b"x" * (1024 * 1024 - 20) + EICAR),
        ("study.zip", files.zipped({"IM1": files.dicom(), "eicar.com": EICAR})),
        ("letter.docx", files.docx("x", extra={"word/media/image1.png": EICAR})),
    ],
)
def test_the_test_virus_is_found_without_a_scanner(filename, content):
    assert refusal(filename, content) == Refusal.VIRUS


class BrokenStorage(io.BytesIO):
    def readinto(self, buffer):
        raise ConnectionError("The storage is away.")


@pytest.mark.parametrize("filename", ["report.pdf", "PHOTO.JPG", "study.zip", "slice.dcm", "summary.xml", "letter.doc"])
def test_what_goes_wrong_in_the_storage_is_not_the_files_fault(filename):
    with pytest.raises(ConnectionError):
        inspect_file(filename, inspect_name(filename), BrokenStorage(ACCEPTED_FILES[filename]), 1000)


@pytest.mark.parametrize("language", ["en", "es", "ar", "zh-hans", "fr", "id", "pt-br", "ru"])
def test_each_refusal_has_a_sentence(language):
    with translation.override(language):
        for code in Refusal:
            assert len(refusal_text(code)) > 10 and "%" not in refusal_text(code)
    assert refusal_text("") == ""


any_name = st.text(max_size=20) | st.sampled_from(sorted(ACCEPTED)).map("file.{}".format)
heads = st.sampled_from([content[:400] for content in ACCEPTED_FILES.values()] + [b""])


@settings(max_examples=600, deadline=None)
@given(any_name, heads, st.binary(max_size=2000))
@example("a.pdf", b"%PDF-", b"\x00" * 30)
def test_any_bytes_under_any_name_are_accepted_or_refused(filename, head, content):
    try:
        inspect(filename, head + content)
    except Refused as refused:
        assert refused.code in Refusal.values


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(ACCEPTED_FILES)), st.data())
def test_no_damaged_file_does_more_than_be_refused(filename, data):
    content = bytearray(ACCEPTED_FILES[filename])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        inspect(filename, bytes(content))
    except Refused as refused:
        assert refused.code in Refusal.values
