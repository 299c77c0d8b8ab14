"""Grouping DICOM files: which study, series and instance a document brings, and a picture for each series."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import BinaryIO

from django.db import transaction
from django.db.models import Max

from offices.outbox.services import publish_event
from patients.records import vault
from patients.records.documents import owned_by
from patients.records.headers import Header, read_member
from patients.records.inspection.names import DICOM, ZIP
from patients.records.limits import MOST_OBJECT_BYTES
from patients.records.models import Document, DocumentState, Instance, Preview, Series, Study
from patients.records.reading.pictures import Drawn
from patients.records.reading.slices import draw_slice
from patients.records.refusals import Refused
from patients.records.sources import Unreadable, reading

# A series that comes file by file gets a new picture each time that it has grown by this factor.
GROWTH = 1.5


def save_headers(document: Document, headers: Iterable[Header]) -> Study:
    """Keep what the headers of a locked document say, in the caller's transaction; what they said before is replaced.

    Returns the study that has most of them. An instance that another document brought already stays that document's.
    """
    Instance.objects.filter(document=document).delete()
    by_study, counts = defaultdict(list), Counter()
    for header in headers:
        by_study[header.study.uid].append(header)
    for uid in sorted(by_study):  # in one order, so that two workers do not wait for each other
        study = _get_study(document, by_study[uid][0])
        _save_instances(document, study, by_study[uid])
        counts[study] = len(by_study[uid])
    return counts.most_common(1)[0][0]


def _get_study(document, header):
    owner = {"patient": document.patient} if document.patient_id else {"draft": document.draft, "patient": None}
    locked = Study.objects.select_for_update()
    if study := locked.filter(**owner, uid=header.study.uid).first():
        return study
    study, _new = Study.objects.get_or_create(**owner, uid=header.study.uid, defaults=asdict(header.study))
    return locked.get(pk=study.pk)


def _save_instances(document, study, headers):
    series_of = {row.uid: row for row in study.series.all()}
    for header in headers:
        if header.series.uid not in series_of:
            series_of[header.series.uid] = Series.objects.create(study=study, **asdict(header.series))
    rows = (
        Instance(
            series=series_of[header.series.uid], document=document, uid=header.uid, number=header.number,
            member=header.member,
        )
        for header in headers
    )  # fmt: skip
    Instance.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    for series in {series_of[header.series.uid] for header in headers}:
        if document.file.media_type == ZIP or _is_time_for_picture(document, series):
            publish_event("series.grew", {"series_id": series.pk})


def _is_time_for_picture(document, series):
    """Now and then while files come, and when no more wait: not with each of a thousand files."""
    count = series.instances.count()
    if count < 3 or int(math.log(count, GROWTH)) > int(math.log(count - 1, GROWTH)):
        return True
    waiting = Document.objects.filter(
        state__in=[DocumentState.RECEIVED, DocumentState.CHECKED], file__media_type=DICOM
    ).exclude(pk=document.pk)
    return not owned_by(waiting, draft=document.draft, patient=document.patient).exists()


def draw_series(payload: dict) -> None:
    """Handles `series.grew`: a picture of the middle instance, instead of the one there was.

    Reports and plans have none, and what is broken is still there as a file.
    """
    series = Series.objects.filter(pk=payload["series_id"]).first()
    instance = series and _middle(series)
    if instance is None:
        return
    try:
        with reading(instance.document.file) as stream:
            drawn = _draw_instance(stream, instance)
    except (Unreadable, Refused):
        return
    with transaction.atomic():
        _replace_picture(instance, drawn)


def _middle(series):
    instances = series.instances.exclude(document__state=DocumentState.QUARANTINED)
    count = instances.count()
    return instances.select_related("document__file")[count // 2] if count else None


def _draw_instance(stream: BinaryIO, instance: Instance) -> Drawn:
    if not instance.member:
        return draw_slice(stream)
    content = read_member(stream, instance.member, most=MOST_OBJECT_BYTES)
    if content is None:
        raise Unreadable
    return draw_slice(content)


def _replace_picture(instance, drawn):
    document = Document.objects.select_for_update(of=["self"]).filter(pk=instance.document_id).first()
    series = Series.objects.select_for_update(of=["self"]).filter(pk=instance.series_id).first()
    if not document or not series or document.state == DocumentState.QUARANTINED:
        return
    for old in Preview.objects.filter(series=series).select_related("file"):
        old.delete()
        vault.remove_file(old.file)
    page = (document.previews.aggregate(last=Max("page"))["last"] or 0) + 1
    file = vault.store_bytes(content=drawn.content, media_type="image/jpeg")
    Preview.objects.create(
        document=document, series=series, page=page, file=file, width=drawn.width, height=drawn.height
    )
