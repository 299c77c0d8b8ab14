from celery import shared_task

from patients.website.services import rebuild_search


@shared_task(name="patients.website.tasks.rebuild")
def rebuild():
    """Once a night, so that nothing stays unfound for longer than a day."""
    rebuild_search()
