from itertools import pairwise

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import INPUT_CLASSES

from offices.directory.admin.base import DirectoryAdmin, kept_rows
from offices.directory.models import Office, OfficeChannel, OfficeCountry, OfficeDay, OfficeHours, Region
from offices.directory.roles import Duty
from offices.kit.languages import language_name
from offices.kit.scoped_admin import holds_duty


@admin.register(Region)
class RegionAdmin(DirectoryAdmin):
    list_display = ["name", "code", "position"]


def manages_office(user, office_id) -> bool:
    """Whether the person may change this office's hours, days and channels."""
    return holds_duty(user, Duty.MANAGE_OFFICE) and (user.works_everywhere or user.office_id == office_id)


class LocalTimeInput(forms.TimeInput):
    """A time by the office's own clock: the desk's own widget would warn that the reader's clock is another."""

    input_type = "time"

    def __init__(self, attrs=None):
        super().__init__({"class": " ".join(INPUT_CLASSES)} | (attrs or {}), format="%H:%M")


class OfficeInline(TabularInline):
    """Rows of an office that its manager keeps."""

    extra = 0
    formfield_overrides = {models.TimeField: {"widget": LocalTimeInput}}

    def has_view_permission(self, request, obj=None):
        return holds_duty(request.user, Duty.READ_DIRECTORY)

    def has_change_permission(self, request, obj=None):
        return holds_duty(request.user, Duty.MANAGE_DIRECTORY) or (
            obj is not None and manages_office(request.user, obj.pk)
        )

    has_delete_permission = has_change_permission

    def has_add_permission(self, request, obj):
        return self.has_change_permission(request, obj)


class HoursFormSet(BaseInlineFormSet):
    def clean(self):
        """Hours of one page do not overlap each other: the rows themselves only know what is kept already."""
        super().clean()
        spans = sorted((row["weekday"], row["opens_at"], row["closes_at"]) for row in kept_rows(self))
        if any(day == next_day and closes > opens for (day, _o, closes), (next_day, opens, _c) in pairwise(spans)):
            raise ValidationError(_("These hours overlap others of the same day."))


class OfficeHoursInline(OfficeInline):
    model = OfficeHours
    formset = HoursFormSet


class OfficeChannelInline(OfficeInline):
    model = OfficeChannel


class OfficeCountryInline(OfficeInline):
    model = OfficeCountry

    def has_change_permission(self, request, obj=None):
        return holds_duty(request.user, Duty.MANAGE_DIRECTORY)

    has_delete_permission = has_change_permission


@admin.register(Office)
class OfficeAdmin(DirectoryAdmin):
    """Offices, read by the team. A manager keeps the own office's page; what it serves is the directory's to say."""

    list_display = ["name", "code", "region", "time_zone", "shown_languages_spoken", "is_fallback"]
    list_select_related = ["region"]
    inlines = [OfficeHoursInline, OfficeChannelInline, OfficeCountryInline]
    fixed_for_managers = ["code", "region", "is_fallback", "time_zone", "holiday_country"]

    def has_change_permission(self, request, obj=None):
        mine = obj is not None and manages_office(request.user, obj.pk)
        return mine or super().has_change_permission(request, obj)

    def get_readonly_fields(self, request, obj=None):
        return [] if super().has_change_permission(request, obj) else self.fixed_for_managers

    @display(description=_("languages spoken"))
    def shown_languages_spoken(self, office):
        return ", ".join(language_name(code) for code in office.languages)


@admin.register(OfficeDay)
class OfficeDayAdmin(DirectoryAdmin):
    """The special days, of every office to read; a manager keeps those of the own office."""

    list_display = ["day", "office", "name", "opens_at", "closes_at"]
    list_filter = ["office"]
    list_select_related = ["office"]
    date_hierarchy = "day"
    ordering = ["-day"]
    formfield_overrides = {models.TimeField: {"widget": LocalTimeInput}}

    def has_add_permission(self, request):
        return holds_duty(request.user, Duty.MANAGE_OFFICE) or super().has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        mine = obj is not None and manages_office(request.user, obj.office_id)
        return mine or super().has_change_permission(request, obj)

    has_delete_permission = has_change_permission

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "office" and not request.user.works_everywhere:
            kwargs["queryset"] = Office.objects.filter(pk=request.user.office_id)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
