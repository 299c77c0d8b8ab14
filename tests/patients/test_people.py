"""People are not cases: one account acts for several patients, several for one, and each reads in its own language."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone

from offices.notifications.models import Notification
from offices.outbox.models import Event
from patients.cases.models import Case
from patients.cases.people import CannotRepresent, invite_representative
from patients.cases.services import NobodyReads, advance_case, post_message
from patients.intake.models import PatientMatch, Relation
from patients.intake.people import correct_identity, end_representation, represent, represents
from patients.intake.search import patients_matching
from tests.factories import UserFactory, make_case

pytestmark = pytest.mark.django_db


def invite(case, actor, **fields):
    details = {
        "email": "Son@Example.org", "name": "Pablo Núñez", "relation": Relation.RELATIVE, "authority": "Signed letter",
        "language": "fr",
    }  # fmt: skip
    return invite_representative(patient=case.patient, actor=actor, **details | fields)


@pytest.fixture
def son(case, coordinator):
    return invite(case, coordinator)


def told(kind):
    return {mail.to: mail.language for mail in Notification.objects.filter(kind=kind)}


def test_whoever_is_added_sees_the_case_is_told_by_mail_and_may_answer(case, son, sign_in):
    page = f"/fr/cases/{case.reference}/"
    client = sign_in(son.account)
    answer = client.get(page)
    assert answer.status_code == 200 and answer.context["may_reply"]
    mail = Notification.objects.get(kind="representative_added")
    assert (mail.to, mail.language, mail.about) == ("son@example.org", "fr", case.reference)
    assert case.reference in mail.text and "María" not in mail.text + mail.html
    assert page in mail.text
    client.post(f"{page}reply/", {"text": "Bonjour.", "message_id": uuid4()})
    assert [message.author for message in case.messages.all()] == [son.account]


def test_whoever_is_added_twice_acts_once_and_gets_one_mail(case, son, coordinator):
    assert invite(case, coordinator, email="son@example.org", relation=Relation.AGENT) == son
    assert Notification.objects.filter(kind="representative_added").count() == 1
    assert Event.objects.filter(name="representation.started").count() == 1


def test_nobody_of_the_team_and_no_closed_account_acts_for_a_patient(case, coordinator, other_coordinator):
    closed = UserFactory(email="closed@example.org", is_active=False)
    for account in (other_coordinator, closed):
        with pytest.raises(CannotRepresent):
            invite(case, coordinator, email=account.email)
    assert case.patient.representatives.count() == 1


def test_one_account_acts_for_several_patients(case, other_case, patient, sign_in):
    represent(patient=other_case.patient, account=patient, relation=Relation.PARENT, authority="Birth certificate")
    text = sign_in(patient).get("/en/cases/").text
    for its in (case, other_case):
        assert its.reference in text and its.patient.name in text
    assert {*Case.objects.visible_to(patient)} == {case, other_case}


def test_whose_right_has_ended_sees_nothing_and_hears_nothing(case, son, coordinator, sign_in):
    for _ in range(2):
        ended = end_representation(representative=son, actor=coordinator)
    assert ended.ended_at and Event.objects.filter(name="representation.ended").count() == 1
    assert sign_in(son.account).get(f"/en/cases/{case.reference}/").status_code == 404
    assert not represents(son.account, case.patient)
    post_message(case=case, author=coordinator, text="Hola.", language="es")
    assert told("message_received") == {"maria@example.org": "es"}
    again = invite(case, coordinator)
    assert again != son and case.patient.representatives.filter(account=son.account).count() == 2


def test_all_who_act_get_the_mails_each_in_a_language_of_their_own(case, son, coordinator):
    advance_case(case=case, to="records", actor=coordinator)
    assert told("stage_changed") == {"maria@example.org": "es", "son@example.org": "fr"}
    for mail in Notification.objects.filter(kind="stage_changed"):
        link = next(word for word in mail.text.split() if "/cases/" in word)
        assert link.startswith(f"http://testserver/{mail.language}/") or f"/{mail.language}/cases/" in link
        assert parse_qs(urlsplit(link).query)["for"][0].split(":")[0]
    links = {mail.text for mail in Notification.objects.filter(kind="stage_changed")}
    assert len(links) == 2


def test_a_message_needs_somebody_who_reads_it(case, patient, coordinator):
    acting = case.patient.representatives.get()
    end_representation(representative=acting, actor=coordinator)
    with pytest.raises(NobodyReads):
        post_message(case=case, author=coordinator, text="Hola.", language="es")
    advance_case(case=case, to="records", actor=coordinator)
    assert "stage_changed" not in {mail.kind for mail in Notification.objects.all()}


def test_a_patient_without_an_address_is_written_to_once_somebody_acts(offices, specialty, coordinator):
    case = make_case(email="")
    with pytest.raises(NobodyReads):
        post_message(case=case, author=coordinator, text="Hola.", language="es")
    invite(case, coordinator)
    post_message(case=case, author=coordinator, text="Hola.", language="es")
    assert told("message_received") == {"son@example.org": "fr"}


def test_who_only_sent_the_request_may_not_reply_once_the_right_has_ended(case, patient, coordinator, sign_in):
    end_representation(representative=case.patient.representatives.get(), actor=coordinator)
    assert case.account == patient
    answer = sign_in(patient).post(f"/en/cases/{case.reference}/reply/", {"text": "Hola", "message_id": uuid4()})
    assert answer.status_code == 404


def test_the_patient_is_found_by_the_address_of_who_acts(case, son, coordinator):
    assert [*patients_matching("son@example.org")] == [case.patient]
    end_representation(representative=son, actor=coordinator)
    assert not patients_matching("son@example.org")


def test_a_correction_is_kept_found_and_compared_again(case, other_case, coordinator):
    assert not PatientMatch.objects.exists()
    patient = correct_identity(patient=other_case.patient, actor=coordinator, given_names="Mariya", family_name="Nunez")
    assert [*patients_matching("Mariya Nunez")][0] == patient
    assert patient not in patients_matching("Haddad")
    assert {(match.first_id, match.second_id) for match in PatientMatch.objects.all()} == {
        (case.patient_id, patient.pk)
    }
    event = Event.objects.get(name="patient.corrected")
    assert event.payload["fields"] == ["family_name", "given_names"] and "Nunez" not in str(event.payload)
    rows = apps.get_model("intake", "PatientHistory").objects.filter(pgh_obj=patient).count()
    correct_identity(patient=patient, actor=coordinator, given_names="Mariya")
    assert apps.get_model("intake", "PatientHistory").objects.filter(pgh_obj=patient).count() == rows
    with pytest.raises(TypeError):
        correct_identity(patient=patient, actor=coordinator, language="fr")


def test_representatives_that_ended_keep_their_row(case, son, coordinator):
    before = timezone.now()
    end_representation(representative=son, actor=coordinator)
    son.refresh_from_db()
    assert son.ended_at >= before
    assert apps.get_model("intake", "RepresentativeHistory").objects.filter(pgh_obj=son).count() == 2
