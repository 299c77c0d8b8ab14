from celery import shared_task

from patients.cases.record_requests import remind_due


@shared_task(name="patients.cases.tasks.remind_of_records")
def remind_of_records():
    """Remind the patients whose records were asked for, when it is time."""
    remind_due()
