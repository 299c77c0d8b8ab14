"""Mails about a case to those who read for its patient."""

from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.utils import translation

from offices.kit.languages import page_language
from offices.notifications.services import queue_notification
from patients.cases.models import Case
from patients.intake.people import acting_for

LINK_SALT = "patients.cases.link"


def case_url(case: Case, language: str, email: str = "") -> str:
    """The case's page for a mail to the patient, or to `email`; `for` prefills the address to sign in with."""
    query = urlencode({"for": signing.dumps(email or case.care_request.email, salt=LINK_SALT)})
    return f"{settings.SITE_URL}/{page_language(language)}/cases/{case.reference}/?{query}"


def readers_of(case: Case) -> dict[str, str]:
    """{address: language} of all who read for the patient: the representatives, and who asked without an account."""
    readers = {person.account.email: person.account.language for person in acting_for(case.patient_id)}
    asked = case.care_request.email
    if asked in readers or (asked and case.account_id is None):
        readers[asked] = case.patient.language
    return readers


def notify_patient(case: Case, kind: str, **context) -> None:
    """Queue the mail `kind` about the case for all who read for the patient, each in a language of their own."""
    for email, language in readers_of(case).items():
        notify_reader(case, kind, email=email, language=page_language(language), **context)


def notify_reader(case: Case, kind: str, *, email: str, language: str, **context) -> None:
    """Queue the mail `kind` about the case for one of its readers."""
    with translation.override(language):
        queue_notification(
            kind=kind,
            to=email,
            language=language,
            context={
                "reference": case.reference,
                "case_url": case_url(case, language, email),
                "office_name": case.office.name,
                **context,
            },
            office=case.office,
            about=case.reference,
        )
