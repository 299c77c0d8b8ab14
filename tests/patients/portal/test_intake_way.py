"""The way through the request: what is asked of whom, the task list, skipping, the check, and sending."""

import html
import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from offices.directory.models import Office, Specialty
from offices.notifications.models import Notification
from patients.cases.models import Case
from patients.intake.models import CareRequest, Draft, Patient, QuestionRule, Representative
from patients.records import vault
from patients.records.documents import receive_document
from patients.records.models import Document
from tests.factories import ProgrammeFactory, SpecialtyFactory
from tests.patients.portal.walking import TYPED, begin, fill, save, send

pytestmark = pytest.mark.django_db
BORN_A_CHILD = TYPED["birth"] | {"birth_date_year": str(timezone.now().year - 5)}
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 500


@pytest.fixture(autouse=True)
def _centre(offices, specialty):
    """Every page here is one of a centre with offices and a specialty."""


def tasks(client):
    """{code of a step: its state} of the task list."""
    page = client.get("/en/request/").content.decode()
    return dict(re.findall(r'steps/(\w+)/">[^<]+</a> <span class="task-state[^"]*">([^<]+)<', page))


def asks(client, step):
    """The names of the fields on the page of a step."""
    page = client.get(f"/en/request/steps/{step}/").content.decode().partition("<main")[2]
    return set(re.findall(r' name="(\w+)"', page)) - {"csrfmiddlewaretoken", "draft", "seen"}


# What is asked of whom.


def test_who_writes_for_another_is_asked_for_the_name_and_the_right_to(client, begun):
    save(client, "asker", {"asker": "self"})
    assert "authority" not in tasks(client)
    assert save(client, "asker", {"asker": "relative"}).url == "/en/request/steps/authority/"
    assert tasks(client)["authority"] == "to do"
    assert asks(client, "authority") == {"asker_name", "authority_basis", "authority_words"}


@pytest.mark.parametrize(
    ("asker", "is_asked"), [("self", True), ("agent", True), ("doctor", True), ("parent", False), ("guardian", False)]
)
def test_of_a_child_a_guardian_is_asked_for_unless_one_writes(client, begun, asker, is_asked):
    save(client, "asker", {"asker": asker})
    save(client, "birth", BORN_A_CHILD)
    assert (tasks(client).get("guardian") == "to do") == is_asked
    save(client, "birth", TYPED["birth"])
    assert "guardian" not in tasks(client)


def test_a_child_has_no_request_without_a_guardian(client):
    fill(client)
    save(client, "birth", BORN_A_CHILD)
    response = send(client)
    assert response.status_code == 422
    assert [step.code for step in response.context["missing"]] == ["guardian", "consents"]
    typed = {"guardian_name": "Ana Núñez", "guardian_relation": "parent", "guardian_phone": "55 5123 4567"}
    assert save(client, "guardian", typed).status_code == 302
    assert save(client, "consents", TYPED["consents"] | {"consent_guardian": "on"}).status_code == 302
    assert send(client).status_code == 302
    assert CareRequest.objects.get().answers["guardian_name"] == "Ana Núñez"


@pytest.mark.parametrize(
    ("payer", "fields"),
    [
        ("self", None),
        ("unsure", None),
        ("insurer", {"insurer_name", "policy_number", "payer_contact"}),
        ("sponsor", {"sponsor_name", "sponsor_reference", "payer_contact"}),
        ("employer", {"employer_name", "payer_contact"}),
    ],
)
def test_details_are_asked_of_the_payer_that_was_named(client, begun, payer, fields):
    assert "payer_details" not in tasks(client)
    save(client, "payer", {"payer": payer})
    assert ("payer_details" in tasks(client)) == bool(fields)
    if fields:
        assert asks(client, "payer_details") == fields


