"""What a person states about a document, which stands over what the product has proposed."""

from datetime import date

from django.db import transaction

from offices.directory.models import User
from offices.outbox.services import publish_event
from patients.records.models import Document


@transaction.atomic
def confirm_document(*, document: Document, kind: str, dated_on: date | None, actor: User) -> Document:
    """State the kind and the date of a document; reading it again leaves them as they are."""
    document = Document.objects.select_for_update(of=["self"]).get(pk=document.pk)
    document.kind, document.dated_on, document.confirmed_by = kind, dated_on, actor
    document.save(update_fields=["kind", "dated_on", "confirmed_by"])
    publish_event("document.confirmed", {"document_id": str(document.pk), "actor_id": actor.pk})
    return document
