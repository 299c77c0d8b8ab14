"""Translation jobs and their versions. A machine's draft stays marked until a named, qualified person releases it
(45 CFR 92.201(c)(3))."""

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.directory.models import Office
from offices.directory.roles import Duty, rows_for_duty
from offices.kit.ids import new_id
from offices.kit.transitions import append_only_trigger, fsm_trigger


class JobState(models.TextChoices):
    REQUESTED = "requested", _("waiting for a translator")
    MACHINE_DRAFT = "machine_draft", _("machine draft")
    IN_REVIEW = "in_review", _("in review")
    RELEASED = "released", _("released")
    NOT_NEEDED = "not_needed", _("not needed")


JOB_TRANSITIONS = {
    JobState.REQUESTED: (JobState.MACHINE_DRAFT, JobState.IN_REVIEW, JobState.NOT_NEEDED),
    JobState.MACHINE_DRAFT: (JobState.IN_REVIEW,),
    JobState.IN_REVIEW: (JobState.RELEASED,),
    JobState.RELEASED: (JobState.IN_REVIEW,),
    JobState.NOT_NEEDED: (JobState.IN_REVIEW,),
}


class TranslationJobQuerySet(models.QuerySet):
    def visible_to(self, user):
        """To those who translate: the jobs of the own office, and the work of any office in languages that the user is
        qualified in; to those who work everywhere, all."""
        if not (user.is_authenticated and user.may(Duty.TRANSLATE)) or user.works_everywhere:
            return rows_for_duty(self, user, Duty.TRANSLATE)
        seen = Q(office=user.office_id or 0)
        if user.qualified_languages:
            languages = [*user.qualified_languages, "en"]
            reviewable = Q(source_language__in=languages, target_language__in=languages)
            seen |= reviewable & ~Q(state=JobState.NOT_NEEDED)
        return self.filter(seen)


@pghistory.track(append_only=True, model_name="TranslationJobHistory")
class TranslationJob(models.Model):
    """A text to be put into `target_language`. The desk never knows whose text it is: customers point at the job."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, verbose_name=_("office"))
    source_text = models.TextField(_("original text"))
    source_language = models.CharField(_("original language"), max_length=12, blank=True)
    source_stated = models.BooleanField(_("language stated by the writer"), default=False)
    target_language = models.CharField(_("into"), max_length=12)
    state = models.CharField(_("state"), max_length=16, choices=JobState.choices, default=JobState.REQUESTED)
    released_version = models.ForeignKey(
        "TranslationVersion", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("released version")
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("reviewer")
    )
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    released_at = models.DateTimeField(_("released at"), null=True)

    objects = TranslationJobQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("translation job"), _("translation jobs")
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="released")
                | Q(released_version__isnull=False, reviewer__isnull=False, released_at__isnull=False),
                name="translationjob_released_by_name",
            )
        ]
        triggers = [fsm_trigger("state", JOB_TRANSITIONS)]

    def __str__(self):
        return f"{self.source_language or '?'} → {self.target_language}: {self.source_text[:60]}"

    @property
    def is_released(self) -> bool:
        return self.state == JobState.RELEASED

    @property
    def shown_version(self):
        """The released version, else the newest; None before there is any."""
        if self.is_released:
            return self.released_version
        return next(iter(sorted(self.versions.all(), key=lambda version: -version.number)), None)

    def is_reviewable_by(self, user) -> bool:
        """Whether the person is qualified in both languages; every reviewer is in English."""
        return {self.source_language, self.target_language} - {"en"} <= set(user.qualified_languages)

    @property
    def is_draft(self) -> bool:
        """Whether what can be shown has not been released by a reviewer."""
        return self.shown_version is not None and not self.is_released


class TranslationVersion(models.Model):
    """One text of a translation, by an engine or by a person. Never changed: a correction is a new version."""

    job = models.ForeignKey(TranslationJob, on_delete=models.PROTECT, related_name="versions", verbose_name=_("job"))
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.TextField(_("text"))
    engine = models.CharField(_("engine"), max_length=40, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )
    unsure_words = ArrayField(models.CharField(max_length=100), verbose_name=_("unsure words"), default=list)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("version"), _("versions")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="translationversion_number_once"),
            models.CheckConstraint(
                condition=Q(engine="", author__isnull=False) | (~Q(engine="") & Q(author__isnull=True)),
                name="translationversion_engine_or_author",
            ),
        ]
        triggers = [append_only_trigger()]

    def __str__(self):
        return f"{self.number}: {self.text[:60]}"
