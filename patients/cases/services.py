"""Opening a case from a request, moving its stage, and writing to each other."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from offices.directory.models import Office, User
from offices.directory.services import open_account
from offices.kit.ids import new_id
from offices.kit.languages import page_language
from offices.kit.templatetags.formats import datetime_in
from offices.kit.transitions import IllegalTransition, require_transition
from offices.notifications.services import move_notifications, queue_notification
from offices.outbox.services import publish_event
from offices.routing.needs import Need
from offices.routing.services import assign, choose_coordinator
from offices.translation.services import move_jobs, request_translation
from patients.cases.mails import notify_patient
from patients.cases.models import STAGE_TRANSITIONS, Case, CaseRequirement, Handover, Message, Stage
from patients.intake.form.kinds import Answers
from patients.intake.form.reading import text_to_translate
from patients.intake.matching import propose_matches
from patients.intake.models import CareRequest, Patient
from patients.intake.people import acting_for, represent
from patients.intake.search import index_patients
from patients.intake.services import (
    AskerDetails,
    ConsentDetails,
    ContactDetails,
    NeedDetails,
    PatientDetails,
    record_request,
)

TEAM_LANGUAGE = "en"
PROMISED_BUSINESS_DAYS = 1


class CannotHandOver(Exception):
    """The case is closed, already at that office, no longer at the office where it was seen, or the note is empty."""


class NobodyReads(Exception):
    """Nobody acts for the patient: what is written on the case would reach nobody."""


def submit_request(
    *, submission_id: UUID, channel: str, patient: PatientDetails, contact: ContactDetails, need: NeedDetails,
    consents: Sequence[ConsentDetails], asker: AskerDetails | None = None, answers: Answers | None = None,
    known: Patient | None = None, account: User | None = None, at: datetime | None = None,
) -> Case:  # fmt: skip
    """Record a request and open its case; the same `submission_id` again returns the case it opened.

    A `known` patient gets another case. `account` is who sent it; without one, the contact's address opens one.

    Raises SpecialtyNotOffered, ProgrammeNotOffered and NoOffice.
    """
    existing = Case.objects.filter(care_request__submission_id=submission_id).first()
    if existing:
        return existing
    try:
        with transaction.atomic():
            care_request = record_request(
                submission_id=submission_id, channel=channel, patient=patient, contact=contact, need=need,
                consents=consents, asker=asker, answers=answers, known=known, at=at,
            )  # fmt: skip
            return open_case(care_request=care_request, account=account)
    except IntegrityError:
        # The same form was sent twice at once: the other sending won, and its case is there.
        existing = Case.objects.filter(care_request__submission_id=submission_id).first()
        if existing is None:
            raise
        return existing


def next_reference(at: datetime) -> str:
    """`CI-2026-000123`: the year (UTC) and the next number in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_referencecounter (year, last) VALUES (%s, 1) "
            "ON CONFLICT (year) DO UPDATE SET last = cases_referencecounter.last + 1 RETURNING last",
            [at.year],
        )
        return f"CI-{at.year}-{cursor.fetchone()[0]:06d}"


@transaction.atomic
def open_case(*, care_request: CareRequest, account: User | None = None) -> Case:
    """Route the request, promise an answer in the office's working time, ask for the translation, confirm by mail."""
    patient, at = care_request.patient, care_request.submitted_at
    decision = assign(need_of(care_request), at=at)
    office = decision.office
    if account is None and care_request.email:
        account = open_account(
            email=care_request.email,
            name=care_request.asker_name or patient.name,
            language=patient.language,
            time_zone=care_request.time_zone or decision.home.time_zone,
        )
    care_request.translation = request_translation(
        office=office,
        text=_words_of(care_request),
        target_language=TEAM_LANGUAGE,
        source_language=care_request.words_language,
        likely_language=patient.language,
        at=at,
    )
    care_request.save(update_fields=["translation"])
    case = Case.objects.create(
        reference=next_reference(at),
        care_request=care_request,
        patient=patient,
        office=decision.home,
        home_office=decision.home,
        coordinator=None if decision.is_handed_over else decision.coordinator,
        account=account,
        opened_at=at,
        stage_changed_at=at,
        answer_due_at=_first_promise(office, at),
    )
    if account:
        represent(
            patient=patient,
            account=account,
            relation=care_request.asker_relation,
            authority=care_request.asker_authority,
        )
    index_patients([patient])
    propose_matches(patient)
    publish_event("case.opened", {"case_id": str(case.pk)})
    CaseRequirement.objects.bulk_create(
        CaseRequirement(case=case, requirement=requirement) for requirement in decision.requirements
    )
    if decision.is_handed_over:
        note = _note_of_the_hours(decision, at)
        _hand_over(case, to=office, coordinator=decision.coordinator, note=note, actor=None, at=at)
    notify_patient(
        case,
        "request_received",
        answer_due_at=case.answer_due_at,
        time_zone=case.time_zone,
    )
    return case


