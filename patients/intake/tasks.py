from celery import shared_task

from patients.intake.drafts import warn_of_ends


@shared_task
def warn_of_draft_ends() -> None:
    warn_of_ends()
