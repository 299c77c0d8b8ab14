"""The end of a request that was never sent: what was written and the files that came with it are deleted."""

from django.db import transaction
from django.utils import timezone

from patients.intake.models import Draft
from patients.records.models import Document, Study, Upload
from patients.records.vault import remove_file


@transaction.atomic
def remove_draft(*, draft: Draft) -> None:
    """Delete a draft that was not sent, with its uploads and documents. One that was sent is left alone.

    It goes last, and is not locked as for deleting before: a step that holds a document of it may name it meanwhile.
    """
    draft = Draft.objects.select_for_update(no_key=True).filter(pk=draft.pk, care_request=None).first()
    if draft is None:
        return
    files = []
    for upload in Upload.objects.filter(draft=draft, patient=None).select_related("file"):
        files.append(upload.file)
        upload.delete()
    documents = Document.objects.filter(draft=draft, patient=None).select_related("file")
    for document in documents.select_for_update(of=["self"]):
        files += [document.file, *(preview.file for preview in document.previews.select_related("file"))]
        document.delete()
    Study.objects.filter(draft=draft, patient=None).delete()
    for file in {file.pk: file for file in files}.values():
        remove_file(file)
    draft.delete()


def remove_ended_drafts(limit: int = 200) -> int:
    """Delete the drafts whose time is over. Returns how many."""
    ended = Draft.objects.filter(care_request=None, expires_at__lt=timezone.now())[:limit]
    for draft in ended:
        remove_draft(draft=draft)
    return len(ended)