def _words_of(care_request: CareRequest) -> str:
    """What the desk translates: the request, and what else was written, under questions in the writer's language."""
    with translation.override(page_language(care_request.patient.language)):
        further = text_to_translate(care_request.answers)
    return "\n\n".join(filter(None, [care_request.words, further]))


def _first_promise(office, at) -> datetime:
    """In the office's working time; an office that names no hours promises in days, a weekend more."""
    try:
        return office.calendar.add_business_days(at, PROMISED_BUSINESS_DAYS)
    except ValueError:
        return at + timedelta(days=PROMISED_BUSINESS_DAYS + 2)


def need_of(care_request: CareRequest) -> Need:
    """What decides who takes the request."""
    return Need(
        country=care_request.patient.residence_country.code,
        language=care_request.patient.language,
        specialty=care_request.specialty.code,
        pathway=care_request.pathway,
        urgency=care_request.urgency,
        consents=frozenset(care_request.consents.values_list("kind", flat=True)),
    )


@transaction.atomic
def hand_over_case(
    *, case: Case, to: Office, actor: User, note: str, seen: str = "", at: datetime | None = None
) -> Case:
    """Give the case to another office, with a note of what it must know; a coordinator there with room takes it.

    Raises CannotHandOver when it is closed, already there, no longer at the office `seen` (code), or the note is empty.
    """
    case = (
        Case.objects.select_for_update(of=["self"])
        .select_related("care_request__specialty", "patient", "office", "home_office")
        .get(pk=case.pk)
    )
    if case.stage == Stage.CLOSED or case.office == to or (seen and seen != case.office.code) or not note.strip():
        raise CannotHandOver
    at = at or timezone.now()
    coordinator = choose_coordinator(to, need_of(case.care_request), at=at)
    _hand_over(case, to=to, coordinator=coordinator, note=note.strip(), actor=actor, at=at)
    notify_patient(case, "office_changed")
    return case


def _hand_over(case, *, to, coordinator, note, actor, at):
    Handover.objects.create(case=case, from_office=case.office, to_office=to, actor=actor, note=note, handed_over_at=at)
    before, case.office, case.coordinator = case.office, to, coordinator
    case.save(update_fields=["office", "coordinator"])
    move_jobs([case.care_request.translation_id, *case.messages.values_list("translation", flat=True)], to=to)
    move_notifications(about=case.reference, to=to)
    payload = {"case_id": str(case.pk), "from": before.code, "to": to.code, "actor_id": actor and actor.pk}
    publish_event("case.handed_over", payload)
    _tell_office(case, before, coordinator)


def _tell_office(case, before, coordinator):
    """A mail to the office that has the case now, and to its coordinator: it may wait for nobody to look."""
    for to in dict.fromkeys([case.office.email, *([coordinator.email] if coordinator else [])]):
        queue_notification(
            kind="case_handed_over",
            to=to,
            language=coordinator.language if coordinator and to == coordinator.email else TEAM_LANGUAGE,
            context={
                "reference": case.reference,
                "from_office": before.name,
                "coordinator": coordinator.name if coordinator else "",
                "desk_url": settings.SITE_URL + reverse("admin:cases_case_change", args=[case.pk]),
            },
            office=case.office,
        )


