"""What records a specialty needs before its physicians can look at a case."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from offices.directory.models import Specialty
from offices.routing.needs import Pathway
from patients.records.models.documents import DocumentKind


class ReadinessRule(models.Model):
    """A record that is needed. `specialty` empty: by all; `pathway` empty: on all; `max_age_days` empty: of any age.

    `modalities` are DICOM codes, for images alone: `MR,CT` takes either.
    """

    code = models.SlugField(_("code"), unique=True)
    specialty = models.ForeignKey(
        Specialty, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("specialty")
    )
    pathway = models.CharField(_("pathway"), max_length=16, choices=Pathway.choices, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=DocumentKind.choices)
    modalities = models.CharField(_("modalities"), max_length=80, blank=True)
    max_age_days = models.PositiveSmallIntegerField(_("not older than (days)"), null=True, blank=True)
    is_required = models.BooleanField(_("required"), default=True)
    name = models.CharField(_("name"), max_length=160)
    why = models.TextField(_("why it is needed"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("needed record"), _("needed records")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(modalities="") | Q(kind=DocumentKind.IMAGING), name="readiness_modalities_of_images"
            )
        ]

    def __str__(self):
        return self.name
