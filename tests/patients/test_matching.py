"""Who is proposed as a possible duplicate, and who is not; and what a person decides."""

from datetime import date
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import InternalError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from offices.kit.transitions import IllegalTransition
from offices.outbox.models import Event
from patients.cases.services import submit_request
from patients.intake.matching import (
    CERTAIN,
    THRESHOLD,
    NoteMissing,
    decide_match,
    linked_with,
    near_dates,
    propose_matches,
    score_pair,
    undo_match,
)
from patients.intake.models import MatchState, Patient, PatientMatch
from patients.intake.names import NameLikeness, compare_names
from patients.intake.search import index_patients
from patients.intake.services import ContactDetails
from tests.factories import StaffFactory, request_details

NOBODY = (set(), set())


def person(given_names="", family_name="", native_name="", *, born="1980-05-17", country="AE", **fields):
    return Patient(
        given_names=given_names, family_name=family_name, native_name=native_name, language="en",
        birth_date=date.fromisoformat(born), residence_country=country, **fields,
    )  # fmt: skip


ALI = {"given_names": "Mohammed Ali", "family_name": "Al Qahtani"}
# (one, other, at least, at most)
PAIRS = {
    "the same": (ALI, ALI, 65, 100),
    "spelled otherwise": (ALI, {"given_names": "Muhamad Aly", "family_name": "Alqahtani"}, THRESHOLD, 84),
    "in another script": (ALI, {"given_names": "محمد علي", "family_name": "القحطاني"}, THRESHOLD, 84),
    "script in the other field": (ALI, {"given_names": "Mo", "native_name": "محمد علي القحطاني"}, THRESHOLD, 84),
    "given and family name swapped": (
        {"given_names": "Xiaoming", "family_name": "Wang"}, {"given_names": "Wang", "family_name": "Xiaoming"}, 65, 100
    ),
    "chinese and pinyin": ({"given_names": "Xiaoming", "family_name": "Wang"}, {"given_names": "王小明"}, 65, 100),
    "one name of two": ({"given_names": "Suharto"}, {"given_names": "Suharto"}, 65, 100),
    "a middle name more": ({"given_names": "Ana María", "family_name": "Núñez"},
                           {"given_names": "Ana", "family_name": "Nunez"}, THRESHOLD, 84),
    "day and month swapped": ({**ALI, "born": "1980-05-07"}, {**ALI, "born": "1980-07-05"}, THRESHOLD, 84),
    "one digit of the year": ({**ALI, "born": "1980-05-17"}, {**ALI, "born": "1990-05-17"}, THRESHOLD, 84),
    "married, the passport kept": (
        {"given_names": "Irina", "family_name": "Petrova", "passport_number": "75 1234567"},
        {"given_names": "Irina", "family_name": "Ivanova", "passport_number": "751234567"}, CERTAIN, 100,
    ),
    "twins": ({"given_names": "Sara", "family_name": "Haddad"}, {"given_names": "Nour", "family_name": "Haddad"},
              THRESHOLD, 64),
    "twins whose names sound alike": ({"given_names": "Hassan", "family_name": "Haddad"},
                                      {"given_names": "Hussein", "family_name": "Haddad"}, THRESHOLD, 64),
    "a sister and a brother born on one day": (
        {"given_names": "Sara", "family_name": "Haddad", "sex": "female"},
        {"given_names": "Omar", "family_name": "Haddad", "sex": "male"}, 0, THRESHOLD - 1,
    ),
    "the same name, another birth date": (ALI, {**ALI, "born": "1951-11-02"}, 0, THRESHOLD - 1),
    "the same birth date alone": (ALI, {"given_names": "Giorgos", "family_name": "Papadopoulos"}, 0, THRESHOLD - 1),
    "one common given name and the birth date, from elsewhere": (
        {"given_names": "María", "family_name": "López", "country": "MX"},
        {"given_names": "Maria", "family_name": "Rossi", "country": "IT"}, 0, THRESHOLD - 1,
    ),
    "nothing": (ALI, {"given_names": "Ana", "family_name": "Núñez", "born": "2001-01-01"}, 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("label", PAIRS)
def test_how_much_speaks_for_one_person(label):
    one, other, least, most = PAIRS[label]
    there, back = (score_pair(a, b, NOBODY, NOBODY) for a, b in ((person(**one), person(**other)),) * 2)
    assert least <= there.points <= most, there.reasons
    assert there == back == score_pair(person(**other), person(**one), NOBODY, NOBODY)


FAMILY = ({"+971501234567"}, {"agent@example.org"})


@pytest.mark.parametrize(
    ("one", "other", "is_proposed"),
    [
        # An agent's patients, and a parent with a child, share phone and address without being one person.
        (ALI, {"given_names": "Ana", "family_name": "Núñez", "born": "1971-03-04"}, False),
        (ALI, {"given_names": "Sara", "family_name": "Al Qahtani", "born": "2015-03-04"}, False),
        # Who wrote a wholly wrong birth date is found by the name with the phone.
        (ALI, {**ALI, "born": "1951-11-02"}, True),
    ],
)
def test_a_shared_phone_and_address_are_not_enough(one, other, is_proposed):
    score = score_pair(person(**one), person(**other), FAMILY, FAMILY)
    assert (score.points >= THRESHOLD) == is_proposed, score


def test_twins_are_never_certain_even_with_one_phone_and_address():
    twins = [person(given_names=name, family_name="Haddad", nationality="LB") for name in ("Hassan", "Hussein")]
    assert THRESHOLD <= score_pair(*twins, FAMILY, FAMILY).points < 65


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("Abdul Rahman Khan", "Khan Abdulrahman", NameLikeness.SAME),
        ("Jon Smith", "John Smith", NameLikeness.NEAR),
        ("Hernandez Lopez", "Hernandes Lopes", NameLikeness.SOUNDS),
        ("Juan Hernandez", "Juan Hernandea", NameLikeness.NEAR),
        ("Ana Maria Nunez", "Maria Nunez", NameLikeness.WITHIN),
        ("Suharto", "Suharto Wibowo", NameLikeness.PART),
        ("Ana Nunez", "Eva Prado", NameLikeness.NONE),
        ("", "Eva Prado", NameLikeness.NONE),
    ],
)
def test_names_are_compared_in_any_order_and_spelling(one, other, likeness):
    assert compare_names(person(given_names=one), person(given_names=other)) == likeness