def _note_of_the_hours(decision, at) -> str:
    """Why the hours gave an urgent case away, for the colleagues who take it, in the team's language."""
    with translation.override(TEAM_LANGUAGE):
        text = _(
            "Urgent, and it came while the %(home)s was closed: it opens on %(opens)s. Please answer the patient now, "
            "and hand the case back when the %(home)s is open."
        )
        try:
            opens = datetime_in(decision.home.calendar.next_opening(at), decision.home.time_zone)
        except ValueError:  # not within a year
            text = _("Urgent, and the %(home)s has no opening hours. Please answer the patient now.")
            return text % {"home": decision.home.name}
        return text % {"home": decision.home.name, "opens": opens}


@transaction.atomic
def advance_case(*, case: Case, to: str, actor: User, seen: str = "", at: datetime | None = None) -> Case:
    """Move the case to stage `to`, and tell the patient.

    Raises IllegalTransition, also when the case is no longer at the stage `seen` that the actor saw.
    """
    case = (
        Case.objects.select_for_update(of=["self"]).select_related("care_request", "office", "patient").get(pk=case.pk)
    )
    if seen and seen != case.stage:
        raise IllegalTransition(case.stage, to)
    require_transition(STAGE_TRANSITIONS, case.stage, to)
    before, case.stage, case.stage_changed_at = case.stage, to, at or timezone.now()
    case.save(update_fields=["stage", "stage_changed_at"])
    publish_event("case.advanced", {"case_id": str(case.pk), "from": before, "to": to, "actor_id": actor.pk})
    notify_patient(case, "stage_changed")
    return case


@transaction.atomic
def post_message(
    *, case: Case, author: User, text: str, language: str, message_id: UUID | None = None, at: datetime | None = None
) -> Message:
    """Write to the patient (by staff) or to the office (by who acts for the patient), and ask for the translation.

    The same `message_id` again returns the message that has it, so a form that is sent twice writes once. The first
    staff message keeps the promise of a first answer and makes its author the coordinator if none is.

    Raises NobodyReads.
    """
    case = (
        Case.objects.select_for_update(of=["self"]).select_related("care_request", "office", "patient").get(pk=case.pk)
    )
    sent = case.messages.filter(pk=message_id, author=author).first() if message_id else None
    if sent:
        return sent
    if not acting_for(case.patient_id).exists():
        raise NobodyReads
    at = at or timezone.now()
    from_patient = not author.is_staff
    reader_language = TEAM_LANGUAGE if from_patient else page_language(case.patient.language)
    job = None
    if from_patient or language != reader_language:
        job = request_translation(
            office=case.office,
            text=text,
            target_language=reader_language,
            source_language="" if from_patient else language,
            likely_language=language,
            at=at,
        )
    message = Message.objects.create(
        id=message_id or new_id(), case=case, author=author, from_patient=from_patient, text=text, language=language,
        translation=job, sent_at=at,
    )  # fmt: skip
    publish_event("message.posted", {"message_id": str(message.pk), "case_id": str(case.pk)})
    if from_patient:
        return message
    _keep_promise(case, by=author, at=at)
    notify_patient(case, "message_received")
    return message


@transaction.atomic
def record_call(*, case: Case, actor: User, at: datetime | None = None) -> Case:
    """Note that `actor` has answered the patient by telephone, as is done where there is no e-mail address."""
    case = Case.objects.select_for_update(of=["self"]).get(pk=case.pk)
    publish_event("case.called", {"case_id": str(case.pk), "actor_id": actor.pk})
    _keep_promise(case, by=actor, at=at or timezone.now())
    return case


def _keep_promise(case: Case, *, by: User, at: datetime) -> None:
    if case.first_answered_at is None:
        case.first_answered_at, case.coordinator = at, case.coordinator or by
        case.save(update_fields=["first_answered_at", "coordinator"])


def tell_of_translation(payload: dict) -> None:
    """A translation was released: when it is that of a message to a patient, tell the patient that it can be read."""
    message = Message.objects.select_related(
        "case__care_request", "case__office", "case__patient"
    ).filter(translation=payload["job_id"], from_patient=False).first()  # fmt: skip
    if message:
        notify_patient(message.case, "message_received")