def test_a_programme_is_asked_for_where_the_specialty_has_some(client, begun):
    SpecialtyFactory(code="orthopaedics")
    ProgrammeFactory(code="closed", specialty=SpecialtyFactory(code="orthopaedics"), is_offered=False)
    ProgrammeFactory()
    save(client, "specialty", {"specialty": "orthopaedics"})
    assert "programme" not in tasks(client)
    assert save(client, "specialty", {"specialty": "cardiology"}).url == "/en/request/steps/programme/"
    page = client.get("/en/request/steps/programme/").content.decode()
    assert 'value="heart-valves"' in page and "closed" not in page


def test_a_country_adds_a_question_and_spares_one(client, begun):
    QuestionRule.objects.create(country="MX", question="national_id", action="ask")
    QuestionRule.objects.create(country="MX", question="clinician_gender", action="skip")
    QuestionRule.objects.create(country="MX", question="email", action="skip")
    assert "national_id" not in asks(client, "origin")
    save(client, "origin", {"residence_country": "MX"})
    assert "national_id" in asks(client, "origin")
    assert "clinician" not in tasks(client)
    assert "email" in asks(client, "contact")  # what must be there is asked everywhere
    save(client, "origin", {"residence_country": "BR"})
    assert "national_id" not in asks(client, "origin") and "clinician" in tasks(client)


def test_answers_that_an_earlier_answer_made_needless_are_left_out(client):
    fill(client)
    save(client, "asker", {"asker": "agent"})
    save(client, "authority", {"asker_name": "Agent Orange", "authority_basis": "permission"})
    save(client, "payer", {"payer": "insurer"})
    save(client, "payer_details", {"insurer_name": "Seguros del Norte"})
    save(client, "asker", {"asker": "self"})
    save(client, "payer", {"payer": "self"})
    page = client.get("/en/request/check/").content.decode()
    assert "Agent Orange" not in page and "Seguros del Norte" not in page
    send(client)
    care_request = CareRequest.objects.get()
    assert care_request.asker_name == care_request.asker_authority == ""
    assert not {"insurer_name", "asker_name", "authority_basis"} & care_request.answers.keys()


# The task list, and from one page to the next.


def test_the_states_of_the_task_list(client, begun):
    assert tasks(client)["asker"] == "to do"
    assert tasks(client)["history"] == "optional"
    save(client, "asker", {"asker": "self"})
    client.post("/en/request/steps/words/keep/", {"words": "Ten", "seen": "0"})
    states = tasks(client)
    assert (states["asker"], states["words"], states["name"]) == ("done", "begun", "to do")
    assert "10 pages must still be filled in" in client.get("/en/request/").content.decode()


def test_each_page_leads_to_the_next_that_is_open(client, begun):
    assert save(client, "asker", TYPED["asker"]).url == "/en/request/steps/name/"
    save(client, "birth", TYPED["birth"])
    assert save(client, "name", TYPED["name"]).url == "/en/request/steps/origin/"
    page = client.get("/en/request/").content.decode()
    assert re.search(r'class="button" href="/en/request/steps/origin/">Go on', page)


def test_after_the_last_page_come_the_ones_that_are_still_needed_then_the_check(client):
    begin(client)
    for step, typed in TYPED.items():
        if step != "birth":
            last = save(client, step, typed)
    assert last.url == "/en/request/steps/birth/"
    save(client, "birth", TYPED["birth"])
    assert save(client, "consents", TYPED["consents"]).url == "/en/request/check/"


def test_a_page_can_be_skipped_and_is_not_saved(client, begun):
    assert 'href="/en/request/steps/history/skip/"' in client.get("/en/request/steps/history/").content.decode()
    assert client.get("/en/request/steps/history/skip/").url == "/en/request/steps/medicines/"
    assert not begun.steps.exists()
    assert "/skip/" not in client.get("/en/request/steps/name/").content.decode()


