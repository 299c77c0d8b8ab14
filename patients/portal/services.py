"""The patient's own writing: sending the request that a draft holds, and replies."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from offices.directory.models import Programme, Specialty, User
from offices.kit.languages import page_language
from offices.kit.names import full_name
from offices.routing.needs import Pathway, Urgency
from patients.cases.models import Case, Message
from patients.cases.services import post_message, submit_request
from patients.intake.consents import asked_consents, consent_details, given_consents
from patients.intake.drafts import answers_of
from patients.intake.form.asked import AskedForm
from patients.intake.form.kinds import Answers
from patients.intake.models import Channel, Draft, Patient, Relation, Sex
from patients.intake.services import (
    AskerDetails,
    ContactDetails,
    NeedDetails,
    PatientDetails,
    ProgrammeNotOffered,
    SpecialtyNotOffered,
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
    if any(t.is_required and given.get(t.kind, {}).get("version") != t.version for t in asked_consents(form.answers)):
        done.discard("consents")
    return [step.code for step in form.steps.values() if form.is_required(step) and step.code not in done]


@transaction.atomic
def send_draft(*, draft: Draft) -> Case:
    """Make the draft a request with its case, and give the patient its documents; sent twice, it is one case.

    Raises NotComplete, SpecialtyNotOffered, ProgrammeNotOffered and NoOffice.
    """
    draft = Draft.objects.select_for_update(of=["self"]).select_related("patient").get(pk=draft.pk)
    if draft.care_request_id:
        return Case.objects.get(care_request=draft.care_request_id)
    form = asked_form(draft)
    if missing := open_steps(draft, form):
        raise NotComplete(missing)
    answers = form.kept_answers
    consents = {text.kind: answers["consents"][text.kind] for text in given_consents(answers)}
    del answers["consents"]
    asker = _asker(answers)
    zone = answers.get("time_zone") or choices.only_time_zone(answers["residence_country"])
    case = submit_request(
        submission_id=draft.pk,
        channel=Channel.WEB,
        patient=_patient(answers),
        contact=ContactDetails(email=answers["email"], phone=answers.get("phone", ""), time_zone=zone),
        need=_need(answers),
        consents=consent_details(
            consents,
            given_by=asker.name or full_name(answers["given_names"], answers["family_name"], ""),
            given_as=asker.relation,
            on=timezone.now().astimezone(ZoneInfo(zone or "UTC")).date(),
        ),
        asker=asker,
        answers=answers,
        known=draft.patient,
    )
    draft.care_request = case.care_request
    draft.save(update_fields=["care_request"])
    adopt_documents(draft=draft, patient=case.patient)
    return case


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
    basis = [answers.get("authority_basis", ""), answers.get("authority_words", "")]
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


def known_answers(patient: Patient) -> dict:
    """What is known of a patient from before, as answers: the person and how to reach, not the need."""
    last = patient.requests.order_by("-submitted_at").first()
    before = {code: value for code, value in (last.answers if last else {}).items() if code in _STAYS}
    contact = {"email": last.email, "phone": str(last.phone), "time_zone": last.time_zone} if last else {}
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
