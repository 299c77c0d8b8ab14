"""Problems, allergies and medicines that a structured record (IPS bundle, C-CDA file) states."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from patients.records.models.documents import Document


class Section(models.TextChoices):
    PROBLEM = "problem", _("problems")
    ALLERGY = "allergy", _("allergies")
    MEDICINE = "medicine", _("medicines")


class ClinicalItem(models.Model):
    """One line of a summary. `source` says where in the document it stands: a FHIRPath, or a line of an XML file."""

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="clinical_items", verbose_name=_("document")
    )
    section = models.CharField(_("section"), max_length=8, choices=Section.choices)
    position = models.PositiveSmallIntegerField(_("position"))
    text = models.TextField(_("text"))
    detail = models.TextField(_("detail"), blank=True)
    code = models.CharField(_("code"), max_length=64, blank=True)
    code_system = models.CharField(_("code system"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=40, blank=True)
    since = models.CharField(_("since"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name, verbose_name_plural = _("clinical item"), _("clinical items")
        ordering = ["document", "section", "position"]
        constraints = [
            models.UniqueConstraint(fields=["document", "section", "position"], name="clinical_item_in_order")
        ]

    def __str__(self):
        return self.text[:60]
