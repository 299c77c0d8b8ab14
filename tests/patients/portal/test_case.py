"""The patient's case: who sees it, what it says, and writing to the office."""

import html
import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from offices.translation.models import JobState, TranslationVersion
from offices.translation.services import release_translation, save_version
from patients.cases.models import Case, Message, Stage
from patients.cases.services import advance_case, post_message
from tests.factories import UserFactory, make_case, refer

pytestmark = pytest.mark.django_db


def read(client, case, language="en"):
    response = client.get(f"/{language}/cases/{case.reference}/")
    assert response.status_code == 200
    return response.content.decode()


def send_reply(client, case, text, language="en", message_id=None):
    form = {"text": text} | ({"message_id": str(message_id)} if message_id else {})
    return client.post(f"/{language}/cases/{case.reference}/reply/", form)


def test_own_case_tells_stage_promise_office_and_words(client, case, patient, sign_in):
    sign_in(patient)
    page = read(client, case)
    assert f'<bdi dir="ltr">{case.reference}</bdi>' in page
    assert page.count('aria-current="step"') == 1
    for stage in Stage:
        assert str(stage.label) in page
    assert "We will answer by" in page
    assert case.office.email in page
    assert "Tengo dolor en el pecho." in page


def test_present_stage_is_marked_and_those_before_are_done(client, case, patient, coordinator, sign_in):
    advance_case(case=case, to=Stage.RECORDS, actor=coordinator)
    sign_in(patient)
    page = read(client, case)
    assert re.search(r'<li aria-current="step">Collecting records', page)
    assert re.search(r'<li class="done">Request received', page)


def test_kept_and_broken_promises_are_told(client, patient, coordinator, sign_in, case, settings):
    sign_in(patient)
    type(case).objects.filter(pk=case.pk).update(answer_due_at=case.opened_at)
    assert "we are late" in read(client, case)
    post_message(case=case, author=coordinator, text="Hola", language="es")
    assert "We answered you on" in read(client, case)


@pytest.mark.parametrize("person", ["other_patient", "other_coordinator"])
def test_cases_of_others_are_not_there(client, case, sign_in, person, request):
    sign_in(request.getfixturevalue(person))
    assert client.get(f"/en/cases/{case.reference}/").status_code == 404
    assert send_reply(client, case, "Hello").status_code == 404
    assert client.get("/en/cases/CI-1999-000001/").status_code == 404
    assert not Message.objects.exists()


def test_anonymous_reader_is_led_to_sign_in(client, case):
    response = client.get(f"/ar/cases/{case.reference}/?for=abc")
    assert response.url == f"/ar/sign-in/?next=%2Far%2Fcases%2F{case.reference}%2F&for=abc"
    assert client.get("/ar/cases/").url.startswith("/ar/sign-in/")
    assert send_reply(client, case, "Hello").status_code == 302
    assert not Message.objects.exists()


def test_staff_read_but_do_not_write_as_the_patient(client, case, coordinator, sign_in):
    sign_in(coordinator)
    assert "<form" not in read(client, case).split("<main")[1]
    assert send_reply(client, case, "Hello").status_code == 403
    assert not Message.objects.exists()


def test_reply_reaches_the_office_and_is_confirmed(client, case, patient, sign_in):
    sign_in(patient)
    response = send_reply(client, case, "Gracias, ¿qué necesito?", "es")
    assert response.url == f"/es/cases/{case.reference}/#messages"
    message = Message.objects.get()
    assert (message.author, message.from_patient, message.language) == (patient, True, "es")
    page = read(client, case, "es")
    assert "Gracias, ¿qué necesito?" in page
    assert 'class="notice success"' in page


def test_reply_sent_twice_is_one_message(client, case, patient, sign_in):
    sign_in(patient)
    (page_id,) = re.findall(r'name="message_id" value="([0-9a-f-]{36})"', read(client, case))
    for _ in range(2):
        send_reply(client, case, "Thank you", message_id=page_id)
    assert Message.objects.count() == 1
    send_reply(client, case, "Thank you", message_id=uuid4())
    assert Message.objects.count() == 2


