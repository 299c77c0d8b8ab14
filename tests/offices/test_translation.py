from itertools import product
from uuid import uuid4

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError

from offices.kit.languages import desk_language
from offices.kit.transitions import IllegalTransition
from offices.outbox.models import Event
from offices.translation.detection import detect_language
from offices.translation.engines import find_engine
from offices.translation.engines.base import Draft
from offices.translation.engines.libretranslate import LibreTranslate
from offices.translation.models import JOB_TRANSITIONS, JobState, TranslationJob
from offices.translation.services import (
    NothingToRelease,
    NotQualified,
    StaleVersion,
    draft_translation,
    release_translation,
    request_translation,
    save_version,
)
from tests.factories import StaffFactory
from tests.json_servers import JsonHandler, serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(offices):
    return request_translation(
        office=offices["mexico-city"], text="Me duele el pecho desde ayer.", target_language="en", source_language="es"
    )


class OneEngine:
    name = "test-engine"

    def draft(self, text, source, target):
        return Draft(text="My chest hurts since yesterday.", unsure_words=("pecho",))


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr("offices.translation.services.find_engine", lambda source, target: OneEngine())


@pytest.fixture
def no_engine(monkeypatch):
    monkeypatch.setattr("offices.translation.services.find_engine", lambda source, target: None)


def draft(job):
    draft_translation({"job_id": str(job.pk)})
    job.refresh_from_db()


def test_an_engine_makes_a_draft_that_is_marked_until_a_reviewer_releases_it(job, engine, reviewer):
    draft(job)
    assert job.state == JobState.MACHINE_DRAFT and job.is_draft and not job.is_released
    assert (job.shown_version.engine, job.shown_version.unsure_words) == ("test-engine", ["pecho"])
    job = release_translation(job=job, actor=reviewer)
    assert job.is_released and not job.is_draft and job.reviewer == reviewer


def test_without_an_engine_the_job_waits_for_a_person(job, no_engine, coordinator):
    draft(job)
    assert job.state == JobState.REQUESTED and job.shown_version is None
    save_version(job=job, text="My chest has hurt since yesterday.", actor=coordinator)
    job.refresh_from_db()
    assert job.state == JobState.IN_REVIEW and job.is_draft


def test_the_language_is_detected_when_nobody_stated_it(offices, no_engine):
    job = request_translation(
        office=offices["mexico-city"], text="أعاني من ألم شديد في الصدر منذ أسبوع", target_language="en"
    )
    draft(job)
    assert job.source_language == "ar" and not job.source_stated


@pytest.mark.parametrize(
    ("text", "likely", "language"),
    [
        ("Dolor de pecho", "es", "es"),
        ("Saya sakit dada sejak dua bulan, mohon bantuan.", "id", "id"),
        ("Hola doctor", "es", "es"),
        ("我胸口痛兩個月了", "zh-hant", "zh-hant"),
        ("मेरो छाती दुख्छ, कृपया मद्दत गर्नुहोस्।", "ne", "ne"),  # not known to the detector
        ("?!", "es", "es"),
        ("My chest hurts since yesterday and I am worried.", "es", "en"),
        ("My chest hurts since yesterday and I am worried.", "ne", "en"),
        ("Me duele el pecho desde ayer.", "en", "es"),
        ("Me duele el pecho desde ayer.", "", "es"),
        ("?!", "", ""),
    ],
)
def test_the_writers_own_language_stands_unless_the_text_is_clearly_in_another(text, likely, language):
    assert detect_language(text, likely) == language


def test_the_writers_own_language_reaches_the_worker(offices, no_engine):
    job = request_translation(
        office=offices["mexico-city"], text="Hola doctor", target_language="en", likely_language="es-mx"
    )
    draft_translation(Event.objects.get(name="translation.requested").payload)
    job.refresh_from_db()
    assert job.source_language == "es" and not job.source_stated


@pytest.mark.parametrize(
    ("code", "desk"),
    [
        ("es-mx", "es"), ("fr-ca", "fr"), ("ar-sa", "ar"), ("en-gb", "en"), ("es-MX", "es"), ("pt-pt", "pt"),
        ("pt-br", "pt-br"), ("zh-hans", "zh-hans"), ("zh-hans-cn", "zh-hans"), ("zh-hans-hk", "zh-hans"),
        ("zh-cn", "zh-hans"), ("zh-sg", "zh-hans"), ("zh", "zh-hans"), ("zh-tw", "zh-hant"), ("zh-hk", "zh-hant"),
        ("zh-hant-sg", "zh-hant"), ("ca-es", "ca-es"), ("", ""),
    ],
)  # fmt: skip
def test_the_desks_code_of_a_regional_language(code, desk):
    assert desk_language(code) == desk


