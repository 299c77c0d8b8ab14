from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TabbedTranslationAdmin
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from offices.directory.models import Office, OfficeCountry, Region, Specialty, User
from offices.kit.scoped_admin import ConfigurationAdmin


@admin.register(Region)
class RegionAdmin(ConfigurationAdmin, TabbedTranslationAdmin):
    list_display = ["name", "code", "position"]


class OfficeCountryInline(TabularInline):
    model = OfficeCountry
    extra = 0

    def has_add_permission(self, request, obj=None):
        return request.user.is_superuser

    has_change_permission = has_delete_permission = has_view_permission = has_add_permission


@admin.register(Office)
class OfficeAdmin(ConfigurationAdmin, TabbedTranslationAdmin):
    list_display = ["name", "code", "region", "time_zone", "opens_at", "closes_at", "is_fallback"]
    list_select_related = ["region"]
    inlines = [OfficeCountryInline]


@admin.register(Specialty)
class SpecialtyAdmin(ConfigurationAdmin, TabbedTranslationAdmin):
    list_display = ["name", "code", "is_offered", "position"]
    list_filter = ["is_offered"]
    search_fields = ["name", "code"]


class LowerCaseAddress:
    """Addresses are compared without regard to case, so they are kept in one."""

    def clean_email(self):
        return self.cleaned_data["email"].lower()


class NewUserForm(LowerCaseAddress, UserCreationForm):
    class Meta:
        model = User
        fields = ["email"]


class ChangedUserForm(LowerCaseAddress, UserChangeForm):
    pass


@admin.register(User)
class UserAdmin(ConfigurationAdmin, BaseUserAdmin):
    form, add_form, change_password_form = ChangedUserForm, NewUserForm, AdminPasswordChangeForm
    list_display = ["email", "name", "office", "is_staff", "is_active"]
    list_select_related = ["office"]
    list_filter = ["is_staff", "is_active", "office"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        (_("Work"), {"fields": ["office", "language", "time_zone", "qualified_languages"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Times"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "office", "is_staff", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]
