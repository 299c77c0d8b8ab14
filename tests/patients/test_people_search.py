"""Patients are found in any script and spelling, by phone, passport, e-mail and reference."""

from datetime import date

import pytest
from django.apps import apps
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients.intake import search
from patients.intake.models import Patient
from patients.intake.models.people import Sex
from patients.intake.search import index_patients, patients_matching, register_words

pytestmark = pytest.mark.django_db


def person(given_names="", family_name="", native_name="", **fields):
    patient = Patient.objects.create(
        given_names=given_names, family_name=family_name, native_name=native_name, birth_date=date(1980, 5, 17),
        residence_country="AE", language="ar", **fields,
    )  # fmt: skip
    index_patients([patient])
    return patient


SAME = [
    ("Mohammed", "محمد", "Muhamad", "Mohamed", "Muhammad"),
    ("Ahmad", "أحمد", "احمد", "Ahmed"),
    ("Omar", "عمر", "Umar"),
    ("Ali", "علي", "Aly"),
    ("Aisha", "عائشة", "Ayesha"),
    ("Abdul Rahman", "عبد الرحمن", "عبدالرحمن", "Abdulrahman", "Abdel Rahman"),
    ("Al Qahtani", "القحطاني", "Alqahtani", "Al-Qahtani"),
    ("Wang Xiaoming", "王小明", "Xiaoming Wang", "wangxiaoming", "Xiao Ming Wang"),
    ("Maria", "Мария", "María"),
    ("Yevgeniy", "Евгений", "Evgeny"),
    ("Jose", "José", "JOSÉ"),
    ("Nunez", "Nuñez", "Núñez"),
    ("Suresh", "सुरेश"),
    ("Jamal", "Gamal", "جمال"),
]


@pytest.mark.parametrize("forms", SAME, ids=lambda forms: forms[0])
def test_every_form_of_a_name_finds_every_other(forms):
    written = {form: person(given_names=form) for form in forms}
    other = person(given_names="Giorgos", family_name="Papadopoulos")
    for form in forms:
        found = [*patients_matching(form)]
        assert {*found} >= {*written.values()}, form
        assert other not in found


def test_the_parts_of_a_name_are_found_in_any_order_and_split():
    wang = person(given_names="Xiaoming", family_name="Wang")
    for typed in ("王小明", "小明", "wang xiaoming", "xiaoming, wang", "Xiao Ming", "xiaom", "wangx"):
        assert [*patients_matching(typed)] == [wang], typed


def test_the_name_in_the_own_script_is_searched_too():
    patient = person(given_names="David", family_name="Chen", native_name="陈大卫")
    assert [*patients_matching("陈大卫")] == [*patients_matching("Chen")] == [patient]


def test_every_word_that_was_typed_must_be_found():
    person(given_names="María", family_name="Núñez")
    assert not patients_matching("María García")


def test_exact_words_come_before_beginnings_and_those_before_sounds():
    sounding = person(given_names="Muhammad")
    exact = person(given_names="Mohamed")
    begun = person(given_names="Mohamedou")
    assert [*patients_matching("mohamed")] == [exact, begun, sounding]


def test_a_name_comes_before_a_word_that_a_room_above_adds():
    def of_the_clinic(keys):
        return {clinic.pk: ["Clinica Maria"]}

    maria = person(given_names="Maria")
    clinic = person(given_names="Kenji")
    register_words(of_the_clinic)
    try:
        index_patients([clinic])
    finally:
        search._registered.remove(of_the_clinic)
    assert [*patients_matching("maria")] == [maria, clinic]
    assert [*patients_matching("clinica maria")] == [clinic]


def test_a_sound_is_never_taken_for_a_word():
    mohammed, written_so = person(given_names="Mohammed"), person(given_names="Mhmt")
    assert [*patients_matching("mhmt")] == [written_so, mohammed]
    assert mohammed not in patients_matching("mhm")


@pytest.mark.parametrize(
    "typed", ["05.03.1980", "5.03.1980", "1980-03-05", "05/03/1980", "Ana 05031980", "00123456", "0012345678"]
)
def test_zeros_in_front_are_found_as_they_are_typed(typed):
    ana = person(given_names="Ana", passport_number="00123456-78")
    Patient.objects.filter(pk=ana.pk).update(birth_date=date(1980, 3, 5))
    index_patients([ana])
    assert [*patients_matching(typed)] == [ana]


@pytest.mark.parametrize("typed", ["G 123-4567", "g1234567", "1980-05-17", "17.05.1980"])
def test_passport_and_birth_date_find(typed):
    patient = person(given_names="Ana", passport_number="G1234567")
    assert [*patients_matching(typed)] == [patient]


@pytest.mark.parametrize(
    "typed", ["", " ", "'", '"', "\\", "&", "|", "!", ":*", "a & !b", "(", "')", "x'::text", "<->", "\x00", "😀", "--"]
)
def test_nothing_that_is_typed_breaks_it(typed):
    person(given_names="O", family_name="D'Arc")
    list(patients_matching(typed))


@pytest.mark.parametrize("typed", ["O", "d'arc", "D Arc", "darc", "o d'arc"])
def test_names_of_one_letter_and_with_quotes(typed):
    patient = person(given_names="O", family_name="D'Arc")
    assert [*patients_matching(typed)] == [patient]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=200).filter(lambda text: "\x00" not in text), typed=st.text(max_size=150))
def test_no_name_and_no_search_crashes(name, typed, db):
    name = name.encode("utf-8", "ignore").decode()
    if name:
        person(given_names=name, native_name=name)
    list(patients_matching(typed))
    list(patients_matching(name))


def test_indexing_writes_no_history_but_a_new_name_does():
    patient = person(given_names="Ana")
    rows = apps.get_model("intake", "PatientHistory").objects.filter(pgh_obj=patient)
    before = rows.count()
    index_patients([patient])
    assert rows.count() == before
    patient.sex = Sex.FEMALE
    patient.save(update_fields=["sex"])
    assert rows.count() == before + 1


def test_the_command_indexes_what_is_there(capsys):
    patients = [person(given_names=f"Ana{number}") for number in range(3)]
    Patient.objects.update(search=None)
    assert not patients_matching("ana1")
    call_command("index_patients", missing=True)
    assert [*patients_matching("ana1")] == [patients[1]]
    assert "3 patients are indexed" in capsys.readouterr().out


def test_indexing_takes_as_many_queries_for_many(count_queries):
    few = [person(given_names=f"Ana{number}") for number in range(3)]
    many = [person(given_names=f"Eva{number}") for number in range(30)]
    assert count_queries(lambda: index_patients(few)) == count_queries(lambda: index_patients(many))
