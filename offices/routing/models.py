"""The rules, as rows with effective dates, and what they can require of a patient."""

from datetime import date

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from offices.directory.models import Office, Specialty, validate_languages
from offices.routing.needs import Pathway, Urgency


class RequirementKind(models.TextChoices):
    VISA = "visa", _("visa")
    RECORD = "record", _("medical record")
    CONSENT = "consent", _("consent")


class Requirement(models.Model):
    """Something a patient needs before care: a type of visa, a record, a separate consent."""

    code = models.SlugField(_("code"), unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=RequirementKind.choices)
    name = models.CharField(_("name"), max_length=160)
    text = models.TextField(_("what the patient is told"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("requirement"), _("requirements")
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


def today() -> date:
    return timezone.now().date()


def validate_countries(codes: list[str]) -> None:
    for code in codes:
        if code not in countries:
            raise ValidationError(_("“%(code)s” is not the code of a country."), params={"code": code})


def _codes(label, **options):
    return ArrayField(
        models.CharField(max_length=16, **options.pop("base", {})),
        verbose_name=label, default=list, blank=True, help_text=_("Empty: any."), **options,
    )  # fmt: skip


@pghistory.track(append_only=True, model_name="RoutingRuleHistory")
class RoutingRule(models.Model):
    """For requests that meet all its conditions: the office that takes them, and what they require.

    An empty condition is met by every request. The first rule by `position` that names an office decides the office;
    the requirements of all rules that match come together. In force from `valid_from` to the day before `valid_until`.
    """

    name = models.CharField(_("name"), max_length=160)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    countries = _codes(_("countries of residence"), validators=[validate_countries])
    languages = _codes(_("languages"), validators=[validate_languages])
    specialties = models.ManyToManyField(Specialty, blank=True, related_name="+", verbose_name=_("specialties"))
    pathways = _codes(_("pathways"), base={"choices": Pathway.choices})
    urgencies = _codes(_("urgencies"), base={"choices": Urgency.choices})
    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("office"),
        help_text=_("Empty: the rule only requires something."),
    )  # fmt: skip
    requirements = models.ManyToManyField(Requirement, blank=True, related_name="rules", verbose_name=_("requirements"))
    valid_from = models.DateField(_("valid from"), default=today)
    valid_until = models.DateField(_("valid until"), null=True, blank=True, help_text=_("The first day without it."))

    class Meta:
        verbose_name, verbose_name_plural = _("routing rule"), _("routing rules")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_from__lt=F("valid_until")),
                name="routingrule_valid_from_before_until",
                violation_error_message=_("A rule ends after it begins."),
            )
        ]

    def __str__(self):
        return self.name
