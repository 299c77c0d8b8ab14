from modeltranslation.admin import TabbedTranslationAdmin

from offices.directory.completeness_admin import TranslatedAdmin
from offices.directory.roles import Duty
from offices.directory.services import announce_change
from offices.kit.scoped_admin import ConfigurationAdmin


class DirectoryAdmin(TranslatedAdmin, ConfigurationAdmin, TabbedTranslationAdmin):
    """A table of the directory: the team reads it, its managers change it, and each change is announced."""

    read_duty, change_duty = Duty.READ_DIRECTORY, Duty.MANAGE_DIRECTORY

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        announce_change()
