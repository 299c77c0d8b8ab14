"""What the centre gives: service lines, their specialties, and the programmes within these.

Only what is marked as offered and has a responsible physician lead can be asked for: we never sell what we cannot give.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Physician(models.Model):
    """A physician who answers for services of the centre. Who has left leads nothing any more."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    title = models.CharField(_("title"), max_length=200, blank=True)
    is_active = models.BooleanField(_("at the centre"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("physician"), _("physicians")
        ordering = ["name"]

    def __str__(self):
        return self.name


class ServiceLine(models.Model):
    """A group of specialties as patients look for them."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    summary = models.TextField(_("summary"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("service line"), _("service lines")
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


class ServiceQuerySet(models.QuerySet):
    def offered(self):
        """What can be asked for: marked as offered, with a responsible physician who is at the centre."""
        return self.filter(is_offered=True, lead__is_active=True)


class Service(models.Model):
    """What specialties and programmes share."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    summary = models.TextField(_("summary"), blank=True)
    is_offered = models.BooleanField(_("offered"), default=False)
    lead = models.ForeignKey(
        Physician, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("responsible physician"),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_offered=False) | Q(lead__isnull=False),
                name="%(class)s_offered_has_lead",
                violation_error_message=_("Name the responsible physician before this is offered."),
            )
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if self.is_offered and self.lead and not self.lead.is_active:
            raise ValidationError({"lead": _("This physician is no longer at the centre.")})

    @property
    def can_be_requested(self) -> bool:
        return self.is_offered and self.lead is not None and self.lead.is_active


class Specialty(Service):
    """A field of medicine."""

    service_line = models.ForeignKey(
        ServiceLine, on_delete=models.PROTECT, null=True, blank=True, related_name="specialties",
        verbose_name=_("service line"),
    )  # fmt: skip

    class Meta(Service.Meta):
        verbose_name, verbose_name_plural = _("specialty"), _("specialties")


class ProgrammeQuerySet(ServiceQuerySet):
    def offered(self):
        """Also its specialty must be one that can be asked for."""
        return super().offered().filter(specialty__is_offered=True, specialty__lead__is_active=True)


class Programme(Service):
    """A treatment or service within a specialty, as a patient may ask for it by name."""

    specialty = models.ForeignKey(
        Specialty, on_delete=models.PROTECT, related_name="programmes", verbose_name=_("specialty")
    )

    objects = ProgrammeQuerySet.as_manager()

    class Meta(Service.Meta):
        verbose_name, verbose_name_plural = _("programme"), _("programmes")

    @property
    def can_be_requested(self) -> bool:
        return super().can_be_requested and self.specialty.can_be_requested