def test_near_dates_hold_the_swap_and_every_digit():
    near = near_dates(date(1980, 5, 7))
    assert {date(1980, 5, 7), date(1980, 7, 5), date(1990, 5, 7), date(1980, 5, 17), date(1980, 6, 7)} <= near
    assert date(1981, 6, 7) not in near and len(near) < 80
    assert date(2024, 2, 29) in near_dates(date(2024, 2, 29))


NAMES = st.text(max_size=60)


@settings(max_examples=150, deadline=None)
@given(one=NAMES, family=NAMES, native=NAMES, other=NAMES, born=st.dates(), other_born=st.dates())
def test_no_two_people_crash_it(one, family, native, other, born, other_born):
    first, second = person(one, family, native), person(other, one, family)
    first.birth_date, second.birth_date = born, other_born
    assert born in near_dates(born)
    score = score_pair(first, second, NOBODY, NOBODY)
    assert 0 <= score.points <= 100
    assert score == score_pair(second, first, NOBODY, NOBODY)


@pytest.fixture
def actor(db):
    return StaffFactory()


@pytest.fixture
def ask(offices, specialty):
    """ask(given_names, family_name, email=..., phone=..., **fields of the patient) -> the patient of a new request."""

    def ask(given_names, family_name, *, email="one@example.org", phone="", **fields):
        details = request_details(given_names=given_names, family_name=family_name)
        details["patient"] = details["patient"].__class__(**{**details["patient"].__dict__, **fields})
        details["contact"] = ContactDetails(email=email, phone=phone)
        return submit_request(submission_id=uuid4(), channel="web", **details).patient

    return ask


@pytest.fixture
def match(ask):
    ask("María", "Núñez")
    ask("Maria", "Nunez", email="two@example.org")
    return PatientMatch.objects.get()


def test_a_request_proposes_who_may_be_the_same_person(ask):
    first, other = ask("María", "Núñez"), ask("Kenji", "Tanaka", email="kenji@example.org")
    second = ask("Мария", "Нуньес", native_name="Maria Nunez", email="two@example.org")
    match = PatientMatch.objects.get()
    assert (match.first, match.second, match.state) == (first, second, MatchState.PROPOSED)
    assert match.score == sum(match.reasons.values()) and {"name_same", "birth_date"} <= match.reasons.keys()
    assert other not in (match.first, match.second)