def test_a_regional_language_finds_its_reviewer(offices, reviewer):
    job = request_translation(
        office=offices["mexico-city"], text="Dolor.", target_language="en-gb", source_language="es-mx"
    )
    assert (job.source_language, job.target_language) == ("es", "en") and job.is_reviewable_by(reviewer)


def test_a_text_in_the_target_language_needs_no_translation(offices, engine):
    job = request_translation(
        office=offices["mexico-city"], text="My chest hurts since yesterday and I am worried.", target_language="en"
    )
    draft(job)
    assert job.state == JobState.NOT_NEEDED and not job.versions.exists()


def test_an_engine_never_overwrites_a_person(job, engine, coordinator):
    save_version(job=job, text="By hand.", actor=coordinator)
    draft(job)
    assert [version.text for version in job.versions.all()] == ["By hand."]


def test_a_correction_is_a_new_version_and_takes_the_release_back(job, engine, reviewer):
    draft(job)
    release_translation(job=job, actor=reviewer)
    save_version(job=job, text="Corrected.", actor=reviewer)
    job.refresh_from_db()
    assert job.is_draft and job.reviewer is None
    assert [version.number for version in job.versions.all()] == [1, 2]


def test_only_a_qualified_reviewer_releases(job, engine, coordinator):
    draft(job)
    with pytest.raises(NotQualified):
        release_translation(job=job, actor=coordinator)


def test_nobody_is_qualified_in_a_language_that_is_not_known(job, engine, reviewer):
    draft(job)
    job.source_language = ""
    assert not job.is_reviewable_by(reviewer)


def test_a_translator_says_what_language_a_text_is_in_when_nobody_knew(offices, reviewer):
    job = request_translation(office=offices["mexico-city"], text="?!", target_language="en")
    save_version(job=job, text="?!", actor=reviewer, source_language="es")
    job.refresh_from_db()
    assert job.source_language == "es" and job.is_reviewable_by(reviewer)


def test_a_wrongly_detected_language_is_corrected(offices, no_engine, reviewer):
    job = request_translation(office=offices["mexico-city"], text="I have chest pain", target_language="en")
    draft(job)
    assert job.state == JobState.NOT_NEEDED
    save_version(job=job, text="Text.", actor=reviewer, source_language="es")
    job.refresh_from_db()
    assert (job.source_language, job.state) == ("es", JobState.IN_REVIEW)
    assert release_translation(job=job, actor=reviewer).is_released


def test_a_stated_language_stays(job, reviewer):
    save_version(job=job, text="Text.", actor=reviewer, source_language="fr")
    job.refresh_from_db()
    assert job.source_language == "es"


def test_there_must_be_something_to_release(job, reviewer):
    with pytest.raises(NothingToRelease):
        release_translation(job=job, actor=reviewer)


def test_nobody_passes_over_a_version_that_a_colleague_has_just_saved(job, coordinator, reviewer):
    save_version(job=job, text="First.", actor=coordinator, seen=0)
    with pytest.raises(StaleVersion):
        save_version(job=job, text="Mine.", actor=reviewer, seen=0)
    save_version(job=job, text="Second.", actor=coordinator, seen=1)
    with pytest.raises(StaleVersion):
        release_translation(job=job, actor=reviewer, seen=1)


@pytest.mark.parametrize(("before", "after"), [pair for pair in product(JobState, JobState) if pair[0] != pair[1]])
def test_the_database_refuses_every_move_that_the_table_does_not_hold(before, after, job, engine, reviewer):
    draft(job)
    released = {
        "released_version_id": job.shown_version.pk,
        "reviewer_id": reviewer.pk,
        "released_at": job.requested_at,
    }
    with pgtrigger.ignore("translation.TranslationJob:state_moves"):
        TranslationJob.objects.filter(pk=job.pk).update(state=before, **released)
    job = TranslationJob.objects.filter(pk=job.pk)
    if after in JOB_TRANSITIONS[before]:
        assert job.update(state=after) == 1
    else:
        with pytest.raises(InternalError, match="Invalid transition"):
            job.update(state=after)


