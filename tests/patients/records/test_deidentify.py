"""Copies of studies without what names the person (PS3.15 Annex E, basic profile)."""

import io
from zipfile import ZipFile

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from offices.outbox.models import Delivery, DeliveryState
from patients.records import vault
from patients.records.deidentify import ask_for_copy, clean, forget_uids, give_up_copy, make_copy, may_show_names
from patients.records.models import Document, DocumentState, SharedStudy, StoredFile, Study
from patients.records.notes import Note, note_text
from tests.patients.records import files

pytestmark = pytest.mark.django_db

SECRETS = ("Núñez", "María", "MRN-778899", "19800517", "Hospital General", "20240305", "Dra. Ruiz", "1.2.3")


def identified(number, **options):
    """A slice that names the person in every place that people and machines use."""
    request, code = Dataset(), Dataset()
    request.RequestedProcedureDescription, request.RequestAttributesSequence = "MRI for María Núñez", []
    code.CodeValue, code.PatientName, code.ReferencedSOPInstanceUID = "x", "Núñez^María", "1.2.3.1.1"
    plain = {
        "OtherPatientIDs": "MRN-778899", "ReferringPhysicianName": "Dra. Ruiz", "PatientAddress": "Calle María 1",
        "PatientComments": "María Núñez", "RequestAttributesSequence": [request], "AcquisitionDate": "20240305",
        "ReferencedImageSequence": [code], "SourceImageSequence": [code], "StudyID": "MRN-778899",
        "SharedFunctionalGroupsSequence": [code],
    }  # fmt: skip
    return files.dicom(number=number, **(plain | options))


def with_private_data(content):
    dataset = pydicom.dcmread(io.BytesIO(content))
    dataset.private_block(0x0011, "ACME", create=True).add_new(0x01, "LO", "Núñez^María")
    dataset.file_meta.SourceApplicationEntityTitle = "MRN-778899"
    dataset.preamble = b"MRN-778899".ljust(128, b"\x00")
    saved = io.BytesIO()
    dataset.save_as(saved, enforce_file_format=True)
    return saved.getvalue()


def study_of(draft, **members):
    files.send(files.zipped(members), "study.zip", draft=draft)
    files.work()
    return Study.objects.get()


def copy_of(study, actor):
    copy = ask_for_copy(study=study, actor=actor)
    files.work()
    copy.refresh_from_db()
    return copy


def images_in(copy):
    with vault.open_file(copy.file) as stream, ZipFile(io.BytesIO(stream.read())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_copy_names_nobody(draft, coordinator):
    study = study_of(draft, a=with_private_data(identified(1)), b=identified(2), c=identified(3, series="1.2.3.2"))
    copy = copy_of(study, coordinator)
    images = images_in(copy)
    assert len(images) == 3 and copy.made_at and not copy.error and copy.asked_by == coordinator
    assert not copy.may_show_names
    for name, content in images.items():
        assert not [secret for secret in SECRETS if secret.encode() in content or secret in name]
        dataset = pydicom.dcmread(io.BytesIO(content))
        assert not [element for element in dataset.iterall() if element.tag.is_private]
        assert dataset.PatientIdentityRemoved == "YES" and dataset.preamble == bytes(128)
        assert dataset.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID


def test_pixels_and_what_doctors_need_stay(draft, coordinator):
    copy = copy_of(study_of(draft, a=identified(7)), coordinator)
    (content,) = images_in(copy).values()
    dataset, original = pydicom.dcmread(io.BytesIO(content)), pydicom.dcmread(io.BytesIO(identified(7)))
    assert dataset.PixelData == original.PixelData and (dataset.Rows, dataset.Modality) == (32, "CT")


def test_uids_are_replaced_by_the_same_ones_within_a_copy(draft, coordinator):
    study = study_of(draft, a=identified(1), b=identified(2), c=identified(3, series="1.2.3.2"))
    first, second, other = (pydicom.dcmread(io.BytesIO(c)) for c in images_in(copy_of(study, coordinator)).values())
    assert first.StudyInstanceUID == second.StudyInstanceUID == other.StudyInstanceUID
    assert first.SeriesInstanceUID == second.SeriesInstanceUID != other.SeriesInstanceUID
    assert len({first.SOPInstanceUID, second.SOPInstanceUID, other.SOPInstanceUID}) == 3
    referenced = second.SourceImageSequence[0].ReferencedSOPInstanceUID
    assert referenced == first.SOPInstanceUID
    again = pydicom.dcmread(io.BytesIO(next(iter(images_in(copy_of(study, coordinator)).values()))))
    assert again.StudyInstanceUID != first.StudyInstanceUID


def test_a_study_of_single_files(draft, coordinator):
    for number in range(1, 4):
        files.send(identified(number), f"IM{number}", draft=draft)
    files.work()
    assert len(images_in(copy_of(Study.objects.get(), coordinator))) == 3


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"Modality": "CT"}, False),
        ({"Modality": "CT", "BurnedInAnnotation": "YES"}, True),
        ({"Modality": "US"}, True),
        ({"Modality": "ES"}, True),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, False),
        ({"Modality": "CT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, True),
        ({"Modality": "CT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4", "BurnedInAnnotation": "NO"}, True),
    ],
)
def test_text_that_may_be_burned_in_is_told(tags, expected):
    dataset = Dataset()
    dataset.update(tags)
    assert may_show_names(dataset) is expected


