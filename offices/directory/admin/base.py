from django.forms.widgets import Script
from django.utils.text import capfirst
from modeltranslation.admin import TranslationAdmin
from modeltranslation.fields import TranslationField

from offices.directory.completeness_admin import TranslatedAdmin
from offices.directory.roles import Duty
from offices.directory.services import announce_change
from offices.kit.languages import language_name
from offices.kit.scoped_admin import ConfigurationAdmin


def kept_rows(formset) -> list[dict]:
    """The rows of a page's formset that are whole and stay."""
    rows = (form.cleaned_data for form in formset.forms if form.is_valid())
    return [row for row in rows if row and not row.get("DELETE")]


class DirectoryAdmin(TranslatedAdmin, ConfigurationAdmin, TranslationAdmin):
    """A table of the directory: the team reads it, its managers change it, and each change is announced.

    Translated fields stand under a tab for each language (static/js/language_tabs.js).
    """

    read_duty, change_duty = Duty.READ_DIRECTORY, Duty.MANAGE_DIRECTORY

    class Media:
        js = (Script("js/language_tabs.js", defer=True),)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(db_field, TranslationField):
            text = db_field.translated_field
            field.label = f"{capfirst(text.verbose_name)} ({language_name(db_field.language)})"
            field.widget.attrs |= {
                "data-language": db_field.language, "data-text": text.name, "lang": db_field.language, "dir": "auto"
            }  # fmt: skip
        return field

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        announce_change()

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        announce_change()

    def delete_queryset(self, request, queryset):
        super().delete_queryset(request, queryset)
        announce_change()
