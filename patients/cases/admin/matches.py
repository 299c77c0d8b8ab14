"""Pairs of patients who may be one person: the queue, and the page on which a person of the team decides."""

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from offices.directory.roles import Duty
from offices.kit.scoped_admin import ScopedAdmin, require_duty
from offices.kit.transitions import IllegalTransition
from patients.cases.people import likelihood, matches_visible_to, reason_lines
from patients.cases.people_forms import DecisionForm
from patients.cases.side_by_side import side_by_side
from patients.intake.matching import decide_match, undo_match
from patients.intake.models import MatchState, PatientMatch

STATE_LABELS = {MatchState.PROPOSED: "warning", MatchState.LINKED: "success", MatchState.DISMISSED: "default"}


class State(admin.SimpleListFilter):
    """What is to be decided, unless another state is chosen."""

    title, parameter_name = gettext_lazy("state"), "state"

    def lookups(self, request, model_admin):
        return MatchState.choices

    def value(self):
        chosen = super().value()
        return chosen if chosen in MatchState.values else MatchState.PROPOSED.value

    def choices(self, changelist):
        return list(super().choices(changelist))[1:]

    def queryset(self, request, queryset):
        return queryset.filter(state=self.value())


@admin.register(PatientMatch)
class PatientMatchAdmin(ScopedAdmin):
    """Who sees the cases of both decides; the likeliest pairs stand first."""

    read_duty = Duty.READ_CASES

    list_display = ["shown_pair", "shown_score", "shown_reasons", "found_at", "shown_state", "decided_by"]
    list_display_links = ["shown_pair"]
    list_select_related = ["first", "second", "decided_by"]
    list_filter = [State]
    ordering = ["-score", "-found_at"]

    def get_queryset(self, request):
        return matches_visible_to(request.user).defer("first__search", "second__search")

    def get_urls(self):
        pages = [("decide", self.decide_view), ("undo", self.undo_view)]
        own = [
            path(f"<uuid:match_id>/{name}/", self.admin_site.admin_view(view), name=f"intake_patientmatch_{name}")
            for name, view in pages
        ]
        return [*own, *super().get_urls()]

    @display(description=gettext_lazy("patients"))
    def shown_pair(self, match):
        return format_html("<bdi>{}</bdi><br><bdi>{}</bdi>", match.first.name, match.second.name)

    @display(
        description=gettext_lazy("likelihood"),
        label={"certain": "danger", "likely": "warning", "possible": "info"},
        ordering="score",
    )
    def shown_score(self, match):
        return likelihood(match.score), f"{match.score} / 100"

    @display(description=gettext_lazy("reasons"))
    def shown_reasons(self, match):
        return ", ".join(str(reason) for reason, points in reason_lines(match) if points > 0)

    @display(description=gettext_lazy("state"), label=STATE_LABELS, ordering="state")
    def shown_state(self, match):
        return match.state, match.get_state_display()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.match_page(request, self.get_object(request, object_id))

    @method_decorator(require_POST)
    def decide_view(self, request, match_id):
        return self._act(request, match_id, _("It is noted: %(state)s."), self._decide)

    @method_decorator(require_POST)
    def undo_view(self, request, match_id):
        return self._act(request, match_id, _("The decision is taken back: %(state)s."), self._undo)

    def _decide(self, match, actor, form):
        if not form.cleaned_data["state"]:
            raise IllegalTransition(match.state, "")
        return decide_match(match=match, state=form.cleaned_data["state"], actor=actor, note=form.cleaned_data["note"])

    def _undo(self, match, actor, form):
        return undo_match(match=match, actor=actor, note=form.cleaned_data["note"])

    def _act(self, request, match_id, done, act):
        match = self.get_object(request, str(match_id))
        require_duty(request, Duty.MOVE_CASES)
        form = DecisionForm(match, request.POST)
        if not form.is_valid():
            return self.match_page(request, match, form)
        try:
            if form.cleaned_data["seen"] != match.state:
                raise IllegalTransition(match.state, form.cleaned_data["state"])
            match = act(match, request.user, form)
        except IllegalTransition:
            messages.error(request, _("Nothing was changed: a colleague has decided meanwhile."))
        else:
            messages.success(request, done % {"state": match.get_state_display()})
        return redirect(reverse("admin:intake_patientmatch_change", args=[match.pk]))

    def match_page(self, request, match, form=None):
        match = PatientMatch.objects.select_related("first", "second", "decided_by").get(pk=match.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Possible duplicate"),
            "match": match,
            "likelihood": likelihood(match.score),
            "reasons": reason_lines(match),
            "rows": side_by_side(match, request.user),
            "is_proposed": match.state == MatchState.PROPOSED,
            "may_decide": request.user.may(Duty.MOVE_CASES),
            "form": form or DecisionForm(match),
            "time_zone": request.user.time_zone,
        }
        return TemplateResponse(request, "cases/match_page.html", context, status=422 if form else 200)
