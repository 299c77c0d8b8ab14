from datetime import UTC, date, datetime

import pytest
from django.utils import translation
from django_countries import countries

from offices.kit import languages
from offices.kit.ids import new_id
from offices.kit.names import full_name
from offices.kit.templatetags import formats
from offices.kit.transitions import IllegalTransition, require_transition


def test_ids_are_in_the_order_of_their_making():
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids) and ids[0].version == 7


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("Li", "Wang", "王莉"), "Li Wang (王莉)"),
        (("", "Suharto", ""), "Suharto"),
        (("María José", "Núñez de la Torre", "María José Núñez de la Torre"), "María José Núñez de la Torre"),
        (("Layla", "Al Harbi", "ليلى الحربي"), "Layla Al Harbi (ليلى الحربي)"),
    ],
)
def test_names_of_one_or_many_words_in_any_script(names, shown):
    assert full_name(*names) == shown


@pytest.mark.parametrize(
    ("code", "rtl"), [("ar", True), ("fa", True), ("he", True), ("ur-pk", True), ("zh-hans", False)]
)
def test_direction_of_a_language(code, rtl):
    assert languages.is_rtl(code) is rtl


@pytest.mark.parametrize(("code", "page"), [("ar-eg", "ar"), ("zh-hans", "zh-hans"), ("pt-br", "pt-br"), ("sw", "en")])
def test_the_shipped_language_nearest_to_a_spoken_one(code, page):
    assert languages.page_language(code) == page


def test_every_spoken_language_has_a_name_in_every_shipped_one(settings):
    for shipped, _ in settings.LANGUAGES:
        for code in languages.SPOKEN:
            assert languages.language_name(code, shipped) != code


def test_every_country_has_a_name_in_every_shipped_language(settings):
    for shipped, _ in settings.LANGUAGES:
        with translation.override(shipped):
            for code, name in countries:
                assert name == formats.country_name(code) != code
    with translation.override("id"):
        assert countries.name("DE") == "Jerman"


def test_a_move_outside_the_table_is_refused():
    require_transition({"a": ("b",), "b": ()}, "a", "b")
    for before, after in [("b", "a"), ("a", "a"), ("c", "a")]:
        with pytest.raises(IllegalTransition):
            require_transition({"a": ("b",), "b": ()}, before, after)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("en", "Tuesday, March 3, 2026, 4:30\u202fPM (Mexico City)"),
        ("es", "martes, 3 de marzo de 2026, 16:30 (Ciudad de México)"),
        ("zh-hans", "2026年3月3日星期二, 16:30 (墨西哥城)"),
    ],
)
def test_a_time_names_its_zone_in_the_readers_language(code, shown):
    with translation.override(code):
        assert formats.datetime_in(datetime(2026, 3, 3, 22, 30, tzinfo=UTC), "America/Mexico_City") == shown


def test_nothing_is_shown_for_what_is_not_there():
    assert formats.datetime_in(None, "UTC") == formats.long_date(None) == formats.country_name("") == ""


def test_dates_and_countries_are_in_the_readers_language():
    with translation.override("fr"):
        assert formats.long_date(date(2026, 3, 3)) == "3 mars 2026"
        assert formats.country_name("MX") == "Mexique"
    with translation.override("en"):
        assert formats.language_name("pt-br") == "Portuguese (Brazil)"


@pytest.mark.parametrize(
    ("text", "direction"), [("123 مرحبا", "rtl"), ("Hello مرحبا", "ltr"), ("123", "auto"), ("", "auto")]
)
def test_the_direction_of_a_text_is_that_of_its_first_letter(text, direction):
    assert formats.text_dir(text) == direction
