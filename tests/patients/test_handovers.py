"""Cases that change offices: urgent ones after the sun, others by hand; nobody gets more than there is room for."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import InternalError, connection, transaction

from offices.directory.roles import Role
from offices.notifications.models import Notification
from offices.outbox.models import Event
from offices.routing import services as routing
from offices.translation.models import TranslationJob
from patients.cases.models import Case, Handover, Stage
from patients.cases.services import CannotHandOver, advance_case, hand_over_case, post_message
from tests.factories import AbsenceFactory, RequirementFactory, RoutingRuleFactory, StaffFactory, make_case

pytestmark = pytest.mark.django_db
QUEUE = "/admin/cases/case/"
WEDNESDAY_NOON = datetime(2026, 3, 4, 18, tzinfo=UTC)  # in Mexico City
TUESDAY_EVENING = datetime(2026, 3, 4, 0, 30, tzinfo=UTC)  # 18:30 in Mexico City; 16:30 in Los Angeles, which is open


@pytest.fixture
def third_coordinator(offices):
    """Works at the Los Angeles office."""
    return StaffFactory(email="rosa@example.org", name="Rosa Delgado", office=offices["los-angeles"])


@pytest.fixture
def urgent_case(offices, specialty) -> Case:
    """At home in Mexico City, where it came after hours, so that Los Angeles has it."""
    return make_case(urgency="urgent", at=TUESDAY_EVENING)


def page_of(case):
    return f"{QUEUE}{case.pk}/change/"


def hand_over(case, to, actor, note="She asked for a call today.", **options):
    return hand_over_case(case=case, to=to, actor=actor, note=note, **{"at": WEDNESDAY_NOON} | options)


# By the hours.


def test_an_urgent_request_goes_to_the_office_that_is_open_with_a_note(third_coordinator, urgent_case, offices):
    mexico, los_angeles = offices["mexico-city"], offices["los-angeles"]
    assert (urgent_case.home_office, urgent_case.office) == (mexico, los_angeles)
    assert urgent_case.coordinator == third_coordinator
    handover = Handover.objects.get()
    assert (handover.case, handover.from_office, handover.to_office) == (urgent_case, mexico, los_angeles)
    assert handover.actor is None and handover.handed_over_at == TUESDAY_EVENING
    assert mexico.name in handover.note and "Wednesday, March 4, 2026, 9:00" in handover.note
    payload = {"from": "mexico-city", "to": "los-angeles", "actor_id": None, "case_id": str(urgent_case.pk)}
    assert Event.objects.get(name="case.handed_over").payload == payload


def test_its_answer_is_promised_in_the_hours_of_the_office_that_has_it(urgent_case, case):
    # An hour and a half are left of Tuesday in Los Angeles, the rest of a day of nine hours is on Wednesday.
    assert urgent_case.answer_due_at == datetime(2026, 3, 5, 0, 30, tzinfo=UTC)
    routine = make_case(at=TUESDAY_EVENING)
    assert routine.answer_due_at == datetime(2026, 3, 5, 0, 0, tzinfo=UTC)  # Wednesday 18:00 in Mexico City


def test_the_note_is_in_the_language_of_the_team_whatever_the_patient_reads(offices, specialty):
    make_case(urgency="emergency", at=TUESDAY_EVENING, language="es")
    assert Handover.objects.get().note.startswith("Urgent, and it came while")
    assert Notification.objects.get(kind="request_received").language == "es"


def test_an_urgent_request_to_an_office_that_never_opens_is_handed_over_too(offices, specialty):
    offices["mexico-city"].hours.all().delete()
    case = make_case(urgency="urgent", at=TUESDAY_EVENING)
    assert case.office == offices["los-angeles"]
    assert offices["mexico-city"].name in Handover.objects.get().note


@pytest.mark.parametrize(
    ("urgency", "at"), [("routine", TUESDAY_EVENING), ("urgent", WEDNESDAY_NOON), ("emergency", WEDNESDAY_NOON)]
)
def test_what_can_wait_and_what_comes_while_its_office_is_open_stays(urgency, at, coordinator, offices, specialty):
    case = make_case(urgency=urgency, at=at)
    assert case.office == case.home_office == offices["mexico-city"]
    assert case.coordinator == coordinator and not Handover.objects.exists()
    assert not Event.objects.filter(name="case.handed_over").exists()


def test_the_translation_and_the_mails_are_those_of_the_office_that_has_it(
    urgent_case, coordinator, third_coordinator, other_coordinator, offices
):
    assert {job.office for job in TranslationJob.objects.all()} == {offices["los-angeles"]}
    assert {mail.office for mail in Notification.objects.all()} == {offices["los-angeles"]}
    for rows in (TranslationJob.objects, Notification.objects):
        assert rows.visible_to(third_coordinator).exists()
        assert not rows.visible_to(coordinator).exists() and not rows.visible_to(other_coordinator).exists()


@pytest.mark.parametrize(
    ("reader", "status"), [("third_coordinator", 200), ("coordinator", 200), ("other_coordinator", 404)]
)
def test_the_office_that_has_it_and_its_home_see_the_case_and_no_third(reader, status, urgent_case, request, sign_in):
    client = sign_in(request.getfixturevalue(reader))
    assert client.get(page_of(urgent_case)).status_code == status
    assert (urgent_case.reference in client.get(QUEUE).text) == (status == 200)


def test_the_home_office_sees_no_case_without_the_duty(urgent_case, offices):
    translator = StaffFactory(office=offices["mexico-city"], roles=[Role.TRANSLATOR])
    assert not Case.objects.visible_to(translator).exists()


# The room.


def at_once(*calls):
    """What the calls gave, each made in a thread and a connection of its own."""

    def make(call):
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_never_get_more_than_there_is_room_for(offices, specialty, monkeypatch):
    """Each has read who works there before any of them is given to anybody."""
    mexico, los_angeles = offices["mexico-city"], offices["los-angeles"]
    small, smaller = StaffFactory(office=mexico, capacity=2), StaffFactory(office=mexico, capacity=1)
    full = StaffFactory(office=los_angeles, capacity=1)
    case = make_case(email="first@example.org", specialty=specialty, country="US", at=WEDNESDAY_NOON)
    assert case.coordinator == full
    all_have_read, read = Barrier(6), routing.read_rulebook

    def read_together():
        rulebook = read()
        all_have_read.wait(timeout=60)
        return rulebook

    monkeypatch.setattr(routing, "read_rulebook", read_together)

    def submit(number):
        return lambda: make_case(email=f"patient{number}@example.org", specialty=specialty, at=WEDNESDAY_NOON)

    cases = at_once(*(submit(number) for number in range(5)), lambda: hand_over(case, mexico, full))
    carried = Counter(case.coordinator for case in cases)
    assert carried == {small: 2, smaller: 1, None: 3}
    assert len({case.reference for case in cases}) == Case.objects.count() == 6


# By hand.


def test_a_case_is_handed_over_with_all_that_belongs_to_it(case, patient, coordinator, other_coordinator, offices):
    message = post_message(case=case, author=patient, text="¿Puedo viajar?", language="es")
    due_at = case.answer_due_at
    given = hand_over(case, offices["abu-dhabi"], coordinator, note="  She flies to Dubai. ")
    case.refresh_from_db()
    assert given == case and (case.office, case.coordinator) == (offices["abu-dhabi"], other_coordinator)
    assert case.home_office == offices["mexico-city"] and case.answer_due_at == due_at
    handover = case.handovers.get()
    assert (handover.actor, handover.note) == (coordinator, "She flies to Dubai.")
    assert handover.handed_over_at == WEDNESDAY_NOON
    for job in (case.care_request.translation, message.translation):
        job.refresh_from_db()
        assert job.office == offices["abu-dhabi"]
    assert {mail.office for mail in Notification.objects.filter(about=case.reference)} == {offices["abu-dhabi"]}
    payload = {"from": "mexico-city", "to": "abu-dhabi", "actor_id": coordinator.pk, "case_id": str(case.pk)}
    assert Event.objects.get(name="case.handed_over").payload == payload


def test_mails_of_other_cases_stay_where_they_are(case, other_case, coordinator, offices):
    hand_over(case, offices["los-angeles"], coordinator)
    assert Notification.objects.get(about=other_case.reference).office == offices["abu-dhabi"]
    assert TranslationJob.objects.get(pk=other_case.care_request.translation_id).office == offices["abu-dhabi"]


def test_a_coordinator_who_is_away_or_full_gets_no_case_by_hand(case, coordinator, other_coordinator, offices):
    today = WEDNESDAY_NOON.date()
    AbsenceFactory(user=other_coordinator, starts_on=today, ends_on=today)
    assert hand_over(case, offices["abu-dhabi"], coordinator).coordinator is None
    coordinator.capacity = 0
    coordinator.save()
    assert hand_over(case, offices["mexico-city"], other_coordinator).coordinator is None
    assert case.handovers.count() == 2


@pytest.mark.parametrize(
    "wrong", [{"note": ""}, {"note": " \n "}, {"to": "mexico-city"}, {"seen": "los-angeles"}, {"stage": Stage.CLOSED}]
)
def test_what_cannot_be_handed_over_stays_as_it_was(wrong, case, coordinator, offices):
    options = {"note": "Please call.", "to": "abu-dhabi", "seen": "mexico-city", "stage": ""} | wrong
    if stage := options.pop("stage"):
        advance_case(case=case, to=stage, actor=coordinator)
    to = offices[options.pop("to")]
    with pytest.raises(CannotHandOver):
        hand_over(case, to, coordinator, **options)
    case.refresh_from_db()
    assert case.office == offices["mexico-city"] and not case.handovers.exists()
    assert not Event.objects.filter(name="case.handed_over").exists()


def test_of_two_who_saw_the_same_page_the_second_is_refused(case, coordinator, reviewer, offices):
    hand_over(case, offices["abu-dhabi"], coordinator, seen="mexico-city")
    with pytest.raises(CannotHandOver):
        hand_over(case, offices["los-angeles"], reviewer, seen="mexico-city")
    assert case.handovers.count() == 1


def test_what_was_written_at_a_handover_is_never_changed(urgent_case):
    for statement in ("UPDATE cases_handover SET note = 'x'", "DELETE FROM cases_handover"):
        with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# On the desk.


def form(**fields):
    values = {"to": "abu-dhabi", "note": "She asked for a call today.", "seen": "mexico-city"} | fields
    return {f"handover-{name}": value for name, value in values.items()}


def post(client, case, **fields):
    return client.post(f"{QUEUE}{case.pk}/hand_over/", form(**fields))


def test_a_coordinator_hands_a_case_over_and_home_still_sees_it(case, coordinator, sign_in):
    client = sign_in(coordinator)
    assert post(client, case).url == page_of(case)
    page = client.get(page_of(case)).text
    assert "Mexico-City Office → Abu-Dhabi Office" in page and "She asked for a call today." in page
    assert "at home at: Mexico-City Office" in page


def test_who_no_longer_sees_the_case_comes_back_to_the_queue(urgent_case, third_coordinator, sign_in, offices):
    client = sign_in(third_coordinator)
    answer = post(client, urgent_case, to="mexico-city", seen="los-angeles")
    assert answer.url == QUEUE
    urgent_case.refresh_from_db()
    assert urgent_case.office == offices["mexico-city"]
    assert client.get(page_of(urgent_case)).status_code == 404


def test_the_page_says_that_the_hours_gave_the_case(urgent_case, third_coordinator, sign_in):
    page = sign_in(third_coordinator).get(page_of(urgent_case)).text
    assert "by the hours" in page and "Urgent, and it came while the Mexico-City Office was closed" in page


def test_the_form_offers_the_other_offices(case, coordinator, sign_in):
    offered = sign_in(coordinator).get(page_of(case)).context["handover_form"]["to"].subwidgets
    assert {str(choice.data["value"]) for choice in offered} == {"", "abu-dhabi", "los-angeles"}


def test_a_handover_is_posted(case, coordinator, sign_in):
    assert sign_in(coordinator).get(f"{QUEUE}{case.pk}/hand_over/").status_code == 405


@pytest.mark.parametrize("role", [Role.FINANCIAL_COORDINATOR, Role.CLINICAL_REVIEWER])
def test_who_moves_no_cases_hands_none_over(role, case, offices, sign_in):
    client = sign_in(StaffFactory(office=offices["mexico-city"], roles=[role]))
    page = client.get(page_of(case))
    assert page.status_code == 200 and "Hand over to another office" not in page.text
    assert post(client, case).status_code == 403 and not Handover.objects.exists()


def test_a_case_of_another_office_cannot_be_taken(case, other_coordinator, sign_in):
    assert post(sign_in(other_coordinator), case).status_code == 404 and not Handover.objects.exists()


@pytest.mark.parametrize("wrong", [{"to": ""}, {"to": "atlantis"}, {"to": "mexico-city"}, {"seen": "los-angeles"}])
def test_the_note_of_a_handover_that_fails_is_kept(wrong, case, coordinator, sign_in):
    answer = post(sign_in(coordinator), case, **wrong)
    assert answer.status_code == 422 and answer.context["handover_form"].errors
    assert "She asked for a call today.</textarea>" in answer.text and "<details open>" in answer.text
    assert not Handover.objects.exists()


@pytest.mark.parametrize("note", ["", "  ", "x" * 5001])
def test_a_handover_needs_a_note_of_a_length_that_is_read(note, case, coordinator, sign_in):
    answer = post(sign_in(coordinator), case, note=note)
    assert answer.status_code == 422 and "note" in answer.context["handover_form"].errors
    assert not Handover.objects.exists()


def test_the_note_is_kept_when_a_colleague_has_closed_the_case_meanwhile(case, coordinator, sign_in):
    advance_case(case=case, to=Stage.CLOSED, actor=coordinator)
    answer = post(sign_in(coordinator), case)
    assert answer.status_code == 422
    assert "It was not handed over" in answer.text and "She asked for a call today.</textarea>" in answer.text


def test_who_learns_that_a_colleague_was_faster_can_hand_over_from_there(case, coordinator, sign_in, offices):
    hand_over(case, offices["abu-dhabi"], coordinator)
    client = sign_in(coordinator)
    answer = post(client, case, to="los-angeles")
    assert answer.status_code == 422 and "a colleague has moved it meanwhile" in answer.text
    seen_now = answer.context["handover_form"]["seen"].value()
    assert post(client, case, to="los-angeles", seen=seen_now).status_code == 302
    case.refresh_from_db()
    assert case.office == offices["los-angeles"]


def test_a_note_is_shown_as_text(case, coordinator, sign_in, offices):
    hand_over(case, offices["abu-dhabi"], coordinator, note="<script>alert(1)</script>")
    assert "<script>alert(1)" not in sign_in(coordinator).get(page_of(case)).text


# What a case requires.


@pytest.fixture
def visa(offices):
    """A medical visa, which whoever lives in Mexico needs."""
    visa = RequirementFactory(name="Medical visa (B-2)", text="Ask at the consulate.")
    RoutingRuleFactory(countries=["MX"], requirements=[visa])
    RoutingRuleFactory(countries=["AE"], requirements=[RequirementFactory(code="scans", name="Scans of the heart")])
    return visa


def test_what_the_rules_require_is_on_the_case_and_stays_when_they_change(visa, case, other_case):
    assert [row.requirement for row in case.requirements.all()] == [visa]
    visa.rules.all().delete()
    assert [row.requirement for row in case.requirements.all()] == [visa]
    assert make_case(email="new@example.org").requirements.count() == 0


def test_what_the_rules_require_is_on_the_case_wherever_it_goes(visa, offices, specialty):
    case = make_case(urgency="urgent", at=TUESDAY_EVENING)
    assert case.office == offices["los-angeles"] and [row.requirement for row in case.requirements.all()] == [visa]


def test_the_desk_and_the_patient_read_what_is_required(visa, case, coordinator, patient, sign_in):
    desk = sign_in(coordinator).get(page_of(case)).text
    assert "Medical visa (B-2)" in desk and "Scans of the heart" not in desk
    page = sign_in(patient).get(f"/en/cases/{case.reference}/").text
    assert "What you will need" in page and "Medical visa (B-2)" in page and "Ask at the consulate." in page
    assert "Scans of the heart" not in page


def test_where_nothing_is_required_no_page_speaks_of_it(case, coordinator, patient, sign_in):
    assert "What this patient needs" not in sign_in(coordinator).get(page_of(case)).text
    assert "What you will need" not in sign_in(patient).get(f"/en/cases/{case.reference}/").text


def test_the_office_and_its_coordinator_and_the_patient_are_told_by_mail(case, coordinator, other_coordinator, offices):
    hand_over(case, offices["abu-dhabi"], coordinator)
    told = Notification.objects.filter(kind="case_handed_over")
    assert set(told.values_list("to", flat=True)) == {offices["abu-dhabi"].email, other_coordinator.email}
    assert case.patient.name not in told[0].text and case.reference in told[0].text
    mail = Notification.objects.get(kind="office_changed")
    assert (mail.to, mail.language) == ("maria@example.org", "es") and offices["abu-dhabi"].name in mail.text


def test_no_further_office_reads_what_asks_for_a_separate_consent(offices, specialty):
    consent = RequirementFactory(code="consent-pipl", kind="consent")
    RoutingRuleFactory(countries=["MX"], requirements=[consent])
    case = make_case(urgency="urgent", at=TUESDAY_EVENING)
    assert case.office == case.home_office == offices["mexico-city"] and not Handover.objects.exists()


def test_the_home_office_reads_the_mails_about_a_case_that_another_has(urgent_case, coordinator, sign_in):
    page = sign_in(coordinator).get(page_of(urgent_case))
    assert [mail.kind for mail in page.context["mails"]] == ["request_received"]


def test_a_patient_without_a_time_zone_is_told_the_time_of_the_home_office(urgent_case, offices):
    urgent_case.care_request.time_zone = ""
    assert urgent_case.time_zone == offices["mexico-city"].time_zone != urgent_case.office.time_zone
