"""The patients of the cases that the reader sees: who they are, who acts for them, and who may be the same person."""

from django.contrib import admin, messages
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from offices.directory.roles import Duty
from offices.kit.languages import language_name
from offices.kit.scoped_admin import ScopedAdmin, require_duty
from offices.kit.templatetags.formats import country_name
from patients.cases.models import Case
from patients.cases.people import CannotRepresent, invite_representative, patients_visible_to, people_context
from patients.cases.people_forms import IdentityForm, RepresentativeForm
from patients.intake.models import MatchState, Patient, PatientMatch, Representative
from patients.intake.people import correct_identity, end_representation
from patients.intake.search import patients_matching


class PossibleDuplicates(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("possible duplicate"), "duplicate"

    def lookups(self, request, model_admin):
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request, queryset):
        kept = {"yes": Q(may_be_twice=True), "no": Q(may_be_twice=False)}
        return queryset.filter(kept.get(self.value(), Q()))


@admin.register(Patient)
class PatientAdmin(ScopedAdmin):
    """Patients, found in any script and spelling, and the page of one person."""

    read_duty = Duty.READ_CASES

    list_display = ["shown_name", "birth_date", "shown_country", "shown_language", "shown_cases", "shown_duplicate"]
    list_filter = [PossibleDuplicates, "sex"]
    search_fields = ["given_names"]  # shows the box; `get_search_results` searches
    search_help_text = gettext_lazy("Name in any script, birth date, passport, phone, e-mail or reference")

    def get_queryset(self, request):
        cases = Case.objects.visible_to(request.user).filter(patient=OuterRef("pk")).order_by()
        number = cases.values("patient").annotate(number=Count("pk")).values("number")
        twice = PatientMatch.objects.filter(Q(first=OuterRef("pk")) | Q(second=OuterRef("pk")))
        return (
            patients_visible_to(request.user)
            .defer("search")
            .annotate(
                number_of_cases=Coalesce(Subquery(number, output_field=IntegerField()), 0),
                may_be_twice=Exists(twice.filter(state=MatchState.PROPOSED)),
            )
        )

    def get_search_results(self, request, queryset, search_term):
        return (patients_matching(search_term, among=queryset) if search_term.strip() else queryset), False

    def get_urls(self):
        pages = [
            ("<uuid:patient_id>/represent/", self.represent_view, "represent"),
            ("<uuid:patient_id>/representatives/<uuid:representative_id>/end/", self.end_view, "end_representation"),
            ("<uuid:patient_id>/correct/", self.correct_view, "correct"),
        ]
        own = [
            path(route, self.admin_site.admin_view(view), name=f"intake_patient_{name}") for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    @display(description=gettext_lazy("name"), ordering="family_name")
    def shown_name(self, patient):
        return format_html("<bdi>{}</bdi>", patient.name)

    @display(description=gettext_lazy("country of residence"), ordering="residence_country")
    def shown_country(self, patient):
        return country_name(patient.residence_country)

    @display(description=gettext_lazy("language"), ordering="language")
    def shown_language(self, patient):
        return language_name(patient.language)

    @display(description=gettext_lazy("cases"), ordering="number_of_cases")
    def shown_cases(self, patient):
        return patient.number_of_cases

    @display(description=gettext_lazy("duplicate"), label={"possible": "warning"})
    def shown_duplicate(self, patient):
        return ("possible", _("Possible duplicate")) if patient.may_be_twice else None

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.patient_page(request, self.get_object(request, object_id))

    @method_decorator(require_POST)
    def represent_view(self, request, patient_id):
        patient = self.get_object(request, str(patient_id))
        require_duty(request, Duty.MOVE_CASES)
        form = RepresentativeForm(patient, request.POST)
        if form.is_valid():
            try:
                invite_representative(patient=patient, actor=request.user, **form.cleaned_data)
            except CannotRepresent:
                form.add_error("email", _("This address belongs to the team, or to an account that is closed."))
            else:
                text = _("%(email)s acts for the patient now, and is told by mail.")
                messages.success(request, text % {"email": form.cleaned_data["email"]})
                return redirect(_page_of(patient))
        return self.patient_page(request, patient, representative_form=form)

    @method_decorator(require_POST)
    def end_view(self, request, patient_id, representative_id):
        patient = self.get_object(request, str(patient_id))
        require_duty(request, Duty.MOVE_CASES)
        representative = get_object_or_404(Representative, pk=representative_id, patient=patient.pk)
        end_representation(representative=representative, actor=request.user)
        text = _("%(name)s no longer acts for the patient, and sees none of the cases.")
        messages.success(request, text % {"name": representative.account})
        return redirect(_page_of(patient))

    @method_decorator(require_POST)
    def correct_view(self, request, patient_id):
        patient = self.get_object(request, str(patient_id))
        require_duty(request, Duty.MOVE_CASES)
        form = IdentityForm(patient, request.POST)
        if not form.is_valid():
            return self.patient_page(request, patient, identity_form=form)
        correct_identity(patient=patient, actor=request.user, **form.cleaned_data)
        messages.success(request, _("It is kept. The cases of this patient show it too."))
        return redirect(_page_of(patient))

    def patient_page(self, request, patient, **failed):
        """The page; `failed` forms of it stand there as they were sent, by their names in the context."""
        context = {
            **self.admin_site.each_context(request),
            **people_context(patient, request.user),
            "opts": self.opts,
            "title": patient.name,
            "patient": patient,
            "time_zone": request.user.time_zone,
            "representative_form": RepresentativeForm(patient),
            "identity_form": IdentityForm(patient),
            **failed,
        }
        return TemplateResponse(request, "cases/patient_page.html", context, status=422 if failed else 200)


def _page_of(patient):
    return reverse("admin:intake_patient_change", args=[patient.pk])