def test_a_copy_with_burned_in_text_says_so(draft, coordinator):
    assert copy_of(study_of(draft, a=identified(1, Modality="US")), coordinator).may_show_names


def test_reports_are_not_in_a_copy(draft, coordinator):
    with open(get_testdata_file("test-SR.dcm", download=False), "rb") as file:
        study = study_of(draft, report=file.read())
    copy = copy_of(study, coordinator)
    assert copy.file is None and copy.made_at is None and copy.error == Note.NOTHING_TO_SHARE
    assert Delivery.objects.filter(state=DeliveryState.PENDING).count() == 0


def test_an_image_that_cannot_be_cleaned_is_told_and_left_out(draft, coordinator, monkeypatch):
    study = study_of(draft, a=identified(1), b=identified(2))

    def clean_some(dataset):
        if dataset.InstanceNumber == 2:
            raise NotImplementedError
        clean(dataset)

    monkeypatch.setattr("patients.records.deidentify.clean", clean_some)
    copy = copy_of(study, coordinator)
    assert len(images_in(copy)) == 1
    assert note_text(copy.error) == "Images that could not be cleaned and are not in the copy: 1."


def test_nothing_of_a_document_that_was_not_accepted_is_copied(draft, coordinator):
    study = study_of(draft, a=identified(1))
    Document.objects.update(state=DocumentState.CHECKED)
    Document.objects.update(state=DocumentState.QUARANTINED)
    assert copy_of(study, coordinator).file is None


def test_a_copy_is_made_once(draft, coordinator):
    study = study_of(draft, a=identified(1))
    copy = copy_of(study, coordinator)
    count = StoredFile.objects.count()
    make_copy({"copy_id": str(copy.pk)})
    assert StoredFile.objects.count() == count and SharedStudy.objects.get().file == copy.file


def test_a_worker_that_dies_leaves_no_half_copy(draft, coordinator, monkeypatch):
    study = study_of(draft, a=identified(1))
    copy, count = ask_for_copy(study=study, actor=coordinator), StoredFile.objects.count()

    def die(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("patients.records.deidentify.timezone.now", die)
        make_copy({"copy_id": str(copy.pk)})
    assert StoredFile.objects.count() == count
    make_copy({"copy_id": str(copy.pk)})
    assert len(images_in(SharedStudy.objects.get())) == 1


def test_a_copy_that_is_given_up_says_so(draft, coordinator):
    copy = ask_for_copy(study=study_of(draft, a=identified(1)), actor=coordinator)
    give_up_copy({"copy_id": str(copy.pk)})
    assert SharedStudy.objects.get().error == Note.GIVEN_UP


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small.dcm",
        "examples_palette.dcm",
        "examples_overlay.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "rtdose.dcm",
    ],
)
def test_real_files(name):
    dataset = pydicom.dcmread(get_testdata_file(name, download=False))
    secrets = {str(dataset.get(tag, "")) for tag in ("PatientName", "PatientID", "StudyInstanceUID", "SOPInstanceUID")}
    forget_uids()
    clean(dataset)
    saved = io.BytesIO()
    dataset.save_as(saved, enforce_file_format=True)
    assert not [secret for secret in secrets if len(secret) > 3 and secret.encode() in saved.getvalue()]
    assert not [
        element for element in dataset if element.tag.group & 0xFF00 == 0x6000 and element.tag.element == 0x3000
    ]
    assert pydicom.dcmread(io.BytesIO(saved.getvalue())).pixel_array.shape
