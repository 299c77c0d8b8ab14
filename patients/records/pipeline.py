"""Reading a document step by step. Each step is an event of its own, and ends in one transaction that holds its result,
its outcome and the event of the next: wherever a worker dies, the step is done again or the next one waits.

A step that cannot be done is marked, and the next one follows. Only `inspect` has to succeed: while it has not, the
document is neither served nor read.
"""

from django.db import transaction
from django.utils import timezone

from offices.outbox.services import publish_event
from patients.records.models import Document, DocumentState, ProcessingStep, StepOutcome
from patients.records.notes import Note, write_note
from patients.records.refusals import Refused
from patients.records.sources import Unreadable
from patients.records.steps import INSPECT, STEPS, outcome_of, steps_of

LAST_STATES = frozenset({DocumentState.READY, DocumentState.QUARANTINED})


def run_step(payload: dict) -> None:
    """Handles `document.received`, whose step is `inspect`, and `document.step`."""
    step = payload.get("step", INSPECT)
    document = _document_for(payload["document_id"], step)
    if document is None:
        return
    try:
        result = STEPS[step].work(document)
    except Refused as refused:
        _refuse(document.pk, refused.code)
    except Unreadable as unreadable:
        _end_without_result(document.pk, step, outcome_of(unreadable.note), write_note(unreadable.note))
    else:
        _end_with_result(document.pk, step, result)


def give_up_step(payload: dict) -> None:
    """The outbox has given a step up: the others go on without it, unless the file was never found to be harmless."""
    step = payload.get("step", INSPECT)
    note = Note.NOT_CHECKED if step == INSPECT else Note.GIVEN_UP
    _end_without_result(payload["document_id"], step, StepOutcome.FAILED, write_note(note))


@transaction.atomic
def restart_reading(*, document: Document, actor) -> Document:
    """Read a document again from the start, also one that was not accepted. What people stated stays."""
    document = Document.objects.select_for_update(of=["self"]).get(pk=document.pk)
    if document.state == DocumentState.QUARANTINED:
        document.state = DocumentState.RECEIVED
    elif document.state == DocumentState.READY:
        document.state = DocumentState.CHECKED
    document.refusal = ""
    document.save(update_fields=["state", "refusal"])
    document.processing.all().delete()
    publish_event("document.received", {"document_id": str(document.pk), "actor_id": actor.pk})
    return document


def _document_for(document_id, step):
    """The document, when this step is its next; None when it is done already, or is not to be read."""
    document = Document.objects.select_related("file", "draft", "patient").filter(pk=document_id).first()
    return document if document and _is_next(document, step) else None


def _is_next(document, step):
    outcomes = dict(document.processing.values_list("step", "outcome"))
    if step == INSPECT:  # given up, it may be sent again
        return document.state not in LAST_STATES and outcomes.get(step) in (
            None,
            StepOutcome.WAITING,
            StepOutcome.FAILED,
        )
    if document.state != DocumentState.CHECKED or outcomes.get(step) != StepOutcome.WAITING:
        return False
    waiting = document.processing.filter(outcome=StepOutcome.WAITING)
    return waiting.order_by("position").first().step == step


def _locked(document_id, step):
    """The document, locked, when this step is still its next."""
    document = (
        Document.objects.select_for_update(of=["self"])
        .select_related("file", "draft", "patient")
        .filter(pk=document_id)
        .first()
    )
    return document if document and _is_next(document, step) else None


@transaction.atomic
def _end_with_result(document_id, step, result):
    document = _locked(document_id, step)
    if document is None:
        return
    detail = STEPS[step].keep(document, result)
    if step == INSPECT:
        _plan(document)
    _write_outcome(document, step, StepOutcome.DONE, detail)
    _go_on(document)


@transaction.atomic
def _end_without_result(document_id, step, outcome, detail):
    document = _locked(document_id, step)
    if document is None:
        return
    _write_outcome(document, step, outcome, detail)
    if step != INSPECT:
        _go_on(document)


@transaction.atomic
def _refuse(document_id, code):
    document = Document.objects.select_for_update(of=["self"]).filter(pk=document_id).first()
    if document is None or document.state in LAST_STATES:
        return
    document.state, document.refusal = DocumentState.QUARANTINED, code
    document.save(update_fields=["state", "refusal"])
    document.processing.exclude(step=INSPECT).filter(outcome=StepOutcome.WAITING).update(outcome=StepOutcome.SKIPPED)
    _write_outcome(document, INSPECT, StepOutcome.FAILED, "")


def _plan(document):
    if document.state != DocumentState.CHECKED:  # which it is when it is read again
        document.state = DocumentState.CHECKED
        document.save(update_fields=["state"])
    ProcessingStep.objects.bulk_create(
        ProcessingStep(document=document, step=step, position=position)
        for position, step in enumerate(steps_of(document.file.media_type))
        if step != INSPECT
    )


def _write_outcome(document, step, outcome, detail):
    position = steps_of(document.file.media_type).index(step)
    values = {"position": position, "outcome": outcome, "detail": detail, "ended_at": timezone.now()}
    ProcessingStep.objects.update_or_create(document=document, step=step, defaults=values)


def _go_on(document):
    """Publish the next step, or end."""
    following = document.processing.filter(outcome=StepOutcome.WAITING).order_by("position").first()
    if following:
        publish_event("document.step", {"document_id": str(document.pk), "step": following.step})
        return
    document.state = DocumentState.READY
    document.save(update_fields=["state"])
