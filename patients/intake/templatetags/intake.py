"""What was told in a request, for the pages that show it."""

from django import template

from patients.intake.consents import AUTHORITY, GUARDIAN, HOME_DOCTOR, INQUIRY, RECORDS
from patients.intake.form.reading import Part, read_answers
from patients.intake.models import CareRequest

register = template.Library()


@register.filter
def told(care_request: CareRequest) -> list[Part]:
    """The answers besides the request's own words, by section, in the active language; none came from a partner."""
    return read_answers({code: value for code, value in care_request.answers.items() if code != "words"})


@register.filter
def consent_title(kind: str) -> str:
    """What a consent is for; a kind that comes from a rule, or from a partner, is named by its code."""
    titles = {text.kind: text.title for text in (INQUIRY, RECORDS, AUTHORITY, GUARDIAN, HOME_DOCTOR)}
    return titles.get(kind, kind)
