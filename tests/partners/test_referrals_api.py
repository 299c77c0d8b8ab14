"""Referring a patient over the API, and following the case."""

from datetime import date, datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from offices.notifications.models import Notification
from partners.referrals.models import STATUS_OF_STAGE, Referral, Status
from patients.cases.models import STAGE_TRANSITIONS, Case, Stage
from patients.cases.services import advance_case, post_message
from tests.factories import refer
from tests.partners.systems import REFERRALS, PartnerSystem, assert_problem, referral_body

pytestmark = pytest.mark.django_db
MEMBERS = {
    "id", "partner_reference", "case_reference", "status", "stage", "stage_changed_at", "answer_due_at", "answered_at",
    "pathway", "urgency", "specialty", "created_at",
}  # fmt: skip


def test_a_referral_opens_a_case_at_the_office_that_serves_the_patient(partner, institution):
    answer = partner.refer()
    told, referral = answer.json(), Referral.objects.get()
    assert answer.status_code == 201 and answer["Content-Type"] == "application/json"
    assert answer["Location"] == f"http://testserver{REFERRALS}{referral.pk}/"
    assert set(told) == MEMBERS
    assert (told["id"], told["partner_reference"]) == (str(referral.pk), "HSJ-1")
    assert (told["status"], told["stage"], told["answered_at"]) == ("received", "submitted", None)
    assert (told["pathway"], told["urgency"], told["specialty"]) == ("in_person", "routine", "cardiology")
    case = referral.case
    assert told["case_reference"] == case.reference and case.office.code == "mexico-city"
    assert referral.institution == institution and referral.credential == institution.credentials.get()
    assert case.care_request.channel == "partner"


def test_times_are_told_in_utc_to_the_second(partner):
    told = partner.refer().json()
    for name in ("stage_changed_at", "answer_due_at", "created_at"):
        assert told[name] == datetime.fromisoformat(told[name]).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["answer_due_at"] > told["created_at"]


@pytest.mark.parametrize(("country", "office"), [("MX", "mexico-city"), ("AE", "abu-dhabi"), ("US", "los-angeles")])
def test_the_patients_country_chooses_the_office(country, office, partner):
    partner.refer(referral_body(patient={"residence_country": country, "language": "en"}))
    assert Case.objects.get().office.code == office


def test_what_was_sent_is_what_the_office_gets(partner):
    partner.refer(referral_body(pathway="second_opinion", patient={"native_name": "مريم", "sex": "other"}))
    request = Case.objects.get().care_request
    patient = request.patient
    assert (patient.given_names, patient.family_name, patient.native_name) == ("María Elena", "Núñez", "مريم")
    assert (patient.birth_date, patient.sex, patient.language) == (date(1968, 3, 9), "other", "es")
    assert (request.email, str(request.phone)) == ("maria@example.org", "+525555010123")
    assert (request.pathway, request.words_language) == ("second_opinion", "es")
    assert request.words == "Estenosis aórtica grave.\nSe solicita valoración para TAVI."


def test_the_consent_to_be_referred_is_recorded(partner, institution):
    partner.refer(referral_body(consent={"given_on": "2026-03-01", "language": "pt-BR"}))
    consent = Case.objects.get().care_request.consents.get()
    assert (consent.kind, consent.given_on, consent.language) == ("referral", date(2026, 3, 1), "pt-br")
    assert consent.given_by == institution.name


def test_the_summary_goes_to_the_translation_desk(partner):
    partner.refer()
    job = Case.objects.get().care_request.translation
    assert (job.source_language, job.target_language) == ("es", "en")
    assert job.office.code == "mexico-city"


def test_a_patient_with_an_address_is_written_to_in_the_own_language(partner):
    case_reference = partner.refer().json()["case_reference"]
    mail = Notification.objects.get()
    assert (mail.to, mail.language, mail.about) == ("maria@example.org", "es", case_reference)


def test_a_patient_without_an_address_is_written_to_by_nobody(partner):
    assert partner.refer(referral_body(patient={"email": "", "phone": ""})).status_code == 201
    assert not Notification.objects.exists() and Case.objects.get().account is None


def test_what_is_optional_may_be_left_out(partner):
    body = referral_body()
    for name in ("family_name", "native_name", "email", "phone"):
        del body["patient"][name]
    assert partner.refer(body).status_code == 201


def test_a_referral_as_large_as_allowed_is_taken(partner):
    body = referral_body(
        partner_reference="R" * 100,
        clinical_summary="漢" * 20_000,
        patient={"given_names": "G" * 200, "family_name": "F" * 200, "email": "m" * 242 + "@example.org"},
    )
    assert partner.refer(body).status_code == 201


@pytest.mark.parametrize("language", ["es", "zh-Hans", "ZH-HANT-TW", "fil", "pt-BR", "ar"])
def test_a_language_is_any_that_has_a_name(language, partner):
    assert partner.refer(referral_body(summary_language=language)).status_code == 201
    assert Case.objects.get().care_request.words_language == language.lower()