def test_a_page_opened_from_the_check_leads_back_to_it(client):
    fill(client)
    page = client.get("/en/request/steps/name/?check=1").content.decode()
    assert page.count('href="/en/request/check/"') == 1
    response = client.post("/en/request/steps/name/?check=1", TYPED["name"] | {"given_names": "Marta"})
    assert response.url == "/en/request/check/"
    assert "Marta" in client.get(response.url).content.decode()


def test_a_change_from_the_check_that_asks_for_more_leads_there_first(client):
    fill(client)
    response = client.post("/en/request/steps/asker/?check=1", {"asker": "agent"})
    assert response.url == "/en/request/steps/authority/"


# The check, and sending.


def test_the_check_shows_every_answer_with_a_link_to_change_it(client):
    fill(client, diagnosis="Estenosis <aórtica>", phone="+52 55 5123 4567")
    save(client, "diet", {"diet": ["halal", "soft"], "diet_words": "Sin sal"})
    save(client, "allergies", {"no_allergies": "on"})
    receive_document(
        file=vault.store_bytes(content=JPEG, media_type=""), filename="corazón.jpg", draft=Draft.objects.get()
    )
    page = client.get("/en/request/check/").content.decode()
    shown = dict(re.findall(r"<div><dt>([^<]+)</dt><dd[^>]*>(.*?)</dd>", page))
    assert shown["Given names"] == "María"
    assert shown["Date of birth"] == "May 17, 1980"
    assert shown["Country where the patient lives"] == "Mexico"
    assert shown["Language we should write in"] == "Spanish"
    assert shown["The diagnosis, if you know it"] == "Estenosis &lt;aórtica&gt;"
    assert shown["Food"] == "halal, soft or liquid food"
    assert shown["No allergies are known"] == "Yes"
    assert shown["Kind of care"] == "Cardiology"
    assert "Full name in your own script" not in shown
    changes = re.findall(r'href="/en/request/steps/(\w+)/\?check=1"', page)
    assert len(changes) == len(shown) + 2 and changes[-2:] == ["documents", "consents"]
    assert "<bdi>corazón.jpg</bdi>" in page and "To read your request" in page


def test_a_request_that_is_not_complete_is_refused_with_the_way_to_what_is_missing(client, begun):
    save(client, "asker", TYPED["asker"])
    response = send(client)
    assert response.status_code == 422
    page = response.content.decode()
    links = re.findall(r'<li><a href="/en/request/steps/(\w+)/\?check=1"', page)
    needed = ["name", "birth", "origin", "contact", "language", "specialty", "wish", "words", "urgency", "consents"]
    assert links == needed
    assert "<title>Error: " in page and "Send the request" not in page
    assert not CareRequest.objects.exists()


def test_sent_twice_it_is_one_case_and_takes_its_documents_along(client):
    fill(client)
    draft = Draft.objects.get()
    document = receive_document(file=vault.store_bytes(content=JPEG, media_type=""), filename="a.jpg", draft=draft)
    cookie = client.cookies["draft"].value
    assert send(client).status_code == 302
    client.cookies["draft"] = cookie
    assert send(client).url == "/en/request/received/"
    case = Case.objects.get()
    assert case.reference in client.get("/en/request/received/").content.decode()
    assert Notification.objects.filter(kind="request_received").count() == 1
    document.refresh_from_db()
    assert (document.patient, Document.objects.count()) == (case.patient, 1)
    draft.refresh_from_db()
    assert draft.care_request == case.care_request


def test_no_office_at_all_is_said_and_nothing_is_lost(client):
    fill(client)
    Office.objects.all().delete()
    response = send(client)
    assert response.status_code == 422
    assert "No office can take this request yet." in response.content.decode()
    assert TYPED["words"]["words"] in response.content.decode()
    assert not Patient.objects.exists()


def test_what_is_no_longer_offered_is_refused_with_the_reason(client):
    fill(client)
    Specialty.objects.update(is_offered=False)
    response = send(client)
    assert response.status_code == 422
    assert "We cannot offer care in this specialty." in response.content.decode()


