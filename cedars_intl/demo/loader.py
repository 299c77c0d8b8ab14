"""Putting the demo into the database, by the same services as everything else. What is there already is left alone."""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from modeltranslation.utils import build_localized_fieldname

from cedars_intl.demo import DIRECTORY_FILE
from cedars_intl.demo.people import INSTITUTIONS, PASSWORD, STAFF
from cedars_intl.demo.stories import Story, all_stories
from offices.directory.models import Office, OfficeCountry, Region, Specialty, User
from offices.translation.services import release_translation, save_version
from partners.institutions.access import Access
from partners.institutions.models import Credential, Institution
from partners.institutions.services import issue_credential
from partners.referrals.models import Referral
from partners.referrals.services import refer_patient
from patients.cases.models import Case, Stage
from patients.cases.services import advance_case, post_message, submit_request
from patients.intake.models import CareRequest, Channel
from patients.intake.services import ConsentDetails, ContactDetails, NeedDetails, PatientDetails

SUBMISSIONS = UUID("8c5b7a52-6f0e-4d6e-9a34-5d2d8c1f7e10")
CREDENTIAL_LABEL = "Demo data"
REVIEWER = "reviewer@example.org"
CONSENT_KIND, CONSENT_TEXT_VERSION = "treatment_inquiry", "1"
TRANSLATED_AFTER_HOURS = 20


@transaction.atomic
def load_directory() -> int:
    """Regions, offices with their countries, and specialties, in all languages; returns how many were new."""
    data = tomllib.loads(DIRECTORY_FILE.read_text("utf-8"))
    new = _add(Region, [_texts(row) | {"position": place} for place, row in enumerate(data["region"])])
    offered = [{"is_offered": True} | _texts(row) for row in data["specialty"]]
    new += _add(Specialty, [row | {"position": place} for place, row in enumerate(offered)])
    regions = {region.code: region for region in Region.objects.all()}
    known = set(Office.objects.values_list("code", flat=True))
    for row in data["office"]:
        if row["code"] not in known:
            row |= {"region": regions[row["region"]]}
            countries = row.pop("countries")
            office = Office.objects.create(**_texts(row))
            OfficeCountry.objects.bulk_create(OfficeCountry(office=office, country=code) for code in countries)
            new += 1
    return new


@transaction.atomic
def load_people() -> int:
    """Staff with the demo's password, and the partner institutions; returns how many were new."""
    offices = {office.code: office for office in Office.objects.all()}
    known = set(User.objects.values_list("email", flat=True))
    missing = [member for member in STAFF if member.email not in known]
    password = make_password(PASSWORD) if missing else ""
    for member in missing:
        User.objects.create(
            email=member.email,
            name=member.name,
            password=password,
            office=offices.get(member.office),
            is_staff=True,
            is_superuser=member.is_superuser,
            language=member.language,
            time_zone=member.time_zone,
            qualified_languages=list(member.qualified_languages),
        )
    institutions = [{"code": code, "name": name, "country": country} for code, name, country in INSTITUTIONS]
    return len(missing) + _add(Institution, institutions)


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
    specialties = {specialty.code: specialty for specialty in Specialty.objects.all()}
    staff = {user.email: user for user in User.objects.filter(is_staff=True)}
    for story in missing:
        with transaction.atomic():
            case = _open(story, specialties[story.specialty], now)
            coordinator = staff[story.coordinator or _coordinator_of(case.office.code)]
            _translate(story, case, staff[REVIEWER], coordinator)
            _go_on(story, case, coordinator, now)
        yield case


def submission_id(story: Story) -> UUID:
    return uuid5(SUBMISSIONS, story.email)


def _add(model, rows):
    known = set(model.objects.values_list("code", flat=True))
    missing = [row for row in rows if row["code"] not in known]
    for row in missing:
        model.objects.create(**row)
    return len(missing)


def _texts(row):
    """{"name": {"en": ...}} as modeltranslation's fields: {"name_en": ...}."""
    return {
        key: value
        for name, entry in row.items()
        for key, value in (
            {build_localized_fieldname(name, code): text for code, text in entry.items()}
            if isinstance(entry, dict)
            else {name: entry}
        ).items()
    }


def _coordinator_of(office):
    return next(member.email for member in STAFF if member.office == office)


def _open(story, specialty, now):
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
        specialty=specialty,
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
        consent=consent, at=at,
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
    return Case.objects.select_related("office", "account", "care_request").get(referral=answer.summary["id"])


def _translate(story, case, reviewer, coordinator):
    """`english` by the reviewer, who releases it; `draft` by a coordinator, who leaves it to a reviewer."""
    job = case.care_request.translation
    at = case.opened_at + timedelta(hours=min(TRANSLATED_AFTER_HOURS, story.hours_ago / 2))
    if story.english:
        save_version(job=job, text=story.english, actor=reviewer, at=at)
        release_translation(job=job, actor=reviewer, at=at + timedelta(minutes=10))
    elif story.draft:
        save_version(job=job, text=story.draft, actor=coordinator, at=at)


def _go_on(story, case, coordinator, now):
    """Messages and stages in the order in which they happened, the stages evenly spread over the time since."""
    steps = []
    for message in story.messages:
        steps.append((message.hours_ago, _post, message))
    path = _path(story.stage)
    for place, stage in enumerate(path, start=1):
        steps.append((story.hours_ago * (1 - place / (len(path) + 1)), _advance, stage))
    for hours_ago, take, what in sorted(steps, key=lambda step: -step[0]):
        take(case, coordinator, what, now - timedelta(hours=hours_ago))


def _path(stage):
    """The stages from the first on to `stage`; a closed case was closed at once, from where it stood."""
    if stage == Stage.CLOSED:
        return [Stage.CLOSED]
    stages = list(Stage)
    return stages[1 : stages.index(stage) + 1]


def _post(case, coordinator, message, at):
    author = case.account if message.from_patient else coordinator
    post_message(case=case, author=author, text=message.text, language=case.patient.language, at=at)


def _advance(case, coordinator, stage, at):
    advance_case(case=case, to=stage, actor=coordinator, at=at)
