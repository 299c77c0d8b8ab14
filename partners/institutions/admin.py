from django.contrib import admin, messages
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken
from unfold.admin import TabularInline
from unfold.decorators import display

from offices.kit.scoped_admin import ConfigurationAdmin, ReadOnlyConfigurationAdmin
from partners.institutions.models import Credential, Institution
from partners.institutions.services import (
    InstitutionNotActive,
    issue_credential,
    resume_institution,
    revoke_credential,
    suspend_institution,
)

# The toolkit's own pages would show and change what only our services may.
admin.site.unregister([Credential, AccessToken, Grant, IDToken, RefreshToken])

LONGEST_LABEL = Credential._meta.get_field("label").max_length


class ActingAdmin:
    """Views that act on one row: POST only, for superusers, 404 for a row that is not there."""

    acts = ()

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(f"<str:pk>/{act}/", self.admin_site.admin_view(self._guard(act)), name=f"{name}_{act}")
            for act in self.acts
        ] + super().get_urls()

    def _guard(self, act):
        @never_cache
        def view(request, pk):
            row = self.get_object(request, pk) if self.has_change_act_permission(request) else None
            if row is None:
                raise Http404
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return getattr(self, act)(request, row)

        return view

    def has_change_act_permission(self, request):
        return request.user.is_active and request.user.is_superuser

    def back_to(self, row):
        return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk]))


class CredentialInline(TabularInline):
    model = Credential
    extra = 0
    show_change_link = True
    view_on_site = False
    fields = readonly_fields = ["label", "client_id", "created", "revoked_at"]

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Institution)
class InstitutionAdmin(ActingAdmin, ConfigurationAdmin):
    """The partner institutions; from each one's page it is suspended or resumed, and given credentials."""

    acts = ("suspend", "resume", "issue")
    list_display = ["name", "code", "country", "shown_state"]
    search_fields = ["name", "code"]
    fields = ["name", "code", "country"]
    change_form_template = "institutions/institution_page.html"

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []

    def get_inlines(self, request, obj):
        return [CredentialInline] if obj else []

    @display(
        description=gettext_lazy("state"), label={"active": "success", "suspended": "danger"}, ordering="is_active"
    )
    def shown_state(self, institution):
        return ("active", _("Active")) if institution.is_active else ("suspended", _("Suspended"))

    def suspend(self, request, institution):
        suspend_institution(institution=institution, actor=request.user)
        messages.success(request, _("The institution is suspended. None of its credentials works now."))
        return self.back_to(institution)

    def resume(self, request, institution):
        resume_institution(institution=institution, actor=request.user)
        messages.success(request, _("The institution is active again. Its systems ask for new tokens."))
        return self.back_to(institution)

    def issue(self, request, institution):
        """Shows the secret in the answer itself: it is kept nowhere, not even in the session."""
        label = request.POST.get("label", "").strip()[:LONGEST_LABEL]
        try:
            credential, secret = issue_credential(institution=institution, actor=request.user, label=label)
        except InstitutionNotActive:
            messages.error(request, _("The institution is suspended: resume it first."))
            return self.back_to(institution)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New credential"),
            "institution": institution,
            "credential": credential,
            "secret": secret,
        }
        return TemplateResponse(request, "institutions/secret_page.html", context)


@admin.register(Credential)
class CredentialAdmin(ActingAdmin, ReadOnlyConfigurationAdmin):
    acts = ("revoke",)
    list_display = ["client_id", "label", "institution", "created", "shown_state"]
    list_select_related = ["institution"]
    search_fields = ["client_id", "label", "institution__name", "institution__code"]
    fields = ["institution", "label", "client_id", "created", "revoked_at"]
    change_form_template = "institutions/credential_page.html"

    @display(description=gettext_lazy("state"), label={"usable": "success", "revoked": "danger"})
    def shown_state(self, credential):
        return ("revoked", _("Revoked")) if credential.revoked_at else ("usable", _("Usable"))

    def revoke(self, request, credential):
        revoke_credential(credential=credential, actor=request.user)
        messages.success(request, _("The credential is revoked, with all its tokens."))
        return self.back_to(credential)
