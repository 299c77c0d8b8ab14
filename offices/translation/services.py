"""The translation desk: requested, drafted by an engine where there is one, reviewed and released by a person."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from offices.directory.models import Office, User
from offices.kit.languages import desk_language
from offices.kit.transitions import require_transition
from offices.outbox.services import publish_event
from offices.translation.detection import detect_language
from offices.translation.engines import find_engine
from offices.translation.models import JOB_TRANSITIONS, JobState, TranslationJob, TranslationVersion


class NotQualified(Exception):
    """The person may not release translations between these languages."""


class NothingToRelease(Exception):
    """The job has no version yet."""


class StaleVersion(Exception):
    """A colleague has saved a newer version than the one that the actor saw."""

    def __init__(self):
        super().__init__(_("A colleague has saved a newer version meanwhile. Look at it, then save yours again."))


@transaction.atomic
def request_translation(
    *, office: Office, text: str, target_language: str, source_language: str = "", likely_language: str = "",
    at: datetime | None = None,
) -> TranslationJob:  # fmt: skip
    """Ask for `text` in `target_language`. An empty `source_language` is detected by the worker.

    `likely_language` is the writer's own, which detection prefers.
    """
    job = TranslationJob.objects.create(
        office=office,
        source_text=text,
        source_language=desk_language(source_language),
        source_stated=bool(source_language),
        target_language=desk_language(target_language),
        requested_at=at or timezone.now(),
    )
    publish_event("translation.requested", {"job_id": str(job.pk), "likely_language": desk_language(likely_language)})
    return job


def draft_translation(payload: dict) -> None:
    """Detect the language and let an engine draft, outside any transaction; a person's work is never overwritten."""
    job = TranslationJob.objects.get(pk=payload["job_id"])
    if job.state != JobState.REQUESTED:
        return
    source = job.source_language or detect_language(job.source_text, payload.get("likely_language", ""))
    engine = None
    if source and source.split("-")[0] != job.target_language.split("-")[0]:
        engine = find_engine(source, job.target_language)
    draft = engine.draft(job.source_text, source, job.target_language) if engine else None
    with transaction.atomic():
        job = TranslationJob.objects.select_for_update(of=["self"]).get(pk=job.pk)
        if job.state != JobState.REQUESTED:
            return
        job.source_language = source
        if source and source.split("-")[0] == job.target_language.split("-")[0]:
            job.state = JobState.NOT_NEEDED
        elif draft:
            _add_version(job, text=draft.text, engine=engine.name, unsure_words=list(draft.unsure_words))
            job.state = JobState.MACHINE_DRAFT
        job.save(update_fields=["source_language", "state"])


def _add_version(job: TranslationJob, **fields) -> TranslationVersion:
    number = (job.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    return TranslationVersion.objects.create(job=job, number=number, **fields)


@transaction.atomic
def save_version(
    *, job: TranslationJob, text: str, actor: User, source_language: str = "", seen: int | None = None,
    at: datetime | None = None,
) -> TranslationVersion:  # fmt: skip
    """A person's version: the job is then in review, also when it had been released.

    `source_language` is what the person says of a text whose language was not stated by its writer; `seen` the number
    of the newest version that the person saw, 0 for none. Raises IllegalTransition and StaleVersion.
    """
    job = TranslationJob.objects.select_for_update(of=["self"]).get(pk=job.pk)
    if job.state != JobState.IN_REVIEW:
        require_transition(JOB_TRANSITIONS, job.state, JobState.IN_REVIEW)
    _require_newest(job, seen)
    version = _add_version(job, text=text, author=actor, created_at=at or timezone.now())
    if source_language and not job.source_stated:
        job.source_language = source_language
    job.state, job.released_version, job.reviewer, job.released_at = JobState.IN_REVIEW, None, None, None
    job.save(update_fields=["source_language", "state", "released_version", "reviewer", "released_at"])
    return version


def _require_newest(job: TranslationJob, seen: int | None) -> None:
    newest = job.versions.aggregate(last=Max("number"))["last"] or 0
    if seen is not None and seen != newest:
        raise StaleVersion


@transaction.atomic
def release_translation(
    *, job: TranslationJob, actor: User, seen: int | None = None, at: datetime | None = None
) -> TranslationJob:
    """Release the newest version in the name of `actor`, who must be qualified in both languages.

    `seen`: as in `save_version`. Raises NotQualified, NothingToRelease, StaleVersion, IllegalTransition.
    """
    job = TranslationJob.objects.select_for_update(of=["self"]).get(pk=job.pk)
    if not job.is_reviewable_by(actor):
        raise NotQualified(_("You are not registered as qualified to review this language."))
    version = job.versions.order_by("-number").first()
    if version is None:
        raise NothingToRelease(_("There is no translation to release yet."))
    _require_newest(job, seen)
    if job.state == JobState.MACHINE_DRAFT:
        job.state = JobState.IN_REVIEW
        job.save(update_fields=["state"])
    require_transition(JOB_TRANSITIONS, job.state, JobState.RELEASED)
    job.state, job.released_version, job.reviewer, job.released_at = (
        JobState.RELEASED, version, actor, at or timezone.now(),
    )  # fmt: skip
    job.save(update_fields=["state", "released_version", "reviewer", "released_at"])
    publish_event("translation.released", {"job_id": str(job.pk)})
    return job


def move_jobs(jobs: Iterable[UUID | None], *, to: Office) -> None:
    """Give the jobs to the desk of another office."""
    TranslationJob.objects.filter(pk__in=[key for key in jobs if key]).update(office=to)
