"""Previews, text, language, kind and date, from files of each type."""

import io
from datetime import date
from shutil import which

import numpy
import pydicom
import pypdfium2
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from patients.records.inspection import names
from patients.records.models import DocumentKind, TextSource
from patients.records.notes import Note
from patients.records.reading import ocr, office
from patients.records.reading.dates import propose_date
from patients.records.reading.kinds import propose_kind
from patients.records.reading.pictures import draw_previews
from patients.records.reading.slices import draw_slice
from patients.records.reading.texts import clean, decode, read_text
from patients.records.sources import Unreadable
from tests.patients.records import files

TODAY = date(2026, 11, 24)
needs_tesseract = pytest.mark.skipif(not which("tesseract"), reason="Tesseract is not installed.")


def previews(content, media_type):
    drawn, pages = draw_previews(io.BytesIO(content), media_type)
    return [Image.open(io.BytesIO(preview.content)) for preview in drawn], pages


def text_of(content, media_type, **options):
    return read_text(io.BytesIO(content), media_type, **options)[0]


def test_previews_of_a_pdf():
    pages, count = previews(files.pdf(*["page"] * 12), names.PDF)
    assert count == 12 and len(pages) == 10
    assert pages[0].size == (707, 1000) and pages[0].format == "JPEG"
    assert min(pages[0].convert("L").tobytes()) < 100


@pytest.mark.parametrize(
    ("format", "mode", "media_type"),
    [
        ("JPEG", "RGB", names.JPEG), ("JPEG", "CMYK", names.JPEG), ("PNG", "RGBA", names.PNG), ("PNG", "P", names.PNG),
        ("PNG", "I;16", names.PNG), ("PNG", "1", names.PNG), ("TIFF", "L", names.TIFF), ("TIFF", "F", names.TIFF),
        ("WEBP", "RGBA", names.WEBP), ("GIF", "P", names.GIF), ("HEIF", "RGB", names.HEIC),
    ],
)  # fmt: skip
def test_previews_of_pictures_of_all_kinds(format, mode, media_type):
    image, content = Image.new(mode, (1600, 800)), io.BytesIO()
    image.save(content, format)
    pages, count = previews(content.getvalue(), media_type)
    assert count == 1 and [page.size for page in pages] == [(1000, 500)] and pages[0].mode == "RGB"


def test_a_photo_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side
    pages, _count = previews(files.picture((800, 400), exif=exif), names.JPEG)
    assert pages[0].size == (400, 800)


def test_what_is_transparent_is_paper():
    content = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(content, "PNG")
    pages, _count = previews(content.getvalue(), names.PNG)
    assert pages[0].getpixel((25, 25)) == (255, 255, 255)


def test_pages_of_a_fax():
    fax = [Image.new("1", (600, 800)) for _ in range(12)]
    content = io.BytesIO()
    fax[0].save(content, "TIFF", save_all=True, append_images=fax[1:])
    pages, count = previews(content.getvalue(), names.TIFF)
    assert count == 12 and len(pages) == 10


def test_text_of_a_pdf():
    text, source, note = read_text(io.BytesIO(files.pdf(files.REPORT, "Página dos, con más palabras")), names.PDF)
    assert "Resonancia magnética de cráneo" in text and "Página dos" in text
    assert source == TextSource.FILE and not note


def test_a_long_pdf_is_read_as_far_as_is_kept(monkeypatch):
    monkeypatch.setattr("patients.records.reading.texts.MOST_TEXT_LETTERS", 100)
    monkeypatch.setattr(ocr, "is_there", lambda: False)
    content = files.pdf(*["Page with a text that is long enough to be one."] * 10)
    text, _source, note = read_text(io.BytesIO(content), names.PDF)
    assert len(text) == 100 and note == {"note": Note.SOME_PAGES, "total": 10, "done": 3}


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        (files.docx("Dear doctor,", "MRI of the head"), names.DOCX, "Dear doctor,\nMRI of the head"),
        (files.xlsx(["Hb", 12.5], ["Na", 140]), names.XLSX, "Hb\t12.5\nNa\t140"),
        (files.pptx("MRI of the head"), names.PPTX, "MRI of the head"),
        (files.odf(names.ODT, "<text:h>MRI</text:h><text:p>of <text:span>the</text:span> head</text:p>"), names.ODT,
         "MRI\nof the head"),
        (files.odf(names.ODS, "<table:table-row><table:table-cell><text:p>Hb</text:p></table:table-cell><table:table-cell>"
                              "<text:p>12.5</text:p></table:table-cell></table:table-row>"), names.ODS, "Hb\t12.5"),
        (rb"{\rtf1\ansi\ansicpg1252 coraz\'f3n \u1575?\par fin}", names.RTF, "corazón ا\nfin"),
        (b"\xef\xbb\xbfHb;12,5\r\nNa;140\r\n", names.CSV, "Hb\t12,5\nNa\t140"),
        ("ألم\x00 في الصدر".encode(), names.TEXT, "ألم في الصدر"),
    ],
)  # fmt: skip
def test_text_of_files(content, media_type, expected):
    assert text_of(content, media_type) == expected