def test_the_database_refuses_a_release_without_a_name(job, coordinator):
    save_version(job=job, text="Text.", actor=coordinator)
    with pytest.raises(IntegrityError, match="released_by_name"):
        TranslationJob.objects.filter(pk=job.pk).update(state=JobState.RELEASED)


def test_a_released_job_is_not_released_again(job, engine, reviewer):
    draft(job)
    release_translation(job=job, actor=reviewer)
    with pytest.raises(IllegalTransition):
        release_translation(job=job, actor=reviewer)


def test_an_office_sees_only_its_own_jobs(job, coordinator, other_coordinator, superuser, patient):
    assert set(TranslationJob.objects.visible_to(other_coordinator)) == set()
    assert set(TranslationJob.objects.visible_to(patient)) == set()
    assert job in TranslationJob.objects.visible_to(coordinator)
    assert job in TranslationJob.objects.visible_to(superuser)
    assert uuid4() not in TranslationJob.objects.visible_to(superuser).values_list("pk", flat=True)


def test_a_reviewer_sees_the_work_of_every_office_in_their_languages(offices, job, engine):
    vietnamese, french, english = (
        request_translation(office=offices["abu-dhabi"], text=text, target_language="en", source_language=language)
        for text, language in [("Tôi đau ngực.", "vi"), ("J'ai mal.", "fr"), ("I am ill.", "en")]
    )
    draft(english)
    reviewer = StaffFactory(office=offices["los-angeles"], qualified_languages=["vi", "es"])
    assert set(TranslationJob.objects.visible_to(reviewer)) == {vietnamese, job}
    reviewer.is_active = False
    assert not TranslationJob.objects.visible_to(reviewer).exists()


class LibreTranslateHandler(JsonHandler):
    """A server with Spanish and, under its own name, Traditional Chinese; it takes no text but one."""

    asked = []
    languages = [{"code": "es", "name": "Spanish", "targets": ["en", "es"]}, {"code": "zt", "targets": ["en"]}]

    def do_GET(self):
        self.asked.append(self.path)
        self.answer(200, self.languages)

    def do_POST(self):
        asked = self.read()
        is_known = (asked["q"], asked["source"], asked["target"]) == ("我胸口痛", "zt", "en")
        self.answer(200 if is_known else 400, {"translatedText": "My chest hurts."} if is_known else {"error": "no"})


@pytest.fixture
def libretranslate(settings, monkeypatch):
    """A running LibreTranslateHandler, which is the class that is given back."""
    monkeypatch.setattr(LibreTranslateHandler, "asked", [])
    with serving(LibreTranslateHandler) as address:
        settings.LIBRETRANSLATE_URL = f"{address}/"
        yield LibreTranslateHandler


def test_a_server_translates_the_pairs_that_it_names_and_is_asked_once(libretranslate):
    engine = LibreTranslate()
    pairs = [("es", "en"), ("zh-hant", "en"), ("zh-hans", "en"), ("en", "es"), ("es", "fr")]
    assert [engine.translates(*pair) for pair in pairs] == [True, True, False, False, False]
    assert libretranslate.asked == ["/languages"]
    assert engine.draft("我胸口痛", "zh-hant", "en").text == "My chest hurts."


def test_an_old_server_that_names_no_targets_translates_between_all_its_languages(libretranslate, monkeypatch):
    monkeypatch.setattr(libretranslate, "languages", [{"code": "es"}, {"code": "pb"}])
    assert LibreTranslate().translates("es", "pt-br") and not LibreTranslate().translates("es", "en")


def test_the_next_engine_takes_what_a_server_does_not(libretranslate, monkeypatch, settings):
    monkeypatch.setattr("offices.translation.engines.apertium.shutil.which", lambda name: f"/usr/bin/{name}")
    assert find_engine("es", "en").name == "LibreTranslate"
    assert find_engine("en", "es").name == "Apertium"
    settings.LIBRETRANSLATE_URL = "http://127.0.0.1:9"  # where nobody answers
    assert find_engine("es", "en").name == "Apertium"


def test_a_text_that_the_server_refuses_waits_for_a_person(libretranslate, job):
    draft(job)
    assert job.state == JobState.REQUESTED and job.shown_version is None
