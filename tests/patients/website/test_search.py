"""The search finds what is there in the reader's language, however it is typed, and never fails."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from offices.kit.folding import LONGEST_TOKEN, fold
from offices.outbox.services import make_delivery, publish_event
from patients.website.models import SearchEntry
from patients.website.search import LONGEST_QUERY, MOST_RESULTS, clean_query, excerpt, find
from patients.website.services import rebuild_search
from patients.website.tasks import rebuild
from patients.website.views.search import SEARCHES
from tests.factories import SpecialtyFactory


@pytest.fixture
def index(catalogue, places):
    return rebuild_search()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Corazón", ["corazon"]),
        ("CŒUR ﬁn", ["coeur", "fin"]),
        ("心脏", ["xin", "zang"]),
        ("肺 CT", ["fei", "ct"]),
        ("Сердце", ["serdtse"]),
        ("أمراض", fold("امراض")),
        ("القَلْــب", fold("القلب")),
        ("القلب", fold("قلب")),
        ("قلبية", fold("قلبيه")),
        ("مستشفى", fold("مستشفي")),
        ("متحف/القلب", ["mthf", "qlb"]),
        ("٣", ["3"]),
        ("हृदय", fold("हृदय")),
        ("a_b's", ["a", "b", "s"]),
        ("—…!", []),
        ("", []),
    ],
)
def test_words_are_folded(text, tokens):
    assert fold(text) == tokens


@given(st.text())
def test_folded_words_are_short_and_plain(text):
    for token in fold(text):
        assert token.isascii() and token.isalnum() and token == token.lower() and len(token) <= LONGEST_TOKEN


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "query", "first"),
    [
        ("en", "cardio", "cardiology"),
        ("en", "CARDIOLOGY", "cardiology"),
        ("es", "corazon", "cardiology"),
        ("es", "Corazón", "cardiology"),
        ("ar", "القلب", "cardiology"),
        ("ar", "قلب", "cardiology"),
        ("ar", "امراض", "cardiology"),
        ("zh-hans", "心脏", "cardiology"),
        ("zh-hans", "肺", "pulmonology"),
        ("ru", "кардио", "cardiology"),
        ("en", "valve", "valves"),
        ("en", "anika rao", "rao"),
        ("en", "kim", "kim"),
        ("en", "abu", "abu-dhabi"),
        ("ar", "عمان", "abu-dhabi"),
        ("ar", "cardiology", "cardiology"),
        ("en", "interpreters", "help"),
        ("en", "privacy", "privacy"),
        ("en", "ask care", "request"),
    ],
)
def test_what_is_looked_for_is_found(index, language, query, first):
    assert first in [result.entry.key for result in find(query, language)[:3]]


@pytest.mark.django_db
def test_titles_come_before_texts(index):
    SpecialtyFactory(code="other", name="Other", summary="Not pulmonology, pulmonology, pulmonology.")
    rebuild_search()
    assert [result.entry.key for result in find("pulmonology", "en")][0] == "pulmonology"


@pytest.mark.django_db
def test_every_word_must_be_there(index):
    assert find("cardiology heart", "en")
    assert not find("cardiology zebra", "en")


@pytest.mark.django_db
def test_characters_that_sound_alike_are_told_apart(index):
    SpecialtyFactory(code="fees", name_en="Fees", name_zh_hans="费用")
    rebuild_search()
    keys = [result.entry.key for result in find("肺", "zh-hans")]
    assert "pulmonology" in keys
    assert "fees" not in keys


@pytest.mark.django_db
def test_results_are_in_the_readers_language_and_lead_there(client, index):
    page = client.get("/es/search/?q=corazon").content.decode()
    assert '<a href="/es/services/cardiology/">Cardiología del corazón</a>' in page
    assert {result.entry.language for result in find("rao", "fr")} == {"fr"}
    for result in find("rao", "fr"):
        assert client.get(result.url.partition("#")[0]).status_code == 200


@pytest.mark.django_db
def test_no_more_than_twenty_are_shown(index):
    for number in range(MOST_RESULTS + 5):
        SpecialtyFactory(code=f"s{number}", name=f"Special {number}")
    rebuild_search()
    assert len(find("special", "en")) == MOST_RESULTS


def test_the_excerpt_shows_the_words_that_were_typed():
    text = "Nothing here. " * 20 + "The Corazón is well. " + "More words. " * 40
    pieces = excerpt(text, fold("corazon"))
    assert ("Corazón", True) in pieces
    assert 50 < len("".join(piece for piece, _hit in pieces)) < 260
    assert excerpt("", ["x"]) == []


@pytest.mark.django_db
def test_empty_and_fruitless_searches_say_what_to_do(client, index):
    assert "Type what you look for" in client.get("/en/search/").content.decode()
    assert "Type what you look for" in client.get("/en/search/?q=%20").content.decode()
    page = client.get("/en/search/?q=zebra").content.decode()
    assert "found nothing" in page
    assert 'href="/en/services/"' in page


@pytest.mark.django_db
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    typed=st.one_of(
        st.text(), st.text(alphabet="':*&|!()<->\\\" abc肺قل\x00"), st.binary().map(lambda b: b.decode("latin-1"))
    )
)
def test_no_input_is_too_odd(client, typed):
    from tests.conftest import broker_client

    broker_client().flushdb()
    assert client.get("/en/search/", {"q": typed.encode("utf-8", "surrogatepass")}).status_code == 200


@pytest.mark.django_db
def test_a_long_query_is_cut(client, index):
    assert len(clean_query("x" * 1000)) == LONGEST_QUERY
    assert client.get("/en/search/", {"q": "ﷺ" * 1000}).status_code == 200


@pytest.mark.django_db
def test_too_many_searches_are_told_to_wait(client, index):
    answers = [client.get("/en/search/?q=heart").status_code for _ in range(SEARCHES + 1)]
    assert answers == [200] * SEARCHES + [429]
    assert client.get("/en/search/").status_code == 200


@pytest.mark.django_db
def test_rebuilding_changes_what_changed_and_drops_what_is_gone(catalogue, places):
    count = rebuild_search()
    assert count == SearchEntry.objects.count() > 0
    kept = SearchEntry.objects.get(kind="specialty", key="cardiology", language="en")
    catalogue["heart"].name_en = "Cardiac care"
    catalogue["heart"].save()
    catalogue["lungs"].is_offered = False
    catalogue["lungs"].save()
    assert rebuild_search() == count - 8
    assert SearchEntry.objects.get(pk=kept.pk).title == "Cardiac care"
    assert not find("pulmonology", "en")
    assert find("cardiac", "en")


@pytest.mark.django_db
def test_a_change_of_the_directory_rebuilds_the_search(catalogue):
    event = publish_event("directory.changed", {})
    assert not find("cardiology", "en")
    assert make_delivery(event.deliveries.get(subscriber="website.search").pk)
    assert find("cardiology", "en")


@pytest.mark.django_db
def test_the_search_is_rebuilt_every_night(settings, catalogue):
    schedule = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert rebuild.name in schedule
    rebuild()
    assert find("cardiology", "en")
