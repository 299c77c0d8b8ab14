"""The patient's own writing: sending the request that a draft holds, and replies."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language

from offices.directory.models import Programme, Specialty, User
from offices.kit.languages import page_language
from offices.kit.names import full_name
from offices.routing.needs import Pathway, Urgency
from patients.cases.models import Case, Message
from patients.cases.services import TEAM_LANGUAGE, post_message, submit_request
from patients.intake.consents import asked_consents, consent_details, given_consents
from patients.intake.drafts import answers_of
from patients.intake.form.asked import AskedForm
from patients.intake.form.conditions import needs_a_guardian
from patients.intake.form.kinds import Answers
from patients.intake.form.steps import QUESTIONS
from patients.intake.models import Channel, Draft, Patient, Relation, Sex
from patients.intake.people import represents
from patients.intake.services import (
    AskerDetails,
    ContactDetails,
    NeedDetails,
    PatientDetails,
    ProgrammeNotOffered,
    SpecialtyNotOffered,
    details_of,
)
from patients.portal import choices
from patients.records.documents import adopt_documents


class NotComplete(Exception):
    """Steps without which the request cannot be sent are open: `steps` holds their codes, in order."""

    def __init__(self, steps: list[str]):
        self.steps = steps
        super().__init__(", ".join(steps))


def asked_form(draft: Draft) -> AskedForm:
    """The form as the writer of this draft meets it."""
    with_programmes = Programme.objects.offered().order_by().values_list("specialty__code", flat=True).distinct()
    return AskedForm(answers_of(draft), set(with_programmes))


def open_steps(draft: Draft, form: AskedForm) -> list[str]:
    """The codes of the steps that must still be done before the request can be sent."""
    done = {row.step for row in draft.steps.all() if row.is_done}
    given = form.answers.get("consents", {})
    if any(text.is_required and not text.is_in(given) for text in asked_consents(form.answers)):
        done.discard("consents")
    return [step.code for step in form.steps.values() if form.is_required(step) and step.code not in done]


@transaction.atomic
def send_draft(*, draft: Draft) -> Case:
    """Make the draft a request with its case, and give the patient its documents; sent twice, it is one case.

    Raises NotComplete, SpecialtyNotOffered, ProgrammeNotOffered and NoOffice.
    """
    # The key of the row is not locked: a worker that reads its documents writes rows that point at it.
    drafts = Draft.objects.select_for_update(of=["self"], no_key=True).select_related("patient", "account")
    draft = drafts.get(pk=draft.pk)
    if draft.care_request_id:
        return Case.objects.get(care_request=draft.care_request_id)
    form = asked_form(draft)
    if missing := open_steps(draft, form):
        raise NotComplete(missing)
    answers = form.kept_answers
    consents = {text.kind: answers["consents"][text.kind] for text in given_consents(answers)}
    del answers["consents"]
    asker, details = _asker(answers), _patient(answers)
    known = _known(draft, details)
    zone = answers.get("time_zone") or choices.only_time_zone(answers["residence_country"])
    case = submit_request(
        submission_id=draft.pk,
        channel=Channel.WEB,
        patient=_as_corrected(draft, known, details) if known else details,
        contact=ContactDetails(
            email=draft.account.email if known else answers["email"], phone=answers.get("phone", ""), time_zone=zone
        ),
        need=_need(answers),
        consents=consent_details(consents, zone=zone, **_giver(answers, asker)),
        asker=asker,
        answers=answers,
        known=known,
        account=draft.account if known else None,
    )
    draft.care_request = case.care_request
    draft.save(update_fields=["care_request"])
    adopt_documents(draft=draft, patient=case.patient)
    return case


def _known(draft: Draft, details: PatientDetails) -> Patient | None:
    """The patient that the draft began with, while its account still acts for that person and it is that person."""
    patient = draft.patient
    if patient is None or draft.account is None or not represents(draft.account, patient):
        return None
    if patient.birth_date != details.birth_date and patient.given_names != details.given_names:
        return None  # another person was typed over this one
    return patient


def _as_corrected(draft: Draft, patient: Patient, details: PatientDetails) -> PatientDetails:
    """The details, but those of a patient whom the team has corrected since the draft began stay as they are."""
    is_corrected = patient.events.filter(pgh_created_at__gt=draft.started_at).exists()
    return details_of(patient) if is_corrected else details


def _giver(answers: Answers, asker: AskerDetails) -> dict:
    """Who gives the consents, and as whom: for a minor for whom no parent or guardian writes, the one that is named."""
    if needs_a_guardian(answers):
        return {"given_by": answers["guardian_name"], "given_as": answers["guardian_relation"]}
    patient = full_name(answers["given_names"], answers["family_name"], "")
    return {"given_by": asker.name or patient, "given_as": asker.relation}


def _patient(answers: Answers) -> PatientDetails:
    return PatientDetails(
        given_names=answers["given_names"],
        family_name=answers["family_name"],
        native_name=answers.get("native_name", ""),
        birth_date=date.fromisoformat(answers["birth_date"]),
        sex=answers.get("sex") or Sex.UNKNOWN,
        residence_country=answers["residence_country"],
        language=answers["language"],
        nationality=answers.get("nationality", ""),
        passport_number=answers.get("passport_number", ""),
        called=answers.get("called", ""),
    )


def _asker(answers: Answers) -> AskerDetails:
    bases = dict(QUESTIONS["authority_basis"].choices)
    with translation.override(TEAM_LANGUAGE):
        basis = [str(bases.get(answers.get("authority_basis"), "")), answers.get("authority_words", "")]
    relation = answers.get("asker", Relation.SELF)
    return AskerDetails(answers.get("asker_name", ""), relation, ": ".join(filter(None, basis)))


def _need(answers: Answers) -> NeedDetails:
    specialty = Specialty.objects.select_related("lead").filter(code=answers["specialty"]).first()
    if specialty is None:
        raise SpecialtyNotOffered
    programme = None
    if code := answers.get("programme"):
        programme = Programme.objects.select_related("lead", "specialty__lead").filter(code=code).first()
        if programme is None:
            raise ProgrammeNotOffered
    return NeedDetails(
        specialty=specialty,
        programme=programme,
        words=answers["words"],
        pathway=answers.get("pathway") or Pathway.IN_PERSON,
        urgency=answers.get("urgency") or Urgency.ROUTINE,
    )


# What a person answered before and is likely to answer again; the need itself is asked anew.
_STAYS = frozenset({
    "asker", "asker_name", "authority_basis", "authority_words", "guardian_name", "guardian_relation",
    "guardian_phone", "national_id", "best_times", "interpreter", "interpreter_words", "history", "medicines",
    "no_medicines", "allergies", "no_allergies", "clinician_gender", "diet", "diet_words", "faith", "faith_words",
    "mobility", "mobility_words", "passport_expires_on", "payer", "insurer_name", "policy_number", "sponsor_name",
    "sponsor_reference", "employer_name", "payer_contact",
})  # fmt: skip


def known_answers(patient: Patient, account: User) -> dict:
    """What is known of a patient, as answers: the person, and what this account itself told before; not the need."""
    last = Case.objects.filter(patient=patient, account=account).select_related("care_request").first()
    told = last.care_request if last else None
    before = {code: value for code, value in (told.answers if told else {}).items() if code in _STAYS}
    contact = {"email": account.email} | ({"phone": str(told.phone), "time_zone": told.time_zone} if told else {})
    return before | contact | {
        "given_names": patient.given_names,
        "family_name": patient.family_name,
        "native_name": patient.native_name,
        "called": patient.called,
        "birth_date": patient.birth_date.isoformat(),
        "sex": "" if patient.sex == Sex.UNKNOWN else patient.sex,
        "residence_country": patient.residence_country.code,
        "nationality": patient.nationality.code,
        "passport_number": patient.passport_number,
        "language": patient.language,
    }  # fmt: skip


def send_reply(*, case: Case, author: User, text: str, message_id: UUID | None = None) -> Message:
    """Write to the office; `message_id` as in `post_message`."""
    language = _writing_language(case.patient.language)
    return post_message(case=case, author=author, text=text, language=language, message_id=message_id)


def _writing_language(preferred: str) -> str:
    """The page's language, which the patient chose, unless the pages do not speak the patient's language."""
    is_shipped = page_language(preferred).split("-")[0] == preferred.split("-")[0]
    return get_language() if is_shipped else preferred