def test_one_word_in_many_cells_is_not_written_out_for_all(monkeypatch):
    monkeypatch.setattr(office, "MOST_TEXT_LETTERS", 5000)
    content = files.xlsx(*[["word" * 250] * 1000] * 10)
    assert len(office.read_office(io.BytesIO(content), names.XLSX)) == 5000


def test_what_stands_within_is_read_once():
    inner = "<w:p><w:r><w:t>box</w:t></w:r></w:p>"
    content = files.docx(f"outer</w:t></w:r><w:r>{inner}</w:r><w:r><w:t>")
    assert text_of(content, names.DOCX) == "outer\nbox"
    note = "<text:p>outer<text:note><text:p>note</text:p></text:note> end</text:p>"
    assert text_of(files.odf(names.ODT, note), names.ODT) == "outer\nnote end"


def test_cells_stay_in_their_columns():
    content = files.xlsx(["a", "", "c"], ["", "b", ""])
    assert text_of(content, names.XLSX) == "a\t\tc\n\tb"


def test_office_files_with_entities_are_not_read():
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaa">]><w:document xmlns:w="w">&a;</w:document>'
    content = files.zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": bomb})
    with pytest.raises(ValueError):
        text_of(content, names.DOCX)


def test_old_office_files_have_no_text_for_us():
    with pytest.raises(Unreadable) as unreadable:
        text_of(b"x", names.DOC)
    assert unreadable.value.note == Note.NO_TEXT_READER


@pytest.mark.parametrize(
    ("text", "charset", "language"),
    [
        ("تقرير الأشعة بالرنين المغناطيسي للدماغ", "cp1256", "ar"),
        ("Отчёт о магнитно-резонансной томографии", "cp1251", "ru"),
        ("头部磁共振检查报告，未见明显异常。", "gb18030", "zh-hans"),
        ("Informe de la resonancia magnética del señor Núñez", "cp1252", "es"),
        ("ألم في الصدر", "utf-16", "en"),
        ("头部磁共振", "utf-8-sig", "en"),
    ],
)
def test_texts_of_before_unicode(text, charset, language):
    assert decode(text.encode(charset), language) == text


def test_letters_that_the_database_does_not_keep():
    assert clean("a\x00\x07b\r\n\r\n\r\n\r\nc\ud800") == "ab\n\nc"


def page_of(text):
    """A picture of a page with that text."""
    with pypdfium2.PdfDocument(files.pdf(text)) as document:
        return document[0].render(scale=2.5).to_pil()


SCAN = "DISCHARGE SUMMARY\nThe patient was admitted with chest pain.\nDate of discharge: 12 March 2024\nNo allergies are known."


@needs_tesseract
@pytest.mark.parametrize("format", ["PNG", "PDF"])
def test_a_scan_is_read(format):
    content = io.BytesIO()
    page_of(SCAN).save(content, format)
    text, source, _note = read_text(
        io.BytesIO(content.getvalue()), names.PDF if format == "PDF" else names.PNG, language="en"
    )
    assert "admitted with chest pain" in text and "12 March 2024" in text and source == TextSource.OCR


@needs_tesseract
def test_a_scan_in_spanish_is_read_as_spanish():
    if "spa" not in ocr._installed():
        pytest.skip("Spanish is not installed for Tesseract.")
    assert "corazón del niño" in text_of(
        _png(page_of("Se observó el corazón del niño\nsin lesiones")), names.PNG, language="es"
    )


