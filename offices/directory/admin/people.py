from itertools import pairwise

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from offices.directory.admin.base import kept_rows
from offices.directory.models import Absence, StaffLanguage, User
from offices.directory.roles import Duty, Role
from offices.kit.languages import spoken_choices
from offices.kit.scoped_admin import ConfigurationAdmin, holds_duty


def manages_person(user, person) -> bool:
    """Whether `user` keeps this member of the team's languages, specialties, capacity and days away."""
    if not holds_duty(user, Duty.MANAGE_OFFICE) or user.is_superuser:
        return user.is_superuser
    is_theirs = user.works_everywhere or (person is not None and user.office_id == person.office_id)
    return person is not None and person.is_staff and not person.is_superuser and is_theirs


class PersonInline(TabularInline):
    extra = 0

    def has_view_permission(self, request, obj=None):
        """Django asks without a person before it reads the rows of one."""
        return holds_duty(request.user, Duty.MANAGE_OFFICE) if obj is None else manages_person(request.user, obj)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request, obj):
        return manages_person(request.user, obj)


class StaffLanguageForm(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "language" in self.fields:
            self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=spoken_choices())


class StaffLanguageInline(PersonInline):
    model = StaffLanguage
    form = StaffLanguageForm

    def get_readonly_fields(self, request, obj=None):
        """Who is a qualified translator is for superusers to say."""
        return [] if request.user.is_superuser else ["may_release"]


class AbsenceFormSet(BaseInlineFormSet):
    def clean(self):
        """Absences of one page do not overlap each other: the rows themselves only know what is kept already."""
        super().clean()
        days = sorted((row["starts_on"], row["ends_on"]) for row in kept_rows(self))
        if any(ends >= starts for (_s, ends), (starts, _e) in pairwise(days)):
            raise ValidationError(_("These days overlap another absence of the same person."))


class AbsenceInline(PersonInline):
    """A colleague of the same office stands in, who can open its cases."""

    model = Absence
    formset = AbsenceFormSet
    fk_name = "user"

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        if obj and "stand_in" in formset.form.base_fields:
            colleagues = User.objects.filter(is_staff=True, is_active=True, office=obj.office_id).exclude(pk=obj.pk)
            formset.form.base_fields["stand_in"].queryset = colleagues.order_by("name")
        return formset


class LowerCaseAddress:
    """Addresses are compared without regard to case, so they are kept in one."""

    def clean_email(self):
        return self.cleaned_data["email"].lower()


class NewUserForm(LowerCaseAddress, UserCreationForm):
    class Meta:
        model = User
        fields = ["email"]


class ChangedUserForm(LowerCaseAddress, UserChangeForm):
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean(self):
        data = super().clean()
        if data.get("roles") and not data.get("is_staff", self.instance.is_staff):
            raise ValidationError({"roles": _("Only staff have roles.")})
        return data


@admin.register(User)
class UserAdmin(ConfigurationAdmin, BaseUserAdmin):
    """Superusers open accounts and give roles. A manager keeps the languages, specialties, capacity and days away of
    the own office's staff; patients' accounts a manager does not see."""

    form, add_form, change_password_form = ChangedUserForm, NewUserForm, AdminPasswordChangeForm
    list_display = ["email", "name", "office", "shown_roles", "capacity", "is_staff", "is_active"]
    list_select_related = ["office"]
    list_filter = ["is_staff", "is_active", "office"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal = []
    autocomplete_fields = ["specialties"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        (_("Work"), {"fields": ["office", "roles", "specialties", "capacity", "language", "time_zone"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Times"), {"fields": ["last_login", "date_joined"]}),
    ]
    managers_fieldsets = [
        (None, {"fields": ["email", "name"]}),
        (_("Work"), {"fields": ["office", "shown_roles", "specialties", "capacity", "language", "time_zone"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "office", "is_staff", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [StaffLanguageInline, AbsenceInline]

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        staff = rows.filter(is_staff=True, is_superuser=False)
        return staff if request.user.works_everywhere else staff.filter(office=request.user.office_id or 0)

    def has_module_permission(self, request):
        return super().has_module_permission(request) or holds_duty(request.user, Duty.MANAGE_OFFICE)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) or manages_person(request.user, obj)

    def user_change_password(self, request, id, form_url=""):
        """Only superusers set another's password: a manager who could, could become that person."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_inlines(self, request, obj):
        return self.inlines if obj and obj.is_staff else []

    def get_fieldsets(self, request, obj=None):
        return super().get_fieldsets(request, obj) if request.user.is_superuser else self.managers_fieldsets

    def get_readonly_fields(self, request, obj=None):
        if request.user.is_superuser:
            return super().get_readonly_fields(request, obj)
        return ["email", "name", "office", "shown_roles", "language", "time_zone"]

    @display(description=_("roles"))
    def shown_roles(self, user):
        return ", ".join(str(Role(role).label) for role in user.roles if role in Role)
