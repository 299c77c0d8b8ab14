"""Two requests in one browser, people who come back, and those whose right to act has ended: nothing is mixed or lost."""

import pytest

from patients.cases.models import Case
from patients.intake.drafts import start_draft
from patients.intake.models import Consent, Draft, DraftStep
from patients.intake.people import end_representation, represent
from patients.portal.services import known_answers
from tests.factories import UserFactory
from tests.patients.portal.walking import TYPED, begin, fill, save, send

pytestmark = pytest.mark.django_db


def named(draft, **typed):
    return typed | {"draft": str(draft.pk)}


@pytest.fixture
def two(client, offices, specialty):
    """The draft of the first tab, which was let go of, and that of the second, which is open."""
    begin(client)
    first = Draft.objects.get()
    client.post("/en/request/close/")
    begin(client)
    return first, Draft.objects.exclude(pk=first.pk).get()


def test_a_page_of_another_request_saves_nothing_and_shows_what_was_typed(client, two):
    first, second = two
    answer = save(client, "name", named(first, given_names="Layla"))
    assert answer.status_code == 409
    assert "Layla" in answer.content.decode()
    assert not DraftStep.objects.filter(draft=second).exists()
    assert save(client, "name", named(second, given_names="Omar")).status_code == 302


def test_a_page_of_another_request_keeps_sends_and_deletes_nothing(client, two):
    first, second = two
    assert client.post("/en/request/steps/name/keep/", named(first, given_names="Layla")).status_code == 409
    assert client.post("/en/request/check/", named(first)).status_code == 409
    assert client.post("/en/request/discard/", named(first)).status_code == 404
    assert Draft.objects.count() == 2
    assert not DraftStep.objects.exists()


def test_beginning_again_keeps_the_request_that_is_open(client, offices, specialty):
    fill(client)
    assert begin(client).url == "/en/request/"
    assert Draft.objects.count() == 1
    assert "This request is open here" in client.get("/en/request/").content.decode()


def test_closing_and_signing_out_let_go_of_the_request(client, offices, specialty, sign_in):
    for path in ("/en/request/close/", "/en/sign-out/"):
        begin(client)
        client.post(path)
        assert "Begin" in client.get("/en/request/").content.decode()


def test_each_saved_page_lets_the_browser_hold_the_request_longer(client, offices, specialty):
    begin(client)
    assert save(client, "asker", TYPED["asker"]).cookies["draft"]["max-age"] == 30 * 86400


@pytest.fixture
def known_draft(client, case, patient, sign_in):
    """A request of the patient of the case, all but sent."""
    sign_in(patient)
    client.post("/en/request/start/", {"patient": str(case.patient_id)})
    for step, typed in TYPED.items():
        save(client, step, typed)
    return Draft.objects.get()


def test_what_is_known_of_a_patient_opens_for_its_account_alone(client, known_draft):
    client.logout()
    assert "Begin" in client.get("/en/request/").content.decode()


def test_a_right_that_has_ended_opens_no_case_of_the_known_patient(client, known_draft, case, patient, coordinator):
    end_representation(representative=case.patient.representatives.get(), actor=coordinator)
    send(client)
    newest = Case.objects.latest("opened_at")
    assert newest.patient_id != case.patient_id
    assert case not in Case.objects.visible_to(patient)


def test_a_known_patient_is_asked_for_by_the_account_not_by_the_address_typed(client, known_draft, case, patient):
    save(client, "contact", {"email": "somebody.else@example.org", "phone": ""})
    send(client)
    newest = Case.objects.latest("opened_at")
    assert (newest.patient_id, newest.account) == (case.patient_id, patient)
    assert newest.care_request.email == patient.email
    assert case.patient.representatives.get().account == patient


def test_another_person_typed_over_a_known_one_is_another_patient(client, known_draft, case):
    save(client, "name", {"given_names": "Tomás", "family_name": "Núñez"})
    save(client, "birth", {"birth_date_day": "1", "birth_date_month": "2", "birth_date_year": "1981"})
    send(client)
    case.patient.refresh_from_db()
    assert Case.objects.latest("opened_at").patient_id != case.patient_id
    assert case.patient.given_names == "María"


def test_what_the_team_corrected_meanwhile_stays(client, known_draft, case):
    case.patient.passport_number = "G12345678"
    case.patient.save()
    send(client)
    case.patient.refresh_from_db()
    assert case.patient.passport_number == "G12345678"


def test_what_another_representative_told_is_not_filled_in(case):
    case.care_request.answers = {"asker": "parent", "asker_name": "Rosa", "medicines": "Metformin"}
    case.care_request.save()
    embassy = UserFactory(email="embassy@example.org")
    represent(patient=case.patient, account=embassy, relation="government")
    known = known_answers(case.patient, embassy)
    assert {"asker", "asker_name", "medicines", "phone"}.isdisjoint(known)
    assert known["email"] == "embassy@example.org"
    assert known_answers(case.patient, case.account)["medicines"] == "Metformin"


def test_who_writes_is_asked_anew(case):
    known = {"asker": "parent", "asker_name": "Rosa", "authority_basis": "minor", "given_names": "Ana"}
    draft = start_draft(language="en", account=case.account, patient=case.patient, known=known)
    assert not draft.steps.filter(step__in=["asker", "authority"], is_done=True).exists()


def test_the_guardian_consents_for_a_minor_who_writes_alone(client, offices, specialty):
    begin(client)
    guardian = {"guardian_name": "Rosa Núñez", "guardian_relation": "parent", "guardian_phone": "+52 55 5123 4567"}
    steps = TYPED | {"birth": TYPED["birth"] | {"birth_date_year": "2015"}}
    for step, typed in steps.items():
        if step == "contact":
            save(client, "guardian", guardian)
        answer = save(client, step, typed)
    assert answer.status_code == 422
    assert save(client, "consents", TYPED["consents"] | {"consent_guardian": "on"}).status_code == 302
    send(client)
    assert {(row.given_by, row.given_as) for row in Consent.objects.all()} == {("Rosa Núñez", "parent")}


def test_who_writes_for_another_acts_under_the_own_name(client, offices, specialty):
    fill(client)
    save(client, "asker", {"asker": "parent"})
    save(client, "authority", {"asker_name": "Rosa Núñez", "authority_basis": "minor"})
    save(client, "consents", TYPED["consents"] | {"consent_authority": "on"})
    send(client)
    representative = Case.objects.get().patient.representatives.get()
    assert (representative.account.name, representative.relation) == ("Rosa Núñez", "parent")
    assert representative.authority == "The patient is my child and not of age"


def test_a_hijri_date_is_said_in_the_gregorian_calendar(client, offices, specialty):
    begin(client)
    hijri = {"birth_date_hijri_day": "15", "birth_date_hijri_month": "9", "birth_date_hijri_year": "1438"}
    save(client, "birth", hijri)
    assert "June 10, 2017" in client.get("/en/request/steps/origin/").content.decode()


def test_numbers_and_addresses_keep_their_order_among_arabic(client, offices, specialty):
    fill(client, "ar", phone="+52 55 5123 4567", time_zone="America/Mexico_City")
    page = client.get("/ar/request/check/").content.decode()
    assert '<bdi dir="ltr">+525551234567</bdi>' in page
    assert "مكسيكو سيتي" in page