def _png(image):
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def test_without_tesseract_a_scan_has_no_text(monkeypatch):
    monkeypatch.setattr(ocr, "is_there", lambda: False)
    text, _source, note = read_text(io.BytesIO(files.picture()), names.JPEG)
    assert not text and note == {"note": Note.NO_OCR}
    text, _source, note = read_text(io.BytesIO(files.pdf("")), names.PDF)
    assert not text and note == {"note": Note.NO_OCR}


@pytest.mark.parametrize(
    ("script", "language", "expected"),
    [
        ("Arabic", "ar", ["ara", "eng"]), ("Latin", "ar", ["spa", "fra", "eng"]), ("", "ar", ["ara", "eng"]),
        ("Latin", "es", ["spa", "eng"]), ("Cyrillic", "es", ["rus", "eng"]), ("Thai", "es", ["eng"]),
        ("Han", "zh-hans", ["chi_sim", "eng"]),
    ],
)  # fmt: skip
def test_which_languages_a_scan_is_read_in(monkeypatch, script, language, expected):
    installed = frozenset({"eng", "spa", "fra", "ara", "rus", "chi_sim"})
    monkeypatch.setattr(ocr, "_installed", lambda: installed)
    found = ocr.languages_for(script, language)
    assert found[-1] == "eng" and set(found) <= {*expected, "eng"} and found[0] in expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Fecha de nacimiento: 01/02/1980\nFecha: 3/4/2024. Próxima cita: 1/1/2026", "es", date(2024, 4, 3)),
        ("Date of birth 12 May 1980. MRI performed on March 12, 2024.", "en", date(2024, 3, 12)),
        ("Date of birth 12-May-1980. Date of report: 12-Mar-2024", "en", date(2024, 3, 12)),
        ("出生日期：1980年5月1日 检查日期：2024年3月5日", "zh-hans", date(2024, 3, 5)),
        ("تاريخ الميلاد: ١٤٠٠/٠٥/٠١\nتاريخ الفحص: ١٤٤٥/٠٩/١٢ هـ", "ar", date(2024, 3, 22)),
        ("تاريخ التقرير: 12 رمضان 1445", "ar", date(2024, 3, 22)),
        ("التاريخ ١٢ مارس ٢٠٢٤", "ar", date(2024, 3, 12)),
        ("Fait le 12 mars 2024, née le 3 mai 1970", "fr", date(2024, 3, 12)),
        ("Tanggal: 12 Maret 2024. Tanggal lahir: 3 Mei 1970", "id", date(2024, 3, 12)),
        ("São Paulo, 12 de março de 2024. Data de nascimento: 03/05/1970", "pt-br", date(2024, 3, 12)),
        ("Дата рождения: 05.05.1970. Дата: 12 марта 2024 г.", "ru", date(2024, 3, 12)),
        ("Date: 2024-03-12T10:00", "en", date(2024, 3, 12)),
        ("Date 12/25/2023", "en", date(2023, 12, 25)),
        ("Seen 1/2/2020, then 1/2/2022.", "en", date(2022, 2, 1)),
        ("Date: 03/04/2099", "en", None),
        ("Date: 31.02.2024 or 99/99/9999, phone 555-01-0123", "en", None),
        ("17/05/1980", "en", None),
        ("", "en", None),
    ],
)
def test_proposed_dates(text, language, expected):
    assert propose_date(text, language=language, today=TODAY, birth_date=date(1980, 5, 17)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RADIOLOGY REPORT. MRI of the brain.", DocumentKind.IMAGING_REPORT),
        ("Informe radiológico: resonancia magnética", DocumentKind.IMAGING_REPORT),
        ("تقرير الأشعة: الرنين المغناطيسي للدماغ", DocumentKind.IMAGING_REPORT),
        ("头部磁共振影像报告", DocumentKind.IMAGING_REPORT),
        ("Compte rendu anatomopathologique, biopsie", DocumentKind.PATHOLOGY),
        ("Laudo anatomopatológico da biópsia", DocumentKind.PATHOLOGY),
        ("Результаты анализов. Общий анализ крови: гемоглобин", DocumentKind.LABORATORY),
        ("Hasil laboratorium. Nilai rujukan. Leukosit.", DocumentKind.LABORATORY),
        ("血常规检验报告 白细胞", DocumentKind.LABORATORY),
        ("Informe de alta. Fecha de alta", DocumentKind.DISCHARGE),
        ("出院小结", DocumentKind.DISCHARGE),
        ("تقرير العملية الجراحية", DocumentKind.OPERATION),
        ("Resep dokter: tablet sehari dua kali", DocumentKind.PRESCRIPTION),
        ("Carnet de vaccination", DocumentKind.VACCINATION),
        ("Letter of guarantee. Policy number 12", DocumentKind.INSURANCE),
        ("Доверенность", DocumentKind.AUTHORITY),
        ("Cher confrère, je vous adresse", DocumentKind.LETTER),
        (
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
            DocumentKind.PASSPORT,
        ),
        ("I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6", DocumentKind.PASSPORT),
        ("Good morning", DocumentKind.OTHER),
        ("", DocumentKind.OTHER),
    ],
)
def test_proposed_kinds(text, expected):
    assert propose_kind(text) == expected