def test_spaces_around_text_are_cut_and_letters_composed(partner):
    sent = referral_body(
        partner_reference=" HSJ-1 ", patient={"given_names": " Jose\u0301 ", "email": " A@Example.org "}
    )
    assert partner.refer(sent).json()["partner_reference"] == "HSJ-1"
    request = Case.objects.get().care_request
    assert (request.patient.given_names, request.email) == ("Jos\u00e9", "a@example.org")


def test_one_follows_what_one_referred(partner):
    told = partner.refer().json()
    answer = partner.follow(told["id"])
    assert answer.status_code == 200 and answer.json() == told
    assert answer["Cache-Control"] == "no-store"


def test_nothing_of_the_patient_is_told(partner):
    told = partner.refer()
    text = told.text + partner.follow(told.json()["id"]).text + partner.get().text
    assert not [secret for secret in ("María", "Núñez", "maria@", "1968", "5555010123", "Estenosis") if secret in text]


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_means_a_status(stage):
    ends = {Stage.SUBMITTED: Status.RECEIVED, Stage.CLOSED: Status.COMPLETED}
    assert STATUS_OF_STAGE[stage] == ends.get(stage, Status.IN_PROGRESS)


def test_the_status_follows_the_case(partner, coordinator):
    told = partner.refer().json()
    for stage, status in [("records", "in_progress"), ("submitted", "received"), ("closed", "completed")]:
        assert stage in STAGE_TRANSITIONS[Case.objects.get().stage]
        advance_case(case=Case.objects.get(), to=stage, actor=coordinator)
        now = partner.follow(told["id"]).json()
        assert (now["stage"], now["status"]) == (stage, status)
        assert now["stage_changed_at"] >= told["stage_changed_at"]


def test_the_first_answer_to_the_patient_is_told(partner, coordinator):
    told, at = partner.refer().json(), timezone.now().replace(microsecond=0)
    post_message(case=Case.objects.get(), author=coordinator, text="Buenos días.", language="es", at=at)
    assert datetime.fromisoformat(partner.follow(told["id"]).json()["answered_at"]) == at


def test_another_institutions_referral_does_not_exist(partner, other_partner):
    told = partner.refer().json()
    assert_problem(other_partner.follow(told["id"]), "not_found")
    assert other_partner.get().json() == {"next": None, "previous": None, "results": []}
    assert partner.get().json()["results"] == [told]


def test_both_credentials_of_an_institution_see_its_referrals(partner, institution, partner_token):
    told = partner.refer().json()
    second = PartnerSystem(partner.client, {"Authorization": f"Bearer {partner_token(institution)}"})
    assert second.follow(told["id"]).json() == told


@pytest.mark.parametrize("name", ["HSJ-1", "{uuid}", "01", "%00"])
def test_what_is_not_there_is_not_found(name, partner):
    partner.refer()
    assert_problem(partner.follow(name.format(uuid=uuid4())), "not_found")


@pytest.mark.parametrize(("scope", "allowed"), [("referrals:read", "get"), ("referrals:write", "refer")])
def test_a_token_allows_what_its_scope_says(scope, allowed, institution, partner_token, partner, client):
    narrow = PartnerSystem(client, {"Authorization": f"Bearer {partner_token(institution, scope)}"})
    for act in ("get", "refer"):
        answer = getattr(narrow, act)()
        if act == allowed:
            assert answer.status_code in (200, 201)
        else:
            assert_problem(answer, "insufficient_scope")
            assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]
            assert {"get": "referrals:read", "refer": "referrals:write"}[act] in answer["WWW-Authenticate"]


def test_every_answer_says_how_many_requests_are_left(partner, clock, settings):
    settings.API_REQUESTS_PER_MINUTE = 4
    answers = [partner.get(), partner.refer(), partner.follow(uuid4()), partner.refer(b"[")]
    assert [answer.status_code for answer in answers] == [200, 201, 404, 400]
    for left, answer in zip((3, 2, 1, 0), answers, strict=True):
        assert answer["RateLimit-Policy"] == '"credential";q=4;w=60'
        assert answer["RateLimit"].startswith(f'"credential";r={left};t=')


def test_after_the_last_request_of_the_minute_one_waits(partner, other_partner, clock, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    for _ in range(2):
        partner.get()
    answer = partner.refer()
    assert_problem(answer, "too_many_requests")
    assert 0 < int(answer["Retry-After"]) <= 60 and ";r=0;" in answer["RateLimit"]
    assert not Referral.objects.exists()
    assert other_partner.get().status_code == 200
    clock.now += int(answer["Retry-After"])
    assert partner.refer().status_code == 201


def test_what_the_scope_does_not_allow_is_counted_too(institution, partner_token, client, clock, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    reader = PartnerSystem(client, {"Authorization": f"Bearer {partner_token(institution, 'referrals:read')}"})
    assert [reader.refer().status_code for _ in range(3)] == [403, 403, 429]


def test_all_tokens_of_a_credential_share_its_limit(partner, institution, client, clock, settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    assert [partner.get().status_code for _ in range(2)] == [200, 429]


def test_following_takes_one_query_however_many_there_are(partner, institution, count_queries):
    told = partner.refer().json()
    for number in range(30):
        refer(institution, partner_reference=f"MX-{number}")
    assert count_queries(lambda: partner.follow(told["id"])) == 1
