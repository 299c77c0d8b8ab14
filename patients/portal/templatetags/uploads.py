"""What the uploader and the list of documents show."""

from django import template
from django.conf import settings

from patients.intake.models import Draft
from patients.records import listing

register = template.Library()


@register.simple_tag
def document_lines(documents) -> list[listing.Line]:
    return listing.document_lines(documents)


@register.simple_tag
def largest_file() -> int:
    """In bytes."""
    return settings.UPLOAD_LARGEST_BYTES


@register.simple_tag
def drafts_before(patient) -> list:
    """The ids of the drafts that became requests of this patient (an id, or nothing)."""
    return list(Draft.objects.filter(care_request__patient=patient).values_list("pk", flat=True)) if patient else []


@register.filter
def all_finished(lines) -> bool:
    return all(line.is_finished for line in lines)