def test_a_programme_of_another_specialty_is_refused(client):
    ProgrammeFactory()
    fill(client)
    save(client, "programme", {"programme": "heart-valves"})
    ProgrammeFactory(code="hips", specialty=SpecialtyFactory(code="orthopaedics"))
    save(client, "specialty", {"specialty": "orthopaedics"})
    response = send(client)
    assert response.status_code == 422
    assert "We cannot offer this programme in this specialty." in response.content.decode()


def test_many_requests_of_one_connection_are_slowed_and_nothing_is_lost(client):
    window = int(timezone.now().timestamp() // 3600)
    begin(client)
    assert [send(client).status_code for _ in range(20)] == [422] * 20
    response = send(client)
    if int(timezone.now().timestamp() // 3600) == window:
        assert response.status_code == 429
        assert "Wait an hour" in response.content.decode()


def test_many_beginnings_of_one_connection_are_slowed(client):
    window = int(timezone.now().timestamp() // 3600)
    assert [begin(Client()).url for _ in range(60)] == ["/en/request/steps/asker/"] * 60
    answer = begin(Client())
    if int(timezone.now().timestamp() // 3600) == window:
        assert answer.url == "/en/request/"
        assert Draft.objects.count() == 60


def test_without_the_cache_nobody_is_stopped(client, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert cache.get("anything") is None
    begin(client)
    assert [send(client).status_code for _ in range(22)] == [422] * 22


# People who are known.


def test_who_asked_before_is_greeted_and_finds_what_is_known(sign_in, client, case, patient):
    Representative.objects.get_or_create(
        patient=case.patient, account=patient, ended_at=None, defaults={"relation": "self"}
    )
    sign_in(patient)
    page = client.get("/en/request/").content.decode()
    assert "<bdi>María Núñez</bdi>" in page and "For another person" in page
    response = begin(client, patient=str(case.patient_id))
    assert response.url == "/en/request/steps/asker/"
    page = client.get("/en/request/steps/name/").content.decode()
    assert 'value="María"' in page and 'value="Núñez"' in page
    states = tasks(client)
    assert (states["name"], states["birth"], states["contact"]) == ("done", "done", "done")
    assert (states["words"], states["consents"], states["specialty"]) == ("to do", "to do", "to do")
    for step in ("asker", "specialty", "wish", "words", "urgency", "consents"):
        save(client, step, TYPED[step])
    save(client, "name", TYPED["name"] | {"called": "Doña María"})
    assert send(client).status_code == 302
    assert Patient.objects.get().called == "Doña María"
    assert case.patient.requests.count() == 2


def test_nobody_begins_with_what_is_known_of_another(sign_in, client, case, other_case, other_patient):
    assert begin(Client(), patient=str(case.patient_id)).status_code == 302
    sign_in(other_patient)
    assert "María" not in client.get("/en/request/").content.decode()
    assert begin(client, patient=str(case.patient_id)).status_code == 404
    assert begin(client, patient="a\0").status_code == 404
    assert not Draft.objects.exclude(patient=None).exists()


@pytest.mark.parametrize(("path", "most"), [("", 14), ("steps/words/", 7), ("check/", 23)])
def test_no_page_takes_more_queries_when_more_is_answered(client, count_queries, path, most):
    fill(client)
    few = count_queries(lambda: client.get(f"/en/request/{path}"))
    for step in ("history", "medicines", "allergies", "diet", "faith", "mobility", "companions", "visa", "dates"):
        save(client, step, {step: "Nada"})
    assert count_queries(lambda: client.get(f"/en/request/{path}")) == few <= most


def test_labels_and_answers_are_escaped_once(client, begun):
    save(client, "name", TYPED["name"] | {"given_names": "d’Àvila & <b>"})
    page = client.get("/en/request/steps/name/").content.decode()
    assert f'value="{html.escape("d’Àvila & <b>")}"' in page