@pytest.mark.parametrize(
    "shared",
    [
        {"passport_number": "G-123 4567"},
        {"phone": "+525555010123", "email": "same@example.org", "birth_date": date(1980, 5, 17)},
    ],
)
def test_one_is_found_by_passport_or_phone_though_the_name_differs(shared, ask):
    first = ask("María", "Núñez", **shared)
    second = ask("Guadalupe", "Prado", **{"email": "two@example.org"} | shared)
    assert {(match.first, match.second) for match in PatientMatch.objects.all()} == {(first, second)}


def test_a_known_patient_is_scored_anew_and_proposed_once(ask, match):
    before = match.score
    match.second.passport_number = match.first.passport_number = "G1234567"
    match.first.save(update_fields=["passport_number"])
    match.second.save(update_fields=["passport_number"])
    index_patients([match.first, match.second])
    assert propose_matches(match.second) == []
    match.refresh_from_db()
    assert match.score > before and PatientMatch.objects.count() == 1


@pytest.mark.parametrize("state", [MatchState.LINKED, MatchState.DISMISSED])
def test_a_decision_stays_until_it_is_taken_back(state, match, actor):
    decide_match(match=match, state=state, actor=actor, note="Seen both passports.")
    propose_matches(match.second)
    match.refresh_from_db()
    assert (match.state, match.decided_by, match.note) == (state, actor, "Seen both passports.")
    assert PatientMatch.objects.count() == 1
    undo_match(match=match, actor=actor, note="The wrong pair.")
    match.refresh_from_db()
    assert (match.state, match.decided_by, match.decided_at) == (MatchState.PROPOSED, None, None)
    payloads = {event.name: event.payload for event in Event.objects.filter(name__startswith="match.")}
    assert payloads["match.decided"]["to"] == state and payloads["match.undone"]["from"] == state
    history = apps.get_model("intake", "PatientMatchHistory").objects.filter(pgh_obj=match)
    assert [*history.order_by("pgh_id").values_list("note", flat=True)][-2:] == [
        "Seen both passports.", "The wrong pair.",
    ]  # fmt: skip


@pytest.mark.parametrize("note", ["", "  "])
def test_a_decision_needs_a_reason(note, match, actor):
    with pytest.raises(NoteMissing):
        decide_match(match=match, state=MatchState.LINKED, actor=actor, note=note)
    decide_match(match=match, state=MatchState.LINKED, actor=actor, note="Same passport.")
    with pytest.raises(NoteMissing):
        undo_match(match=match, actor=actor, note=note)


def test_what_was_decided_is_not_decided_otherwise(match, actor):
    decide_match(match=match, state=MatchState.LINKED, actor=actor, note="Same passport.")
    with pytest.raises(IllegalTransition):
        decide_match(match=match, state=MatchState.DISMISSED, actor=actor, note="No.")
    with pytest.raises(InternalError, match="Invalid transition"), transaction.atomic():
        PatientMatch.objects.update(state=MatchState.DISMISSED)
    match.refresh_from_db()
    assert match.state == MatchState.LINKED


def test_the_same_person_is_found_by_way_of_others(ask, actor):
    one, two, three, four = (
        Patient.objects.create(
            given_names=f"Ana {number}", birth_date=date(1980, 1, 1), residence_country="MX", language="es"
        )
        for number in range(4)
    )
    for first, second, state in ((one, two, "linked"), (two, three, "linked"), (three, four, "dismissed")):
        PatientMatch.objects.create(first=first, second=second, score=70, state=state)
    same = linked_with([one.pk, three.pk, four.pk])
    assert same[one.pk] == same[three.pk] == {one.pk, two.pk, three.pk}
    assert same[four.pk] == {four.pk}


def test_proposing_takes_as_many_queries_for_many_candidates(ask, count_queries):
    patient = ask("María", "Núñez")
    for number in range(3):
        ask("María", "Núñez", email=f"few{number}@example.org")
    few = count_queries(lambda: propose_matches(patient))
    for number in range(12):
        ask("María", "Núñez", email=f"many{number}@example.org")
    assert count_queries(lambda: propose_matches(patient)) == few