@pytest.mark.parametrize(("filename", "expected"), [("pasaporte.jpg", "passport"), ("MRIReport.pdf", "imaging_report")])
def test_the_name_of_a_file_tells_too(filename, expected):
    assert propose_kind("", filename) == expected


def shown(content):
    return numpy.asarray(Image.open(io.BytesIO(draw_slice(io.BytesIO(content)).content)).convert("RGB")).astype(int)


def ramp(**tags):
    """A slice whose shades go from 0 to 1,023 from left to right."""
    pixels = numpy.tile(numpy.arange(0, 1024, 16, dtype="<u2"), (64, 1))
    return files.dicom(rows=64, columns=64, pixels=pixels.tobytes(), **tags)


def test_a_slice_is_shown_by_its_window():
    picture = shown(ramp(WindowCenter=256, WindowWidth=128))[32, :, 0]
    assert picture[8] < 10 and 100 < picture[16] < 155 and picture[24] > 245


def test_a_slice_is_rescaled_before_its_window():
    picture = shown(ramp(WindowCenter=40, WindowWidth=80, RescaleSlope=1, RescaleIntercept=-512))[32, :, 0]
    assert picture[28] < 10 and picture[40] > 245


def test_a_slice_without_a_window():
    picture = shown(ramp())[32, :, 0]
    assert picture[0] < 10 and picture[-1] > 245


def test_white_that_is_zero():
    picture = shown(ramp(PhotometricInterpretation="MONOCHROME1"))[32, :, 0]
    assert picture[0] > 245 and picture[-1] < 10


def test_the_middle_frame():
    frames = b"".join(bytes([value, 0]) * 256 for value in (0, 100, 200))
    content = files.dicom(rows=16, columns=16, pixels=frames, NumberOfFrames=3, WindowCenter=100, WindowWidth=200)
    assert abs(shown(content)[8, 8, 0] - 127) < 4


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_jp2klossless.dcm", "JPEG2000.dcm", "JPGExtended.dcm", "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_rle_2frame.dcm",
        "SC_rgb_rle_16bit.dcm", "SC_ybr_full_422_uncompressed.dcm", "examples_palette.dcm", "examples_ybr_color.dcm",
        "examples_rgb_color.dcm", "examples_jpeg2k.dcm", "liver_1frame.dcm", "rtdose.dcm", "image_dfl.dcm",
    ],
)  # fmt: skip
def test_pictures_of_real_files(name):
    with open(get_testdata_file(name, download=False), "rb") as file:
        drawn = draw_slice(file)
    header = pydicom.dcmread(get_testdata_file(name, download=False), stop_before_pixels=True)
    picture = Image.open(io.BytesIO(drawn.content))
    assert picture.width / picture.height == pytest.approx(header.Columns / header.Rows, rel=0.02)
    shades = numpy.asarray(picture.convert("L"))
    assert shades.max() - shades.min() > 100


@pytest.mark.parametrize("name", ["test-SR.dcm", "rtplan.dcm", "waveform_ecg.dcm"])
def test_files_without_a_picture(name):
    with open(get_testdata_file(name, download=False), "rb") as file, pytest.raises(Unreadable):
        draw_slice(file)
