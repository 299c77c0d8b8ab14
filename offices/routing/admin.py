from django.contrib import admin
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from offices.directory.admin.base import DirectoryAdmin
from offices.directory.roles import Duty
from offices.kit.countries import country_name
from offices.kit.languages import language_name
from offices.kit.scoped_admin import ConfigurationAdmin, require_duty
from offices.routing.forms import NeedForm, RuleForm
from offices.routing.models import Requirement, RoutingRule
from offices.routing.needs import Pathway, Urgency
from offices.routing.rulebook import NoOffice
from offices.routing.services import decide

REASONS = {
    "rule": gettext_lazy("A rule names it."),
    "country": gettext_lazy("It serves the country."),
    "language": gettext_lazy("No office serves the country; this one speaks the language."),
    "fallback": gettext_lazy("It takes what no other office serves."),
}


def _sees_team(user, office):
    """How busy and how away people are is for their own office to see."""
    return user.works_everywhere or user.office_id == office.pk


@admin.register(Requirement)
class RequirementAdmin(DirectoryAdmin):
    list_display = ["name", "code", "kind", "position"]
    list_filter = ["kind"]
    search_fields = ["code", "name"]


@admin.register(RoutingRule)
class RoutingRuleAdmin(ConfigurationAdmin):
    """The rules in the order in which they are asked, and a form that shows who would get a request."""

    read_duty, change_duty = Duty.READ_DIRECTORY, Duty.MANAGE_DIRECTORY
    form = RuleForm
    list_display = ["name", "position", "shown_conditions", "office", "valid_from", "valid_until"]
    list_filter = ["office"]
    list_select_related = ["office"]
    autocomplete_fields = ["specialties", "requirements"]
    list_before_template = "routing/try_link.html"

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("specialties")

    def get_urls(self):
        view = self.admin_site.admin_view(self.try_view)
        return [path("try/", view, name="routing_routingrule_try"), *super().get_urls()]

    @display(description=gettext_lazy("conditions"))
    def shown_conditions(self, rule):
        conditions = [
            *(country_name(code) for code in rule.countries),
            *(language_name(code) for code in rule.languages),
            *(specialty.name for specialty in rule.specialties.all()),
            *(str(Pathway(code).label) for code in rule.pathways),
            *(str(Urgency(code).label) for code in rule.urgencies),
        ]
        return " · ".join(conditions) or _("every request")

    def try_view(self, request):
        """Who would get this? Nothing is written."""
        require_duty(request, Duty.READ_DIRECTORY)
        form = NeedForm(request.GET or None)
        decision = None
        if form.is_valid():
            try:
                decision = decide(form.need(), at=form.cleaned_data["at"])
            except NoOffice as error:
                form.add_error(None, str(error))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Who would get this?"),
            "form": form,
            "decision": decision,
            "candidates": decision.candidates if decision and _sees_team(request.user, decision.office) else [],
            "reason": REASONS[decision.because] if decision else "",
            "rules": reverse("admin:routing_routingrule_changelist"),
            "at": form.cleaned_data.get("at") if form.is_bound else None,
            "time_zone": request.user.time_zone,
        }
        return TemplateResponse(request, "routing/try.html", context)
