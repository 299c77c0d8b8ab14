"""For the list of a model with translated texts: which languages a row has, and a filter for the rows that lack one."""

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from offices.directory.completeness import lacking_languages, lacks_language


class LacksLanguage(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("lacks a language"), "lacks"

    def lookups(self, request, model_admin):
        return [(code, name) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]

    def queryset(self, request, queryset):
        known = {code for code, _name in self.lookup_choices}
        return queryset.filter(lacks_language(queryset.model, self.value())) if self.value() in known else queryset


class TranslatedAdmin:
    """Adds the column and the filter to a ModelAdmin's own."""

    def get_list_display(self, request):
        return [*super().get_list_display(request), "shown_languages"]

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), LacksLanguage]

    @display(description=gettext_lazy("languages"))
    def shown_languages(self, row):
        lacking, count = lacking_languages(row), len(settings.LANGUAGES)
        told = _("%(count)s of %(all)s") % {"count": count - len(lacking), "all": count}
        return _("%(told)s, without %(codes)s") % {"told": told, "codes": ", ".join(lacking)} if lacking else told
