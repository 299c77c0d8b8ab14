"""Which catalogue texts are there in which language: counted, listed, filtered, and shown to the team."""

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from modeltranslation.settings import AVAILABLE_LANGUAGES
from modeltranslation.utils import build_localized_fieldname
from unfold.admin import ModelAdmin

from offices.directory.completeness import gaps_of, lacking_languages, lacks_language, read_completeness
from offices.directory.completeness_admin import LacksLanguage, TranslatedAdmin
from offices.directory.models import OfficeDay, Region, ServiceLine
from tests.factories import OfficeFactory

pytestmark = pytest.mark.django_db
PAGE = "/admin/directory/languages/"


def texts_of(model):
    return next(texts for texts in read_completeness() if texts.model is model)


def in_all(name, text, *, without=()):
    return {build_localized_fieldname(name, code): text for code in AVAILABLE_LANGUAGES if code not in without}


@pytest.fixture
def regions():
    """One whole, one that lacks Russian and has blanks for Indonesian, one with no text at all."""
    return [
        Region.objects.create(code="whole", **in_all("name", "Whole")),
        Region.objects.create(code="partly", **in_all("name", "Partly", without=["ru", "id"]), name_ind="  "),
        Region.objects.create(code="empty", name_en=""),
    ]


def test_what_is_there_and_what_is_missing_is_counted(regions):
    texts = texts_of(Region)
    assert texts.rows == 2
    assert texts.complete == dict.fromkeys(AVAILABLE_LANGUAGES, 2) | {"ru": 1, "id": 1}
    assert texts.filled == {"name": texts.complete}
    assert {(gap.row.code, gap.field, gap.language) for gap in texts.gaps} == {
        ("partly", "name", "ru"),
        ("partly", "name", "id"),
    }


def test_only_what_is_written_in_english_is_wanted():
    line = ServiceLine.objects.create(code="heart", **in_all("name", "Heart"), summary_fr="Coeur")
    assert list(gaps_of(line)) == []
    line.summary_en = "The heart."
    assert lacking_languages(line) == [code for code in AVAILABLE_LANGUAGES if code not in ("en", "fr")]


def test_the_filter_finds_the_rows_that_lack_a_language(regions):
    assert [row.code for row in Region.objects.filter(lacks_language(Region, "ru"))] == ["partly"]
    assert not Region.objects.filter(lacks_language(Region, "fr")).exists()


def test_the_column_and_the_filter_of_a_list(regions, rf, superuser, django_assert_num_queries):
    class RegionList(TranslatedAdmin, ModelAdmin):
        list_display, list_filter = ["code"], ["position"]

    page, request = RegionList(Region, admin.site), rf.get("/", {"lacks": "ru"})
    request.user = superuser
    assert page.get_list_display(request) == ["code", "shown_languages"]
    assert page.get_list_filter(request) == ["position", LacksLanguage]
    rows = {row.code: row for row in Region.objects.all()}
    with django_assert_num_queries(0):
        assert page.shown_languages(rows["whole"]) == "8 of 8"
        assert page.shown_languages(rows["partly"]) == "6 of 8, without id, ru"
    assert [row.code for row in page.get_changelist_instance(request).get_queryset(request)] == ["partly"]


def test_the_page_counts_and_leads_to_the_rows(regions, coordinator, sign_in):
    OfficeDay.objects.create(office=coordinator.office, day="2026-12-24", name_en="Christmas Eve")
    answer = sign_in(coordinator).get(PAGE)
    assert answer.status_code == 200
    assert "2 of 3" in answer.text  # the offices' own region lacks all
    assert f"/admin/directory/region/{regions[1].pk}/change/" in answer.text


def test_the_page_takes_as_many_queries_however_many_rows(coordinator, sign_in, count_queries):
    client = sign_in(coordinator)
    few = count_queries(lambda: client.get(PAGE))
    for number in range(20):
        OfficeDay.objects.create(office=OfficeFactory(code=f"office-{number}"), day="2026-12-24", name_en="Eve")
    assert count_queries(lambda: client.get(PAGE)) == few <= 12


def test_who_may_not_read_the_directory_does_not_see_it(coordinator, sign_in):
    coordinator.roles = []
    coordinator.save()
    assert sign_in(coordinator).get(PAGE).status_code == 403


def test_the_command_lists_what_is_missing_and_fails_when_asked(regions, capsys):
    call_command("catalogue_texts")
    told = capsys.readouterr().out
    assert "directory.Region partly: name in ru\n" in told and "ru 1 of 2" in told and "2 texts are missing." in told
    with pytest.raises(CommandError, match="2 texts are missing"):
        call_command("catalogue_texts", "--fail")
    regions[1].delete()
    call_command("catalogue_texts", "--fail")
    assert capsys.readouterr().out.endswith("No text is missing.\n")
