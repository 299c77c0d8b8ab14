"""Documents: what a person sees of a file, and what the product has read in it."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.kit.ids import new_id
from offices.kit.transitions import fsm_trigger
from patients.intake.models import Draft, Patient
from patients.records.models.files import StoredFile

MOST_LETTERS_SHOWN = 20_000


class DocumentState(models.TextChoices):
    RECEIVED = "received", _("received, being checked")
    CHECKED = "checked", _("checked, being read")
    READY = "ready", _("ready")
    QUARANTINED = "quarantined", _("not accepted")


DOCUMENT_TRANSITIONS = {
    DocumentState.RECEIVED: (DocumentState.CHECKED, DocumentState.QUARANTINED),
    DocumentState.CHECKED: (DocumentState.READY, DocumentState.QUARANTINED),
    DocumentState.READY: (DocumentState.CHECKED,),
    DocumentState.QUARANTINED: (DocumentState.RECEIVED,),
}


class DocumentKind(models.TextChoices):
    IMAGING = "imaging", _("images (MRI, CT, X-ray ...)")
    IMAGING_REPORT = "imaging_report", _("imaging report")
    PATHOLOGY = "pathology", _("pathology report")
    LABORATORY = "laboratory", _("laboratory results")
    LETTER = "letter", _("letter of a doctor")
    DISCHARGE = "discharge", _("discharge summary")
    OPERATION = "operation", _("operation report")
    PRESCRIPTION = "prescription", _("prescription or list of medicines")
    VACCINATION = "vaccination", _("vaccination record")
    SUMMARY = "summary", _("patient summary (IPS or C-CDA)")
    PASSPORT = "passport", _("passport or identity card")
    INSURANCE = "insurance", _("insurance or letter of guarantee")
    AUTHORITY = "authority", _("proof of authority to act")
    OTHER = "other", _("other document")


class DocumentQuerySet(models.QuerySet):
    def kept(self):
        """What was accepted, or may still be."""
        return self.exclude(state=DocumentState.QUARANTINED)

    def for_list(self):
        """With what a list of documents shows, in a fixed number of queries: of a text (`text.start`), so many letters
        and one more.
        """
        text = DocumentText.objects.defer("text").annotate(start=Left("text", MOST_LETTERS_SHOWN + 1))
        return self.select_related("file", "study").prefetch_related(
            "processing", "previews", models.Prefetch("text", text)
        )


@pghistory.track(append_only=True, model_name="DocumentHistory")
class Document(models.Model):
    """A file of a draft, or of a patient. Kind and date are proposed by the product until a person states them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    draft = models.ForeignKey(Draft, on_delete=models.SET_NULL, null=True, blank=True, related_name="documents")
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("patient")
    )
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="documents", verbose_name=_("file"))
    filename = models.CharField(_("file name"), max_length=255)
    folder = models.CharField(_("folder"), max_length=1000, blank=True)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("sent by"),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=12, choices=DocumentState.choices, default=DocumentState.RECEIVED)
    # Why it was not accepted: a code of patients.records.refusals, which has the words.
    refusal = models.CharField(_("why not"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=DocumentKind.choices, default=DocumentKind.OTHER)
    dated_on = models.DateField(_("date of the document"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=12, blank=True)
    pages = models.PositiveIntegerField(_("pages"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("kind and date confirmed by"),
    )  # fmt: skip
    study = models.ForeignKey(
        "records.Study", on_delete=models.PROTECT, null=True, blank=True, related_name="documents",
        verbose_name=_("study"),
    )  # fmt: skip
    received_at = models.DateTimeField(_("received at"), default=timezone.now)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("document"), _("documents")
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["patient", "-received_at"], name="document_of_patient"),
            models.Index(fields=["draft", "-received_at"], condition=~Q(draft=None), name="document_of_draft"),
        ]
        triggers = [fsm_trigger("state", DOCUMENT_TRANSITIONS)]

    def __str__(self):
        return self.filename


class StepOutcome(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("could not be done")
    SKIPPED = "skipped", _("not needed")


class ProcessingStep(models.Model):
    """One step of reading a document (patients.records.pipeline names them) and how it ended."""

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="processing", verbose_name=_("document")
    )
    step = models.CharField(_("step"), max_length=20)
    position = models.PositiveSmallIntegerField(_("position"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=StepOutcome.choices, default=StepOutcome.WAITING)
    detail = models.TextField(_("detail"), blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("processing step"), _("processing steps")
        ordering = ["document", "position"]
        constraints = [models.UniqueConstraint(fields=["document", "step"], name="processing_step_once")]

    def __str__(self):
        return f"{self.step}: {self.outcome}"


class Preview(models.Model):
    """A small picture of a page (from 1), as JPEG; of images, one for each series."""

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="previews", verbose_name=_("document")
    )
    page = models.PositiveIntegerField(_("page"))
    series = models.OneToOneField(
        "records.Series", on_delete=models.SET_NULL, null=True, blank=True, related_name="preview",
        verbose_name=_("series"),
    )  # fmt: skip
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+", verbose_name=_("file"))
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))

    class Meta:
        verbose_name, verbose_name_plural = _("preview"), _("previews")
        ordering = ["document", "page"]
        constraints = [models.UniqueConstraint(fields=["document", "page"], name="preview_once_a_page")]

    def __str__(self):
        return f"{self.document} {self.page}"


class TextSource(models.TextChoices):
    FILE = "file", _("text of the file")
    OCR = "ocr", _("read from the picture")


class DocumentText(models.Model):
    """The text that was found in a document."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="text", verbose_name=_("document"))
    text = models.TextField(_("text"))
    source = models.CharField(_("source"), max_length=4, choices=TextSource.choices)

    class Meta:
        verbose_name, verbose_name_plural = _("text of a document"), _("texts of documents")

    def __str__(self):
        return self.text[:60]
