"""The roof: settings, addresses, Celery, the admin site, system checks, local set-up."""

from cedars_intl.celery import app as celery_app

__all__ = ["celery_app"]
