"""Copies of imaging studies for sharing, after PS3.15 Annex E, Basic Application Level Confidentiality Profile.

Only images are in a copy: reports and encapsulated documents name people in free text. Pixels are not changed, so text
that may be burned into them is told (`SharedStudy.may_show_names`), and never claimed to be gone. The zip file is
encrypted while it is made, an image at a time: nothing of it lies open on a disk.
"""

import io
import zipfile
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import BinaryIO

import pydicom
from dicomanonymizer import anonymize_dataset, initialize_actions_2024b, simpledicomanonymizer
from dicomanonymizer.dicom_anonymization_databases.dicomfields_2024b import X_Z_U_STAR_TAGS
from django.db import transaction
from django.utils import timezone
from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataset import FileMetaDataset

from offices.directory.models import User
from offices.outbox.services import publish_event
from patients.records import vault
from patients.records.headers import members
from patients.records.inspection.images import require_small_when_deflated
from patients.records.inspection.names import ZIP
from patients.records.limits import MOST_OBJECT_BYTES
from patients.records.models import DocumentState, Instance, SharedStudy, Study
from patients.records.notes import Note, write_note
from patients.records.sources import reading

METHOD = "DICOM PS3.15 Annex E, Basic Profile; pixels unchanged"
# Modalities whose machines write the name into the image: ultrasound, endoscopy, photos, captures of screens.
_WRITES_NAMES = frozenset({"US", "IVUS", "ES", "GM", "XC", "OP", "OT", "SC", "DOC"})
# The UID of the class Secondary Capture, and the beginning of those of its multi-frame relatives.
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


@transaction.atomic
def ask_for_copy(*, study: Study, actor: User) -> SharedStudy:
    """A copy without what names the person, which a worker makes."""
    copy = SharedStudy.objects.create(study=study, asked_by=actor)
    publish_event("study.copy_asked", {"copy_id": str(copy.pk)})
    return copy


def make_copy(payload: dict) -> None:
    """Handles `study.copy_asked`. What a worker that died has written of it goes with its transaction."""
    copy = SharedStudy.objects.filter(pk=payload["copy_id"]).select_related("study").first()
    if copy is None or copy.made_at:
        return
    cleaner = _Cleaner(copy.study)
    with transaction.atomic():
        copy = SharedStudy.objects.select_for_update(of=["self"]).get(pk=copy.pk)
        if copy.made_at:
            return
        file = vault.store_bytes(content=_Zipped(cleaner.cleaned()), media_type=ZIP)
        if cleaner.kept:
            copy.file, copy.may_show_names, copy.made_at = file, cleaner.may_show_names, timezone.now()
            copy.error = write_note(Note.LEFT_OUT, images=cleaner.left_out) if cleaner.left_out else ""
        else:
            vault.remove_file(file)
            copy.error = write_note(Note.NOTHING_TO_SHARE)
        copy.save(update_fields=["file", "may_show_names", "made_at", "error"])


def give_up_copy(payload: dict) -> None:
    SharedStudy.objects.filter(pk=payload["copy_id"]).update(error=write_note(Note.GIVEN_UP))


def clean(dataset: Dataset) -> None:
    """Take out of a dataset, sequences and file header included, what the profile takes out. UIDs of a process are
    replaced by the same ones each time, until `forget_uids`."""
    dataset.remove_private_tags()
    anonymize_dataset(dataset, base_rules_gen=_actions)
    for element in dataset:
        if element.VR == "SQ" and _tag(element) not in _actions():
            for item in element.value:
                _clean_item(item)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    dataset.DeidentificationMethodCodeSequence = [code]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"
    _renew_file_header(dataset)


def forget_uids() -> None:
    simpledicomanonymizer.dictionary.clear()