def test_a_closed_case_promises_no_answer_any_more(client, case, patient, coordinator, sign_in):
    sign_in(patient)
    assert "We will answer by" in read(client, case)
    advance_case(case=case, to=Stage.CLOSED, actor=coordinator)
    assert "We will answer by" not in read(client, case)


def test_what_a_hospital_wrote_of_a_patient_is_not_shown_on_the_patients_page(client, institution, offices, sign_in):
    refer(institution, words="Paciente con sospecha de carcinoma.")
    case = Case.objects.get()
    sign_in(case.account)
    assert "carcinoma" not in read(client, case)


@pytest.mark.parametrize(("text", "words"), [(" ", "Write a message"), ("a" * 5001, "5001")])
def test_reply_that_cannot_be_sent_is_kept(client, case, patient, sign_in, text, words):
    sign_in(patient)
    response = send_reply(client, case, text)
    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    assert text.strip() in page
    assert not Message.objects.exists()


def test_messages_cannot_carry_markup(client, case, patient, coordinator, sign_in):
    sign_in(patient)
    send_reply(client, case, "<script>alert(1)</script>")
    post_message(case=case, author=coordinator, text="<img src=x onerror=alert(1)>", language="es")
    page = read(client, case)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_messages_run_in_the_direction_of_their_text(client, other_case, other_patient, other_coordinator, sign_in):
    post_message(case=other_case, author=other_coordinator, text="مرحبا", language="ar")
    sign_in(other_patient)
    assert '<div class="text" dir="rtl" lang="ar"><p>مرحبا</p>' in read(client, other_case)


def test_translation_is_marked_until_it_is_released(client, case, patient, coordinator, reviewer, sign_in):
    sign_in(patient)
    job = post_message(case=case, author=coordinator, text="Please send the scans.", language="en").translation
    page = read(client, case)
    assert "is being prepared" in page
    assert "Please send the scans." in page

    TranslationVersion.objects.create(job=job, number=1, text="Mande los escaneos.", engine="apertium")
    job.state = JobState.MACHINE_DRAFT
    job.save()
    page = read(client, case)
    assert "Machine draft, not yet reviewed" in page
    assert page.index("Machine draft") < page.index("Mande los escaneos.") < page.index("Please send the scans.")

    save_version(job=job, text="Envíe las imágenes.", actor=reviewer)
    assert "Draft of a translator, not yet reviewed" in read(client, case)

    release_translation(job=job, actor=reviewer)
    page = html.unescape(read(client, case))
    assert "not yet reviewed" not in page
    assert "Envíe las imágenes." in page
    assert "Mande los escaneos." not in page
    assert "<details>" in page


def test_list_shows_the_cases_of_the_account_alone(client, case, patient, other_case, sign_in):
    second = make_case()
    sign_in(patient)
    page = client.get("/en/cases/").content.decode()
    assert case.reference in page
    assert second.reference in page
    assert other_case.reference not in page


def test_account_without_a_case_is_told_so(client, case, sign_in):
    sign_in(UserFactory())
    assert "There is no case" in client.get("/en/cases/").content.decode()


def queries_of(client, path):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_list_costs_the_same_at_3_and_at_30_cases(client, case, patient, sign_in):
    sign_in(patient)
    for _ in range(2):
        make_case()
    few = queries_of(client, "/en/cases/")
    for _ in range(27):
        make_case()
    assert queries_of(client, "/en/cases/") == few
    assert few <= 6


def test_case_costs_the_same_at_3_and_at_30_messages(client, case, patient, coordinator, sign_in):
    sign_in(patient)

    def write(number):
        job = post_message(case=case, author=coordinator, text=f"Message {number}", language="en").translation
        TranslationVersion.objects.create(job=job, number=1, text=f"Mensaje {number}", engine="apertium")

    for number in range(3):
        write(number)
    path = f"/en/cases/{case.reference}/"
    few = queries_of(client, path)
    for number in range(27):
        write(number)
    assert queries_of(client, path) == few
    assert few <= 15
