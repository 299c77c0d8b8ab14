"""Telling the demo's stories by the same services as everything else. A case that is there already is left alone."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone, translation

from cedars_intl.demo.files import make_file
from cedars_intl.demo.stories import Story, all_stories
from offices.directory.models import Programme, Specialty, User
from offices.directory.roles import Role
from offices.kit.languages import page_language
from offices.translation.services import release_translation, save_version
from partners.institutions.access import Access
from partners.institutions.models import Credential, Institution
from partners.institutions.services import issue_credential
from partners.referrals.models import Referral
from partners.referrals.services import refer_patient
from patients.cases.models import Case, Stage
from patients.cases.record_requests import ask_for_records
from patients.cases.services import advance_case, hand_over_case, post_message, submit_request
from patients.intake.models import CareRequest, Channel
from patients.intake.services import ConsentDetails, ContactDetails, NeedDetails, PatientDetails
from patients.records.documents import receive_document
from patients.records.models import Document, ReadinessRule
from patients.records.vault import store_bytes

SUBMISSIONS = UUID("8c5b7a52-6f0e-4d6e-9a34-5d2d8c1f7e10")
CREDENTIAL_LABEL = "Demo data"
REVIEWER = "reviewer@example.org"
CONSENT_KIND, CONSENT_TEXT_VERSION = "treatment_inquiry", "1"
TRANSLATED_AFTER_HOURS = 20
HANDED_BACK = (
    "You are open again, so this goes back to you. I have read it and the records so far; nothing else is due."
)


def load_stories(now: datetime | None = None) -> Iterator[Case]:
    """Opens the cases of the stories that are not there yet, the oldest first, and tells each as it is done.

    `now` is the time from which `hours_ago` counts back. A story is loaded whole or not at all.
    """
    now = now or timezone.now()
    stories = all_stories()
    submitted = set(CareRequest.objects.values_list("submission_id", flat=True))
    referred = set(Referral.objects.values_list("institution__code", "partner_reference"))
    missing = [
        story
        for story in stories
        if submission_id(story) not in submitted and (story.referred_by, story.partner_reference) not in referred
    ]
    if not missing:
        return
    services = {service.code: service for model in (Specialty, Programme) for service in model.objects.all()}
    for story in missing:
        with transaction.atomic():
            case = _open(story, services, now)
            _go_on(story, case, now)
        yield case


def submission_id(story: Story) -> UUID:
    return uuid5(SUBMISSIONS, story.email)


def _open(story, services, now):
    at = now - timedelta(hours=story.hours_ago)
    patient = PatientDetails(
        given_names=story.given_names,
        family_name=story.family_name,
        native_name=story.native_name,
        birth_date=story.birth_date,
        sex=story.sex,
        residence_country=story.residence_country,
        language=story.language,
    )
    contact = ContactDetails(email=story.email, phone=story.phone, time_zone=story.time_zone)
    need = NeedDetails(
        specialty=services[story.specialty],
        programme=services[story.programme] if story.programme else None,
        words=story.words,
        words_language=story.words_language or story.language,
        pathway=story.pathway,
        urgency=story.urgency,
    )
    if story.referred_by:
        return _refer(story, patient, contact, need, at)
    consent = ConsentDetails(
        kind=CONSENT_KIND,
        text_version=CONSENT_TEXT_VERSION,
        language=story.language,
        given_by=f"{story.given_names} {story.family_name}".strip(),
    )
    return submit_request(
        submission_id=submission_id(story), channel=Channel.WEB, patient=patient, contact=contact, need=need,
        consents=[consent], at=at,
    )  # fmt: skip


def _refer(story, patient, contact, need, at):
    institution = Institution.objects.get(code=story.referred_by)
    credential = Credential.objects.filter(institution=institution, label=CREDENTIAL_LABEL).first()
    if credential is None:
        # Nobody learns its secret: it only says where the demo's referrals come from.
        credential, _secret = issue_credential(institution=institution, actor=None, label=CREDENTIAL_LABEL)
    fingerprint = hashlib.sha256(json.dumps(asdict(story), default=str, sort_keys=True).encode()).hexdigest()
    answer = refer_patient(
        access=Access(credential.pk, institution.pk, (), 0.0),
        partner_reference=story.partner_reference,
        fingerprint=fingerprint,
        patient=patient,
        contact=contact,
        need=need,
        consent_given_on=at.date(),
        consent_language=story.language,
        at=at,
    )
    return Case.objects.get(referral=answer.summary["id"])


def _go_on(story, case, now):
    """All that happened since, in its order; the stages evenly spread over the time, done by who has the case then."""
    age = now - case.opened_at
    path = _path(story.stage)
    steps = [(now - timedelta(hours=message.hours_ago), _post, message) for message in story.messages]
    steps += [(case.opened_at + age * place / (len(path) + 1), _advance, to) for place, to in enumerate(path, start=1)]
    steps += [(now - timedelta(hours=sent.hours_ago), _send, (sent, now)) for sent in story.documents]
    steps += [(now - timedelta(hours=asked.hours_ago), _ask, asked) for asked in story.asked]
    if story.english or story.draft:
        hours = min(TRANSLATED_AFTER_HOURS, story.hours_ago / 2)
        steps.append((case.opened_at + timedelta(hours=hours), _translate, story))
    if case.office_id != case.home_office_id:
        opens = case.home_office.calendar.next_opening(case.opened_at)
        if opens <= now:
            steps.append((opens, _hand_back, HANDED_BACK))
    cases = Case.objects.select_related(
        "account", "care_request__translation", "coordinator", "home_office", "office", "patient"
    )
    for at, take, what in sorted(steps, key=lambda step: step[0]):
        take(cases.get(pk=case.pk), what, at)


def _path(stage):
    """The stages from the first on to `stage`; a closed case was closed at once, from where it stood."""
    if stage == Stage.CLOSED:
        return [Stage.CLOSED]
    stages = list(Stage)
    return stages[1 : stages.index(stage) + 1]


def _actor(case):
    """Who works on the case: its coordinator, else the first of its office."""
    coordinators = User.objects.filter(office=case.office, is_staff=True, roles__contains=[Role.COORDINATOR])
    return case.coordinator or coordinators.order_by("pk").first()


def _translate(case, story, at):
    """`english` by the reviewer, who releases it; `draft` by the coordinator, who leaves it to a reviewer."""
    job = case.care_request.translation
    if story.english:
        reviewer = User.objects.get(email=REVIEWER)
        save_version(job=job, text=story.english, actor=reviewer, at=at)
        release_translation(job=job, actor=reviewer, at=at + timedelta(minutes=10))
    else:
        save_version(job=job, text=story.draft, actor=_actor(case), at=at)


def _hand_back(case, note, at):
    """The office that took an urgent case while its home was closed gives it back."""
    if case.stage != Stage.CLOSED:
        hand_over_case(case=case, to=case.home_office, actor=_actor(case), note=note, at=at)


def _post(case, message, at):
    actor, language = _actor(case), case.patient.language
    with translation.override(page_language(language)):
        text = message.text.replace("{coordinator}", actor.name).replace("{office}", case.office.name)
    author = case.account if message.from_patient else actor
    post_message(case=case, author=author, text=text, language=language, at=at)


def _advance(case, to, at):
    advance_case(case=case, to=to, actor=_actor(case), at=at)


def _send(case, what, at):
    """A file of the patient's; a worker reads it as any other."""
    sent, now = what
    content = make_file(sent, case.patient, (now - timedelta(days=sent.days_old)).date())
    file = store_bytes(content=content, media_type="")
    document = receive_document(file=file, filename=sent.filename, patient=case.patient, sender=case.account)
    Document.objects.filter(pk=document.pk).update(received_at=at)


def _ask(case, asked, at):
    rules = ReadinessRule.objects.filter(code__in=asked.records)
    ask_for_records(case=case, rules=rules, actor=_actor(case), at=at)
