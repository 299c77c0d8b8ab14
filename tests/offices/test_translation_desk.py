import pytest

from offices.translation.models import JobState, TranslationJob
from offices.translation.services import request_translation, save_version
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
DESK = "/admin/translation/translationjob/"


@pytest.fixture
def job(offices):
    return request_translation(
        office=offices["mexico-city"], text="Me duele el pecho.", target_language="en", source_language="es"
    )


def page(job, name="change"):
    return f"{DESK}{job.pk}/{name}/"


def test_a_person_translates_and_a_qualified_reviewer_releases(job, coordinator, reviewer, sign_in):
    sign_in(coordinator).post(page(job, "version"), {"text": "My chest hurts.", "seen": 0})
    text = sign_in(coordinator).get(page(job)).text
    assert "This is a draft" in text and "Release in my name" not in text
    client = sign_in(reviewer)
    assert "Release in my name" in client.get(page(job)).text
    client.post(page(job, "release"), {"seen": 1})
    job.refresh_from_db()
    assert job.is_released and job.reviewer == reviewer
    assert "This is a draft" not in client.get(page(job)).text


def test_who_is_not_qualified_cannot_release(job, coordinator, sign_in):
    save_version(job=job, text="My chest hurts.", actor=coordinator)
    answer = sign_in(coordinator).post(page(job, "release"), {"seen": 1}, follow=True)
    job.refresh_from_db()
    assert job.state == JobState.IN_REVIEW and "not registered as qualified" in answer.text


def test_what_was_typed_is_kept_when_a_colleague_was_faster(job, coordinator, reviewer, sign_in):
    save_version(job=job, text="Hers.", actor=reviewer)
    answer = sign_in(coordinator).post(page(job, "version"), {"text": "Mine.", "seen": 0})
    assert answer.status_code == 422 and "Mine." in answer.text and "A colleague has saved" in answer.text
    assert job.versions.count() == 1


@pytest.mark.parametrize("seen", ["", "9", "x"])
def test_a_release_of_a_version_that_nobody_saw_is_refused(seen, job, coordinator, reviewer, sign_in):
    save_version(job=job, text="Text.", actor=coordinator)
    sign_in(reviewer).post(page(job, "release"), {"seen": seen})
    job.refresh_from_db()
    assert not job.is_released


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_translation_is_refused(text, job, coordinator, sign_in):
    assert sign_in(coordinator).post(page(job, "version"), {"text": text, "seen": 0}).status_code == 422


def test_a_translator_says_which_language_it_is(offices, reviewer, sign_in):
    job = request_translation(office=offices["mexico-city"], text="?", target_language="en")
    client = sign_in(reviewer)
    assert "Language of the original" in client.get(page(job)).text
    client.post(page(job, "version"), {"text": "?", "seen": 0, "source_language": "es"})
    job.refresh_from_db()
    assert job.source_language == "es"


def test_a_wrongly_detected_language_is_corrected_from_the_case(case, coordinator, sign_in):
    job = case.care_request.translation
    TranslationJob.objects.filter(pk=job.pk).update(
        source_language="en", source_stated=False, state=JobState.NOT_NEEDED
    )
    client = sign_in(coordinator)
    assert page(job) in client.get(f"/admin/cases/case/{case.pk}/change/").text
    assert '<option value="en" selected>' in client.get(page(job)).text
    client.post(page(job, "version"), {"text": "Pain.", "seen": 0, "source_language": "es"})
    job.refresh_from_db()
    assert (job.source_language, job.state) == ("es", JobState.IN_REVIEW)


def test_a_language_that_the_writer_stated_is_not_asked_for(job, reviewer, sign_in):
    assert "Language of the original" not in sign_in(reviewer).get(page(job)).text


def test_who_moves_a_job_out_of_their_own_languages_is_back_at_the_list(offices, sign_in):
    job = request_translation(office=offices["abu-dhabi"], text="Tôi đau ngực.", target_language="en")
    TranslationJob.objects.filter(pk=job.pk).update(source_language="fr")
    client = sign_in(StaffFactory(office=offices["los-angeles"], qualified_languages=["fr"]))
    answer = client.post(page(job, "version"), {"text": "x", "seen": 0, "source_language": "vi"})
    assert answer.status_code == 302 and answer.url == DESK
    assert client.get(page(job)).status_code == 404


def test_another_offices_job_does_not_exist(job, other_coordinator, sign_in):
    client = sign_in(other_coordinator)
    assert client.get(page(job)).status_code == 404
    assert client.post(page(job, "version"), {"text": "x", "seen": 0}).status_code == 404
    assert client.post(page(job, "release"), {"seen": 0}).status_code == 404
    assert job.source_text not in client.get(DESK).text
