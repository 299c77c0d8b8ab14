"""Referring a patient once, however often and however much at the same time the partner asks."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID, uuid5

import orjson
from django.db import connection, transaction

from offices.outbox.services import publish_event
from partners.institutions.access import Access
from partners.institutions.models import Institution
from partners.referrals.models import IdempotencyRecord, Referral, summary_of
from patients.cases.services import submit_request
from patients.intake.search import index_patients
from patients.intake.services import ConsentDetails, ContactDetails, NeedDetails, PatientDetails

# How an answer is written: times as RFC 3339 in UTC, to the second.
JSON_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS

# The patient consents at the institution, which tells us when and in which language; the signed text stays there.
CONSENT_KIND = "referral"
CONSENT_TEXT_VERSION = "held-by-partner"


class PartnerReferenceInUse(Exception):
    """The institution's partner_reference names a referral that was made with another request."""


class IdempotencyKeyReused(Exception):
    """The key came with another request before."""


class IdempotencyInFlight(Exception):
    """The first request with this key has not ended yet."""


class Answer(NamedTuple):
    """`summary` as `summary_of` gives it; `made`: by the request that was answered so;
    `replayed`: read from the record of its Idempotency-Key."""

    summary: dict
    made: bool
    replayed: bool = False


def find_answer(
    *, access: Access, partner_reference: str, fingerprint: str, idempotency_key: str = ""
) -> Answer | None:
    """The answer to a request that came before, by its key and then by its reference; None when it is new.

    Raises IdempotencyKeyReused or PartnerReferenceInUse when what came before was another request.
    """
    if idempotency_key:
        record = IdempotencyRecord.objects.filter(institution_id=access.institution_id, key=idempotency_key).first()
        if record and record.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        if record:
            return Answer(orjson.loads(record.answer), made=record.made_referral, replayed=True)
    named = Referral.objects.visible_to(access).filter(partner_reference=partner_reference)
    referral = named.values("id", "fingerprint").first()
    if referral is None:
        return None
    if referral["fingerprint"] != fingerprint:
        raise PartnerReferenceInUse
    return Answer(_summary(referral["id"]), made=False)


@transaction.atomic
def refer_patient(
    *, access: Access, partner_reference: str, fingerprint: str, idempotency_key: str = "",
    patient: PatientDetails, contact: ContactDetails, need: NeedDetails, consent_given_on: date, consent_language: str,
    at: datetime | None = None,
) -> Answer:  # fmt: skip
    """Open a case for the partner's patient, unless this request came before: then `find_answer`'s answer and errors.

    Two at the same time with one key: the second raises IdempotencyInFlight. With one reference: the second waits.
    Raises SpecialtyNotOffered.
    """
    if idempotency_key and not _lock("pg_try_advisory_xact_lock", f"key {access.institution_id} {idempotency_key}"):
        raise IdempotencyInFlight
    _lock("pg_advisory_xact_lock", f"reference {access.institution_id} {partner_reference}")
    answer = find_answer(
        access=access, partner_reference=partner_reference, fingerprint=fingerprint, idempotency_key=idempotency_key
    )
    if answer is None:
        case = submit_request(
            submission_id=uuid5(access.institution_id, partner_reference),
            channel="partner",
            patient=patient,
            contact=contact,
            need=need,
            consents=[
                ConsentDetails(
                    kind=CONSENT_KIND,
                    text_version=CONSENT_TEXT_VERSION,
                    language=consent_language,
                    given_by=Institution.objects.values_list("name", flat=True).get(pk=access.institution_id),
                    given_on=consent_given_on,
                )
            ],
            at=at,
        )
        referral = Referral.objects.create(
            institution_id=access.institution_id,
            credential_id=access.credential_id,
            case=case,
            partner_reference=partner_reference,
            fingerprint=fingerprint,
            created_at=case.opened_at,
        )
        index_patients([case.patient_id])
        publish_event("referral.received", {"referral_id": str(referral.pk), "case_id": str(case.pk)})
        answer = Answer(_summary(referral.pk), made=True)
    if idempotency_key and not answer.replayed:
        IdempotencyRecord.objects.create(
            institution_id=access.institution_id,
            key=idempotency_key,
            fingerprint=fingerprint,
            referral_id=answer.summary["id"],
            made_referral=answer.made,
            answer=orjson.dumps(answer.summary, option=JSON_OPTIONS).decode(),
        )
    return answer


def _summary(referral_id: UUID) -> dict:
    return summary_of(Referral.objects.filter(pk=referral_id).summaries().get())


def _lock(function: str, name: str) -> bool:
    """Take a lock that ends with the transaction; False when it is taken (the `try` function only)."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [name])
        return cursor.fetchone()[0] is not False
