"""Studies: a thousand files one by one and in a zip file, and what their headers say."""

import io
from datetime import date
from threading import Thread

import pydicom
import pytest
from django.db import connection, transaction
from PIL import Image
from pydicom.data import get_testdata_file

from offices.outbox.models import Event
from patients.records import vault
from patients.records.dicom import draw_series, save_headers
from patients.records.headers import read_archive, read_file
from patients.records.models import (
    Document,
    DocumentKind,
    DocumentState,
    Instance,
    Preview,
    ProcessingStep,
    Series,
    Study,
)
from patients.records.notes import note_text
from patients.records.pipeline import restart_reading
from patients.records.sources import reading
from tests.factories import StaffFactory
from tests.patients.records import files

pytestmark = pytest.mark.django_db


def shade_of(preview):
    """How light the picture is, 0 to 255."""
    with vault.open_file(preview.file) as stream:
        return Image.open(io.BytesIO(stream.read())).convert("L").getpixel((16, 16))


def slice_of(number, **options):
    """Of a thousand: as light as its number says."""
    return files.dicom(number=number, WindowCenter=500, WindowWidth=1000, **options)


def test_what_a_header_says():
    header = read_file(io.BytesIO(files.dicom()))
    assert (header.study.uid, header.series.uid, header.uid, header.number) == ("1.2.3", "1.2.3.1", "1.2.3.1.1", 1)
    assert header.study.named_patient == "Núñez María" and header.study.named_birth_date == date(1980, 5, 17)
    assert (header.study.studied_on, header.study.institution) == (date(2024, 3, 5), "Hospital General")
    assert (header.series.modality, header.series.body_part, header.series.number) == ("CT", "HEAD", 1)


@pytest.mark.parametrize(
    ("charset", "name", "expected"),
    [
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎", "Yamada Tarou (山田 太郎)"),
        ("ISO_IR 127", "قباني^لنزار", "قباني لنزار"),
        ("ISO_IR 144", "Люкceмбypг", "Люкceмбypг"),
        ("GB18030", "Wang^XiaoDong=王^小东", "Wang XiaoDong (王 小东)"),
    ],
)
def test_names_in_any_script(charset, name, expected):
    content = files.dicom(SpecificCharacterSet=charset, name=name)
    assert read_file(io.BytesIO(content)).study.named_patient == expected


def test_a_header_full_of_nonsense():
    content = files.dicom(
        StudyDate="20249999", SeriesNumber="", InstanceNumber="", PatientBirthDate="", StudyDescription="x" * 500
    )
    header = read_file(io.BytesIO(content))
    assert header.study.studied_on is None and header.series.number is None and len(header.study.description) == 200


def test_a_thousand_files_in_a_zip_file(draft):
    content = {
        f"DICOM/S{number % 2}/IM{number:05}": slice_of(number, series=f"1.2.3.{number % 2}")
        for number in range(1, 1001)
    }
    junk = {
        "DICOMDIR": b"index",
        "DICOM/.DS_Store": b"x",
        "viewer/viewer.exe": b"MZ" + bytes(500),
        "README.TXT": b"read",
    }
    document = files.send(files.zipped(content | junk), "study.zip", draft=draft)
    files.work()
    document.refresh_from_db()
    assert document.state == DocumentState.READY and document.kind == DocumentKind.IMAGING
    assert document.study.uid == "1.2.3" and document.dated_on == date(2024, 3, 5)
    assert Instance.objects.count() == 1000 and Study.objects.count() == 1 and Series.objects.count() == 2
    assert Instance.objects.filter(document=document, member="DICOM/S1/IM00007", number=7).exists()
    step = ProcessingStep.objects.get(document=document, step="dicom")
    assert "1000" in note_text(step.detail) and " 4." in note_text(step.detail)
    previews = list(Preview.objects.filter(document=document))
    assert len(previews) == 2 and {preview.series_id for preview in previews} == set(
        Series.objects.values_list("pk", flat=True)
    )
    assert all(abs(shade_of(preview) - 128) < 4 for preview in previews)


def test_a_thousand_files_one_by_one(draft):
    for number in range(1, 1001):
        files.send(slice_of(number), f"IM{number:05}", folder="CD/DICOM", draft=draft)
    files.work()
    assert set(Document.objects.values_list("state", flat=True)) == {DocumentState.READY}
    study = Study.objects.get()
    assert study.documents.count() == 1000 and Series.objects.get().instances.count() == 1000
    assert Event.objects.filter(name__in=["document.received", "document.step"]).count() == 1000
    assert Event.objects.filter(name="series.grew").count() < 25
    assert abs(shade_of(Preview.objects.get()) - 128) < 4
    assert Preview.objects.get().series == Series.objects.get()


