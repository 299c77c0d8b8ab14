"""DICOM: studies of series of instances, as their headers say, and de-identified copies of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.kit.ids import new_id
from patients.intake.models import Draft, Patient
from patients.records.models.documents import Document
from patients.records.models.files import StoredFile


class Study(models.Model):
    """One examination of a person. `uid` is the Study Instance UID (0020,000D)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.SET_NULL, null=True, blank=True, related_name="studies")
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="studies", verbose_name=_("patient")
    )
    uid = models.CharField(_("study UID"), max_length=64)
    description = models.CharField(_("description"), max_length=200, blank=True)
    studied_on = models.DateField(_("date"), null=True, blank=True)
    institution = models.CharField(_("institution"), max_length=200, blank=True)
    # As the header names the person: shown to the team beside our own name, so that a mix-up is seen.
    named_patient = models.CharField(_("name in the images"), max_length=400, blank=True)
    named_birth_date = models.DateField(_("birth date in the images"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("imaging study"), _("imaging studies")
        ordering = ["-studied_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["patient", "uid"], condition=~Q(patient=None), name="study_once_a_patient"),
            models.UniqueConstraint(
                fields=["draft", "uid"], condition=~Q(draft=None) & Q(patient=None), name="study_once_a_draft"
            ),
        ]

    def __str__(self):
        return self.description or self.uid


class Series(models.Model):
    """`uid` is the Series Instance UID (0020,000E); `modality` a code of DICOM PS3.3 C.7.3.1.1.1 such as MR."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="series", verbose_name=_("study"))
    uid = models.CharField(_("series UID"), max_length=64)
    number = models.IntegerField(_("number"), null=True, blank=True)
    modality = models.CharField(_("modality"), max_length=16, blank=True)
    body_part = models.CharField(_("body part"), max_length=64, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("series"), _("series")
        ordering = ["study", "number", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "uid"], name="series_once_a_study")]

    def __str__(self):
        return self.description or self.uid


class Instance(models.Model):
    """One DICOM object: `member` is its name inside the document when that is a zip file, else empty."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="instances", verbose_name=_("series"))
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="instances", verbose_name=_("document")
    )
    uid = models.CharField(_("SOP instance UID"), max_length=64)
    number = models.IntegerField(_("number"), null=True, blank=True)
    member = models.CharField(_("name in the zip file"), max_length=1000, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("instance"), _("instances")
        ordering = ["series", "number", "id"]
        constraints = [models.UniqueConstraint(fields=["series", "uid"], name="instance_once_a_series")]

    def __str__(self):
        return self.uid


class SharedStudy(models.Model):
    """A copy of a study without what names the person (PS3.15 Annex E, basic profile), as a zip file for sharing.

    `file` is empty until a worker has made it. Pixels are not changed: `may_show_names` says text may be burned in.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="copies", verbose_name=_("study"))
    file = models.OneToOneField(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    may_show_names = models.BooleanField(_("text may be burned into the images"), default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    made_at = models.DateTimeField(_("made at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("de-identified copy"), _("de-identified copies")
        ordering = ["-asked_at"]

    def __str__(self):
        return str(self.study)
