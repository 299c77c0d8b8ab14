"""Bytes at rest: encrypted parts in the storage, and uploads that grow part by part."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.kit.ids import new_id
from patients.intake.models import Draft, Patient


def upload_end():
    return timezone.now() + timedelta(days=settings.UPLOAD_DAYS)


class StoredFile(models.Model):
    """A file as encrypted parts under generated names. `wrapped_key` is its own key under the master key.

    `size` is in bytes, unencrypted; `sha256` is the hex digest of the whole, empty while it still grows.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    media_type = models.CharField(_("media type"), max_length=120, blank=True)
    wrapped_key = models.TextField(editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("stored file"), _("stored files")

    def __str__(self):
        return str(self.pk)


class FilePart(models.Model):
    """One encrypted object in the storage: bytes `start` to `start + size` of its file."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="parts", verbose_name=_("file"))
    start = models.PositiveBigIntegerField(_("start"))
    size = models.PositiveBigIntegerField(_("size"))
    name = models.CharField(_("name in the storage"), max_length=255, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = _("part of a file"), _("parts of files")
        ordering = ["file", "start"]
        constraints = [models.UniqueConstraint(fields=["file", "start"], name="file_part_once")]

    def __str__(self):
        return self.name


class UploadQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(completed_at=None, expires_at__gt=timezone.now())


class Upload(models.Model):
    """A tus upload on its way. It is for a draft, or for a patient; `offset` bytes of `length` are here and safe."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, null=True, blank=True, related_name="uploads")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="uploads")
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("sent by"),
    )  # fmt: skip
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="upload", verbose_name=_("file"))
    filename = models.CharField(_("file name"), max_length=255)
    folder = models.CharField(_("folder"), max_length=1000, blank=True)
    length = models.PositiveBigIntegerField(_("length"))
    offset = models.PositiveBigIntegerField(_("received"), default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"), default=upload_end)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("upload"), _("uploads")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(offset__lte=F("length")), name="upload_within_its_length"),
            models.CheckConstraint(condition=~Q(draft=None, patient=None), name="upload_is_for_somebody"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(completed_at=None), name="upload_ending")]

    def __str__(self):
        return self.filename
