import re

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from offices.directory.admin.base import DirectoryAdmin
from patients.records.models import ReadinessRule

MODALITY = re.compile("[A-Z][A-Z0-9]{1,15}")


class ReadinessRuleForm(forms.ModelForm):
    def clean_modalities(self):
        """Codes apart by a comma, in capitals."""
        codes = [code.strip().upper() for code in self.cleaned_data["modalities"].split(",") if code.strip()]
        if wrong := [code for code in codes if not MODALITY.fullmatch(code)]:
            raise ValidationError(_("“%(code)s” is not the code of a modality."), params={"code": wrong[0]})
        return ",".join(dict.fromkeys(codes))


@admin.register(ReadinessRule)
class ReadinessRuleAdmin(DirectoryAdmin):
    """Which records are needed, for which specialty and pathway, and how recent they must be."""

    form = ReadinessRuleForm
    list_display = ["name", "shown_specialty", "shown_pathway", "kind", "shown_age", "is_required", "position"]
    list_display_links = ["name"]
    list_filter = ["is_required", "kind", "specialty"]
    list_select_related = ["specialty"]
    autocomplete_fields = ["specialty"]
    search_fields = ["code", "name"]

    @display(description=gettext_lazy("specialty"), ordering="specialty__position")
    def shown_specialty(self, rule):
        return rule.specialty.name if rule.specialty else _("all")

    @display(description=gettext_lazy("pathway"), ordering="pathway")
    def shown_pathway(self, rule):
        return rule.get_pathway_display() if rule.pathway else _("all")

    @display(description=gettext_lazy("not older than (days)"), ordering="max_age_days")
    def shown_age(self, rule):
        return _("of any age") if rule.max_age_days is None else rule.max_age_days
