from itertools import product
from uuid import uuid4

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError

from offices.kit.transitions import IllegalTransition
from offices.translation.engines.base import Draft
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
