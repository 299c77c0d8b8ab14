"""Who a patient is, and who acts for a patient."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from offices.directory.models import User
from offices.outbox.services import publish_event
from patients.intake.matching import propose_matches
from patients.intake.models import Patient, Relation, Representative
from patients.intake.search import index_patients

# What may be corrected in the record of a person.
IDENTITY = (
    "given_names", "family_name", "native_name", "called", "birth_date", "sex", "nationality", "passport_number",
    "residence_country",
)  # fmt: skip


def represent(*, patient: Patient, account: User, relation: str = Relation.SELF, authority: str = "") -> Representative:
    """Let the account act for the patient; one that does already stays as it is."""
    representative, _made = Representative.objects.get_or_create(
        patient=patient, account=account, ended_at=None, defaults={"relation": relation, "authority": authority}
    )
    return representative


@transaction.atomic
def end_representation(*, representative: Representative, actor: User, at: datetime | None = None) -> Representative:
    """From now on the account acts for the patient no longer; one that has ended stays as it is."""
    representative = Representative.objects.select_for_update().get(pk=representative.pk)
    if representative.ended_at is None:
        representative.ended_at = at or timezone.now()
        representative.save(update_fields=["ended_at"])
        index_patients([representative.patient_id])
        publish_event("representation.ended", {"representative_id": str(representative.pk), "actor_id": actor.pk})
    return representative


def represents(account, patient: Patient) -> bool:
    """Whether the reader acts for the patient now."""
    return account.is_authenticated and acting_for(patient).filter(account=account.pk).exists()


def acting_for(patient: Patient | UUID) -> QuerySet[Representative]:
    """Those whose right has not ended and whose account is open, with their accounts."""
    acting = Representative.objects.filter(patient=patient, ended_at=None, account__is_active=True)
    return acting.select_related("account")


@transaction.atomic
def correct_identity(*, patient: Patient, actor: User, **changes) -> Patient:
    """Write the fields of IDENTITY as they are right, let them be found, and look for duplicates again."""
    if unknown := changes.keys() - set(IDENTITY):
        raise TypeError(f"Not part of an identity: {', '.join(sorted(unknown))}")
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    changed = [name for name, value in changes.items() if getattr(patient, name) != value]
    if not changed:
        return patient
    for name in changed:
        setattr(patient, name, changes[name])
    patient.save(update_fields=changed)
    index_patients([patient])
    propose_matches(patient)
    payload = {"patient_id": str(patient.pk), "fields": sorted(changed), "actor_id": actor.pk}
    publish_event("patient.corrected", payload)
    return patient


def patients_of(account) -> QuerySet[Patient]:
    """The patients whom the account represents now; nobody signed out does."""
    if not account.is_authenticated:
        return Patient.objects.none()
    return Patient.objects.filter(representatives__account=account, representatives__ended_at=None)