def test_files_that_come_while_others_are_read_get_their_picture_too(draft):
    for number in (100, 500, 900):
        files.send(slice_of(number), f"IM{number}", draft=draft)
        files.work()
    assert abs(shade_of(Preview.objects.get()) - 128) < 4


def test_a_picture_that_is_replaced_leaves_nothing_behind(draft):
    for number in (100, 500, 900):
        files.send(slice_of(number), f"IM{number}", draft=draft)
    files.work()
    before = vault.StoredFile.objects.count()
    draw_series({"series_id": Series.objects.get().pk})
    assert vault.StoredFile.objects.count() == before and Preview.objects.count() == 1


def test_two_zip_files_of_one_study(draft):
    first = files.zipped({str(number): files.dicom(number=number) for number in range(1, 6)})
    second = files.zipped({str(number): files.dicom(number=number) for number in range(4, 9)})
    documents = [files.send(content, "study.zip", draft=draft) for content in (first, second)]
    files.work()
    assert Study.objects.count() == 1 and Instance.objects.count() == 8
    assert [document.instances.count() for document in documents] == [5, 3]


def test_several_studies_in_a_zip_file(draft):
    content = {
        str(number): files.dicom(study=f"1.2.{min(number, 2)}", series=f"1.2.{number}.1") for number in range(1, 5)
    }
    document = files.send(files.zipped(content), "study.zip", draft=draft)
    files.work()
    document.refresh_from_db()
    assert Study.objects.count() == 2 and document.study.uid == "1.2.2"
    assert "Examinations: 2" in note_text(document.processing.get(step="dicom").detail)


def test_a_broken_file_among_others(draft):
    document = files.send(
        files.zipped({"1": files.dicom(), "2": files.dicom()[:150] + b"\xff" * 50}), "study.zip", draft=draft
    )
    files.work()
    assert document.instances.count() == 1


def test_studies_of_two_people_are_two(draft, case):
    patient = case.care_request.patient
    files.send(files.dicom(), "a.dcm", draft=draft)
    files.send(files.dicom(), "a.dcm", patient=patient)
    files.work()
    assert {(study.draft, study.patient) for study in Study.objects.all()} == {(draft, None), (None, patient)}


def test_read_again_nothing_is_doubled(draft):
    document = files.send(files.zipped({str(n): files.dicom(number=n) for n in range(5)}), "study.zip", draft=draft)
    files.work()
    restart_reading(document=document, actor=StaffFactory())
    files.work()
    assert (Study.objects.count(), Series.objects.count(), Instance.objects.count()) == (1, 1, 5)
    assert Preview.objects.count() == 1 and Document.objects.get().state == DocumentState.READY


def test_a_date_that_a_person_stated_stays(draft, coordinator):
    document = files.send(files.dicom(), "a.dcm", draft=draft)
    Document.objects.update(confirmed_by=coordinator, kind=DocumentKind.OTHER, dated_on=date(2020, 1, 1))
    files.work()
    document.refresh_from_db()
    assert (document.kind, document.dated_on) == (DocumentKind.OTHER, date(2020, 1, 1)) and document.study


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "rtdose.dcm", "test-SR.dcm", "reportsi.dcm"]
)
def test_real_files(draft, name):
    with open(get_testdata_file(name, download=False), "rb") as file:
        document = files.send(file.read(), name, draft=draft)
    files.work()
    document.refresh_from_db()
    header = pydicom.dcmread(get_testdata_file(name, download=False), stop_before_pixels=True)
    assert document.state == DocumentState.READY and document.study.uid == header.StudyInstanceUID
    assert Preview.objects.exists() == ("Rows" in header)


def test_the_index_of_a_cd(draft):
    with open(get_testdata_file("DICOMDIR", download=False), "rb") as file:
        document = files.send(file.read(), "DICOMDIR", draft=draft)
    files.work()
    document.refresh_from_db()
    assert document.state == DocumentState.READY and document.processing.get(step="dicom").outcome == "skipped"


@pytest.mark.django_db(transaction=True)
def test_a_folder_that_several_workers_read_at_once(draft):
    """Each brings its files of one study at the same time; all of them meet in one study and one series."""
    documents = [files.send(files.dicom(number=number), f"IM{number}", draft=draft) for number in range(24)]
    errors = []

    def work(mine):
        try:
            for document in mine:
                with reading(document.file) as stream:
                    header = read_file(stream)
                with transaction.atomic():
                    save_headers(Document.objects.select_for_update().get(pk=document.pk), [header])
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=[documents[number::4]]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert (Study.objects.count(), Series.objects.count(), Instance.objects.count()) == (1, 1, 24)


def test_junk_is_counted_in_a_zip_file():
    headers, others = read_archive(io.BytesIO(files.zipped({"1": files.dicom(), "a": b"x", "b/": b""})))
    assert (len(headers), others) == (1, 1)