def may_show_names(dataset: Dataset) -> bool:
    """Whether text may be burned into the pixels, by what the header says and by what such machines do."""
    burned = str(dataset.get("BurnedInAnnotation", "")).upper()
    if burned == "YES" or str(dataset.get("SOPClassUID", "")).startswith(_SECONDARY_CAPTURE):
        return True
    return burned != "NO" and dataset.get("Modality") in _WRITES_NAMES


def _clean_item(item):
    """The library sees to the top of a dataset; people and UIDs stand deeper, too."""
    for element in list(item):
        if action := _actions().get(_tag(element)):
            action(item, _tag(element))
        elif element.VR == "SQ":
            for inner in element.value:
                _clean_item(inner)


@cache
def _actions():
    """What to do with which tag. Sequences of references are no tags to be emptied: the UIDs in them are replaced."""
    references = {tag for tag in X_Z_U_STAR_TAGS if dictionary_VR(tag) == "SQ"}
    return {tag: action for tag, action in initialize_actions_2024b().items() if tag not in references}


def _tag(element):
    return element.tag.group, element.tag.element


def _renew_file_header(dataset):
    """Who sent the file, and with what, stands before the dataset."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    dataset.file_meta, dataset.preamble = meta, b"\x00" * 128


class _Cleaner:
    """The images of a study, cleaned. Counts what it kept and left out, and whether names may show."""

    def __init__(self, study: Study):
        self.study, self.kept, self.left_out, self.may_show_names = study, 0, 0, False

    def cleaned(self) -> Iterator[tuple[str, bytes]]:
        forget_uids()
        for instance, content in self._contents():
            try:
                cleaned = self._clean(content)
            except Exception:  # whatever pydicom makes of a broken one; reads of the storage are over by now
                self.left_out += 1
                continue
            if cleaned:
                self.kept += 1
                yield f"{instance.series_id}/{self.kept:06}.dcm", cleaned
        forget_uids()

    def _contents(self):
        instances = Instance.objects.filter(series__study=self.study)
        instances = instances.exclude(document__state=DocumentState.QUARANTINED).select_related("document__file")
        for document, group in groupby(instances.order_by("document_id", "series", "number", "id"), _document_of):
            found = {instance.member: instance for instance in group}
            with reading(document.file) as stream:
                if document.file.media_type == ZIP:
                    for name, content in members(stream, set(found), most=MOST_OBJECT_BYTES):
                        yield found.pop(name), content
                elif document.file.size <= MOST_OBJECT_BYTES:
                    yield found.pop(""), io.BytesIO(stream.read())
            self.left_out += len(found)

    def _clean(self, content: BinaryIO) -> bytes:
        """Empty for what is no image."""
        require_small_when_deflated(content)
        content.seek(0)
        dataset = pydicom.dcmread(content)
        if "PixelData" not in dataset:
            return b""
        shows = may_show_names(dataset)
        clean(dataset)
        cleaned = io.BytesIO()
        dataset.save_as(cleaned, enforce_file_format=True)
        self.may_show_names = self.may_show_names or shows
        return cleaned.getvalue()


def _document_of(instance):
    return instance.document


class _Zipped(io.RawIOBase):
    """Reads as a zip file of (name, content); a file is asked for when the reader has come to it."""

    def __init__(self, files: Iterator[tuple[str, bytes]]):
        self.files, self.ready, self.sink = files, b"", _Sink()
        self.archive = zipfile.ZipFile(self.sink, "w", zipfile.ZIP_DEFLATED)

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self.ready and self.archive.fp:
            name, content = next(self.files, (None, b""))
            if name:
                self.archive.writestr(name, content)
            else:
                self.archive.close()
            self.ready = self.sink.take()
        count = min(len(buffer), len(self.ready))
        buffer[:count], self.ready = self.ready[:count], self.ready[count:]
        return count


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self):
        self.chunks = []

    def writable(self):
        return True

    def write(self, data):
        self.chunks.append(bytes(data))
        return len(data)

    def take(self) -> memoryview:
        chunks, self.chunks = self.chunks, []
        return memoryview(b"".join(chunks))
