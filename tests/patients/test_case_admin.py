from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from offices.translation.services import release_translation, save_version
from patients.cases.models import Case, Stage
from patients.cases.services import post_message
from tests.factories import make_case

pytestmark = pytest.mark.django_db
QUEUE = "/admin/cases/case/"


def page_of(case):
    return f"{QUEUE}{case.pk}/change/"


def message(text="Buenos días.", language="es", message_id=None):
    return {"text": text, "language": language, "message_id": message_id or uuid4()}


def test_the_admin_opens_at_the_queue(sign_in, coordinator):
    assert sign_in(coordinator).get("/admin/").url == QUEUE


def test_the_queue_holds_the_own_offices_cases_alone(case, other_case, coordinator, sign_in):
    text = sign_in(coordinator).get(QUEUE).text
    assert case.reference in text and other_case.reference not in text


def test_what_waits_for_us_stands_first_and_the_nearest_promise_at_the_top(offices, specialty, coordinator, sign_in):
    now = timezone.now()
    days_ago = [make_case(at=now - timedelta(days=days)) for days in (0, 3, 9, 9)]
    later, sooner, answered, written_again = days_ago
    for case in (answered, written_again):
        post_message(case=case, author=coordinator, text="Hola.", language="es")
    post_message(case=written_again, author=written_again.account, text="Gracias.", language="es")
    rows = sign_in(coordinator).get(QUEUE).context["cl"].result_list
    assert [*rows] == [sooner, later, written_again, answered]


def test_the_queue_says_what_is_urgent_and_whose_turn_it_is(offices, specialty, coordinator, sign_in):
    post_message(case=make_case(urgency="urgent"), author=coordinator, text="Hola.", language="es")
    text = sign_in(coordinator).get(QUEUE).text
    assert '<span class="desk-mark is-soon">urgent</span>' in text and "Waiting for the patient" in text


def test_staff_read_the_desk_in_their_own_language_and_time_zone(case, coordinator, sign_in):
    coordinator.language, coordinator.time_zone = "zh-hans", "Asia/Tokyo"
    coordinator.save()
    text = sign_in(coordinator).get(page_of(case), headers={"accept-language": "fr"}).text
    assert '<html lang="zh-hans"' in text and "东京" in text


@pytest.mark.parametrize(("waits", "found"), [("yes", 2), ("no", 1), ("late", 1), ("nonsense", 3)])
def test_the_queue_is_filtered_by_whose_turn_it_is(waits, found, offices, specialty, coordinator, sign_in):
    make_case()
    make_case(at=timezone.now() - timedelta(days=10))
    post_message(case=make_case(), author=coordinator, text="Hola.", language="es")
    assert len(sign_in(coordinator).get(QUEUE, {"waits": waits}).context["cl"].result_list) == found


@pytest.mark.parametrize("search", ["Núñez", "maria@example", "CI-"])
def test_the_queue_is_searched(search, case, coordinator, sign_in):
    assert case.reference in sign_in(coordinator).get(QUEUE, {"q": search}).text


def test_the_case_page_shows_the_request_in_original_and_translation(case, coordinator, reviewer, sign_in):
    job = case.care_request.translation
    save_version(job=job, text="I have pain in my chest.", actor=reviewer)
    text = sign_in(coordinator).get(page_of(case)).text
    assert "Tengo dolor en el pecho." in text and "I have pain in my chest." in text and "Draft, in review" in text
    release_translation(job=job, actor=reviewer)
    text = sign_in(coordinator).get(page_of(case)).text
    assert "Draft, in review" not in text and "released by Elena Petrova" in text


def test_another_offices_case_does_not_exist(case, other_coordinator, sign_in):
    client = sign_in(other_coordinator)
    assert client.get(page_of(case)).status_code == 404
    assert client.post(f"{QUEUE}{case.pk}/advance/", {"to": "records", "seen": "submitted"}).status_code == 404
    assert client.post(f"{QUEUE}{case.pk}/message/", message()).status_code == 404
    assert client.get(f"{QUEUE}{case.pk}/history/").status_code == 404
    case.refresh_from_db()
    assert case.stage == Stage.SUBMITTED and not case.messages.exists()


def test_a_coordinator_moves_the_stage(case, coordinator, sign_in):
    answer = sign_in(coordinator).post(f"{QUEUE}{case.pk}/advance/", {"to": "records", "seen": "submitted"})
    assert answer.url == page_of(case)
    case.refresh_from_db()
    assert case.stage == Stage.RECORDS


def test_a_move_of_a_case_that_a_colleague_has_moved_is_explained(case, coordinator, sign_in):
    client, address = sign_in(coordinator), f"{QUEUE}{case.pk}/advance/"
    client.post(address, {"to": "records", "seen": "submitted"})
    answer = client.post(address, {"to": "closed", "seen": "submitted"}, follow=True)
    assert "Collecting records" in str([*answer.context["messages"]][-1])
    assert Case.objects.get().stage == Stage.RECORDS


def test_a_coordinator_writes_to_the_patient(case, coordinator, sign_in):
    client, sent = sign_in(coordinator), message()
    for _ in range(2):
        answer = client.post(f"{QUEUE}{case.pk}/message/", sent)
    assert answer.url == page_of(case)
    assert [m.text for m in case.messages.all()] == ["Buenos días."]


def test_who_gave_no_address_is_called(offices, specialty, coordinator, sign_in):
    case, client = make_case(email=""), sign_in(coordinator)
    page = client.get(page_of(case)).text
    assert "call instead" in page and "I have called the patient" in page and "Send to the patient" not in page
    answer = client.post(f"{QUEUE}{case.pk}/message/", message())
    assert answer.status_code == 422 and "Buenos días." in answer.text
    client.post(f"{QUEUE}{case.pk}/call/")
    case.refresh_from_db()
    assert case.first_answered_at
    assert "I have called the patient" not in client.get(page_of(case)).text


@pytest.mark.parametrize("wrong", [{"text": "  "}, {"language": "xx"}, {"language": ""}, {"text": "x" * 5001}])
def test_a_message_that_cannot_be_sent_is_kept_on_the_page(wrong, case, coordinator, sign_in):
    sent = message(text="Estimada señora Núñez") | wrong
    answer = sign_in(coordinator).post(f"{QUEUE}{case.pk}/message/", sent)
    assert answer.status_code == 422 and answer.context["message_form"].errors
    assert sent["text"].strip() in answer.text and not case.messages.exists()


def test_what_a_patient_writes_is_shown_as_text(case, patient, coordinator, sign_in):
    post_message(case=case, author=patient, text="<script>alert(1)</script>", language="es")
    assert "<script>alert(1)" not in sign_in(coordinator).get(page_of(case)).text


@pytest.mark.parametrize("address", ["add/", "{pk}/delete/"])
def test_nobody_adds_or_deletes_a_case_in_the_admin(address, case, superuser, sign_in):
    assert sign_in(superuser).get(f"/admin/cases/case/{address.format(pk=case.pk)}").status_code == 403
