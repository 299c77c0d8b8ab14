from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from patients.records import drafts, uploads, vault

STRAY_DAYS = 7


@shared_task
def expire_uploads() -> None:
    uploads.sweep_uploads()


@shared_task
def remove_strays() -> None:
    """A run that was missed is made up for by the next ones."""
    today = timezone.now().date()
    for days in range(2, 2 + STRAY_DAYS):
        vault.remove_strays(today - timedelta(days=days))
    vault.remove_files_of_nobody()


@shared_task
def remove_ended_drafts() -> None:
    drafts.remove_ended_drafts()
