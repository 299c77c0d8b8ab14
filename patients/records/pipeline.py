"""Reading a document step by step. Each step is an event of its own, and ends in one transaction that holds its result,
its outcome and the event of the next: wherever a worker dies, the step is done again or the next one waits.

A step that cannot be done is marked, and the next one follows. Only `inspect` has to succeed: while it has not, the
document is neither served nor read.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from offices.outbox.services import publish_event
from patients.records.limits import LARGE_BYTES
from patients.records.memory import memory_wall
from patients.records.models import Document, DocumentState, ProcessingStep, StepOutcome
from patients.records.notes import Note, write_note
from patients.records.refusals import Refused
from patients.records.sources import Unreadable
from patients.records.steps import INSPECT, READ_FIELDS, STEPS, outcome_of, steps_of, steps_together

LAST_STATES = frozenset({DocumentState.READY, DocumentState.QUARANTINED})


@dataclass(frozen=True)
class _Ended:
    """How a step ended. Its result, when it is done, is still to be kept."""

    step: str
    outcome: str
    detail: str = ""
    result: Any = None


def run_step(payload: dict) -> None:
    """Handles `document.received`, whose step is `inspect`, and `document.step`. A large file is handed on: it may take
    longer than a worker has for one of these."""
    step = payload.get("step", INSPECT)
    document = _document_at(payload["document_id"], step)
    if document is None:
        return
    if document.file.size > LARGE_BYTES:
        publish_event("document.large_step", {"document_id": str(document.pk), "step": step})
    else:
        _do_step(document, step)


def run_large_step(payload: dict) -> None:
    """Handles `document.large_step`."""
    if document := _document_at(payload["document_id"], payload["step"]):
        _do_step(document, payload["step"])


def _do_step(document, step):
    try:
        ended = [_try_step(document, one) for one in steps_together(document.file.media_type, step)]
    except Refused as refused:
        _refuse(document.pk, refused.code)
    else:
        _end_steps(document.pk, ended)


def give_up_step(payload: dict) -> None:
    """The outbox has given a step up: the others go on without it, unless the file was never found to be harmless."""
    step = payload.get("step", INSPECT)
    note = Note.NOT_CHECKED if step == INSPECT else Note.GIVEN_UP
    _end_steps(payload["document_id"], [_Ended(step, StepOutcome.FAILED, write_note(note))])


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


def _try_step(document, step) -> _Ended:
    try:
        with memory_wall():
            result = STEPS[step].work(document)
    except (Unreadable, MemoryError) as error:
        unreadable = error if isinstance(error, Unreadable) else Unreadable()
        return _Ended(step, outcome_of(unreadable.note), write_note(unreadable.note))
    return _Ended(step, StepOutcome.DONE, result=result)


def _document_at(document_id, step, documents=None) -> Document | None:
    """The document, when this step is its next; None when it is done already, or is not to be read."""
    documents = Document.objects.all() if documents is None else documents
    document = documents.select_related("file", "draft", "patient").filter(pk=document_id).first()
    if document is None or document.state in LAST_STATES:
        return None
    outcomes = dict(document.processing.order_by("position").values_list("step", "outcome"))
    if step == INSPECT:  # given up, it may be sent again
        return document if outcomes.get(step) in (None, StepOutcome.WAITING, StepOutcome.FAILED) else None
    waiting = [name for name, outcome in outcomes.items() if outcome == StepOutcome.WAITING]
    return document if document.state == DocumentState.CHECKED and waiting[:1] == [step] else None


@transaction.atomic
def _end_steps(document_id, ended: list[_Ended]) -> None:
    locked = Document.objects.select_for_update(of=["self"])
    document = _document_at(document_id, ended[0].step, locked)
    if document is None:
        return
    kept = [_keep_result(document, one) for one in ended]
    if ended[0].step == INSPECT:
        _plan(document, kept)
    else:
        for one in kept:
            ended_now = {"outcome": one.outcome, "detail": one.detail, "ended_at": timezone.now()}
            document.processing.filter(step=one.step).update(**ended_now)
    if document.state == DocumentState.CHECKED:
        _go_on(document, kept[-1].step)


def _keep_result(document, one) -> _Ended:
    if one.outcome != StepOutcome.DONE:
        return one
    return replace(one, detail=STEPS[one.step].keep(document, one.result), result=None)


@transaction.atomic
def _refuse(document_id, code):
    document = Document.objects.select_for_update(of=["self"]).select_related("file").filter(pk=document_id).first()
    if document is None or document.state in LAST_STATES:
        return
    document.state, document.refusal = DocumentState.QUARANTINED, code
    document.save(update_fields=["state", "refusal"])
    document.processing.filter(outcome=StepOutcome.WAITING).update(outcome=StepOutcome.SKIPPED)


def _plan(document, ended):
    """Lay the steps that the person who waits sees: only the first while the file was not found to be harmless."""
    steps, how = steps_of(document.file.media_type), {one.step: one for one in ended}
    if how[INSPECT].outcome != StepOutcome.DONE:
        steps = steps[:1]
    elif document.state != DocumentState.CHECKED:  # which it is when it is read again
        document.state = DocumentState.CHECKED
        document.save(update_fields=["state"])
    document.processing.all().delete()
    rows = [ProcessingStep(document=document, step=step, position=position) for position, step in enumerate(steps)]
    for row in rows:
        if one := how.get(row.step):
            row.outcome, row.detail, row.ended_at = one.outcome, one.detail, timezone.now()
    ProcessingStep.objects.bulk_create(rows)


def _go_on(document, step):
    """Save what was read, and publish the next step, or end."""
    steps = steps_of(document.file.media_type)
    following = steps[steps.index(step) + 1 :][:1]
    if following:
        publish_event("document.step", {"document_id": str(document.pk), "step": following[0]})
    else:
        document.state = DocumentState.READY
        publish_event("document.ready", {"document_id": str(document.pk)})
    document.save(update_fields=["state", *READ_FIELDS])
