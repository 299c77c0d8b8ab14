from datetime import timedelta

from django.contrib import admin, messages
from django.db import models
from django.db.models import Q
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from offices.directory.models import Absence
from offices.directory.roles import Duty
from offices.directory.services import stand_in_for
from offices.kit.languages import language_name
from offices.kit.scoped_admin import ScopedAdmin, require_duty
from offices.kit.templatetags.formats import country_name, time_until
from offices.kit.transitions import IllegalTransition
from offices.notifications.models import Notification
from offices.routing.needs import Urgency
from patients.cases.admin.record_cards import record_cards
from patients.cases.admin.record_column import AskedForRecords, RecordsColumn
from patients.cases.admin.records import CaseRecords
from patients.cases.forms import HandoverForm, MessageForm, StageForm
from patients.cases.models import Case, Message, Stage
from patients.cases.panels import panels_for
from patients.cases.people import people_context
from patients.cases.search import search_cases
from patients.cases.services import (
    CannotHandOver,
    NobodyReads,
    advance_case,
    hand_over_case,
    post_message,
    record_call,
)
from patients.intake.people import acting_for

SOON_HOURS = 4
NO_ADDRESS = gettext_lazy("The patient gave no e-mail address, so nobody would read a message here: call instead.")
URGENCY_MARKS = {Urgency.URGENT: "desk-mark is-soon", Urgency.EMERGENCY: "desk-mark is-late"}
STAGE_LABELS = dict.fromkeys(Stage, "info") | {Stage.SUBMITTED: "primary", Stage.CLOSED: "default"}


class WaitsForUs(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("waiting for us"), "waits"

    def lookups(self, request, model_admin):
        return [("yes", _("Waiting for us")), ("late", _("Promise broken")), ("no", _("Waiting for the patient"))]

    def queryset(self, request, queryset):
        late = {"waits_for_us": True, "first_answered_at": None, "answer_due_at__lt": timezone.now()}
        kept = {"yes": Q(waits_for_us=True), "no": Q(waits_for_us=False) & ~Q(stage=Stage.CLOSED), "late": Q(**late)}
        return queryset.filter(kept.get(self.value(), Q()))


class Mine(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("whose"), "whose"

    def lookups(self, request, model_admin):
        return [("mine", _("Mine, and those I stand in for")), ("nobody", _("Without a coordinator"))]

    def queryset(self, request, queryset):
        if self.value() == "nobody":
            return queryset.filter(coordinator=None)
        if self.value() == "mine":
            today = timezone.localdate()
            away = Absence.objects.on(today).filter(stand_in=request.user).values("user")
            return queryset.filter(Q(coordinator=request.user) | Q(coordinator__in=away))
        return queryset


@admin.register(Case)
class CaseAdmin(CaseRecords, RecordsColumn, ScopedAdmin):
    """The office's queue and the page of one case. At the top of the queue stands what waits for us: first what nobody
    has answered yet, by the nearest promise, then the patients who wrote again."""

    read_duty = Duty.READ_CASES

    list_display = [
        "reference",
        "shown_patient",
        "shown_promise",
        "shown_stage",
        "shown_records",
        "shown_need",
        "coordinator",
    ]
    list_display_links = ["reference", "shown_patient"]
    list_select_related = ["patient", "care_request__specialty", "coordinator", "office"]
    list_filter = [Mine, WaitsForUs, AskedForRecords, "stage", "care_request__urgency", "care_request__specialty"]
    search_fields = ["reference"]  # shows the box; `get_search_results` searches
    search_help_text = gettext_lazy("Reference, name in any script, phone or e-mail address")
    list_fullwidth = True

    def get_queryset(self, request):
        return super().get_queryset(request).waiting_for_us()

    def get_search_results(self, request, queryset, search_term):
        return (search_cases(queryset, search_term) if search_term.strip() else queryset), False

    def get_ordering(self, request):
        first_answered = models.F("first_answered_at").asc(nulls_first=True)
        return ["-waits_for_us", first_answered, "answer_due_at", "-opened_at"]

    def get_urls(self):
        pages = [
            ("advance", self.advance_view),
            ("message", self.message_view),
            ("call", self.call_view),
            ("hand_over", self.hand_over_view),
        ]
        own = [
            path(f"<uuid:case_id>/{name}/", self.admin_site.admin_view(view), name=f"cases_case_{name}")
            for name, view in pages
        ]
        return [*own, *self.record_pages(), *super().get_urls()]

    @display(description=gettext_lazy("patient"), ordering="patient__family_name")
    def shown_patient(self, case):
        origin = f"{country_name(case.patient.residence_country)} · {language_name(case.patient.language)}"
        return _two_lines(case.patient.name, origin)

    @display(description=gettext_lazy("stage"), label=STAGE_LABELS, ordering="stage")
    def shown_stage(self, case):
        return case.stage, case.get_stage_display()

    @display(
        description=gettext_lazy("answer promised"),
        label={"patient": "default", "us": "warning", "open": "info", "soon": "warning", "late": "danger"},
        ordering="answer_due_at",
    )
    def shown_promise(self, case):
        """The clock of the first answer; once it is given, whose turn it is."""
        if case.stage == Stage.CLOSED and not case.waits_for_us:
            return None
        if case.first_answered_at or case.stage == Stage.CLOSED:
            return ("us", _("Waiting for us")) if case.waits_for_us else ("patient", _("Waiting for the patient"))
        due = {"when": time_until(case.answer_due_at)}
        if case.is_late:
            return "late", _("Late: %(when)s") % due
        soon = case.answer_due_at - timezone.now() < timedelta(hours=SOON_HOURS)
        return "soon" if soon else "open", _("Due %(when)s") % due

    @display(description=gettext_lazy("specialty"), ordering="care_request__specialty__position")
    def shown_need(self, case):
        urgency = case.care_request.urgency
        return _two_lines(
            case.care_request.specialty.name,
            case.care_request.get_urgency_display() if urgency != Urgency.ROUTINE else "",
            mark=URGENCY_MARKS.get(urgency, ""),
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.case_page(request, self.get_object(request, object_id))

    def advance_view(self, request, case_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self.get_object(request, str(case_id))
        require_duty(request, Duty.MOVE_CASES)
        form = StageForm(case, request.POST)
        if form.is_valid():
            to = Stage(form.cleaned_data["to"])
            try:
                advance_case(case=case, to=to, actor=request.user, seen=form.cleaned_data["seen"])
            except IllegalTransition as error:
                now = Stage(error.current).label
                text = _("It was not moved: a colleague has moved it meanwhile, and it is at “%(now)s” now.")
                messages.error(request, text % {"now": now})
            else:
                told = _("The case is at “%(stage)s” now. The patient is told by mail.")
                text = (
                    told if case.care_request.email else _("The case is at “%(stage)s” now. Tell the patient by phone.")
                )
                messages.success(request, text % {"stage": to.label})
            return redirect(_page_of(case))
        return self.case_page(request, case, stage_form=form)

    def message_view(self, request, case_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self.get_object(request, str(case_id))
        require_duty(request, Duty.WRITE_TO_PATIENTS)
        form = MessageForm(case, request.POST)
        if form.is_valid():
            try:
                post_message(case=case, author=request.user, **form.cleaned_data)
            except NobodyReads:
                form.add_error("text", NO_ADDRESS)
            else:
                messages.success(request, _("Your message is on the patient’s page, and a mail says so."))
                return redirect(_page_of(case))
        return self.case_page(request, case, message_form=form)

    def call_view(self, request, case_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self.get_object(request, str(case_id))
        require_duty(request, Duty.WRITE_TO_PATIENTS)
        record_call(case=case, actor=request.user)
        messages.success(request, _("It is noted that you have called."))
        return redirect(_page_of(case))

    def hand_over_view(self, request, case_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self.get_object(request, str(case_id))
        require_duty(request, Duty.MOVE_CASES)
        form = HandoverForm(case, request.POST)
        if form.is_valid():
            to = form.cleaned_data["to"]
            try:
                hand_over_case(case=case, actor=request.user, **form.cleaned_data)
            except CannotHandOver:
                case = self.get_object(request, str(case_id))
                form.data = request.POST.dict() | {form.add_prefix("seen"): case.office.code}
                form.add_error(None, _("It was not handed over: it is closed, or a colleague has moved it meanwhile."))
            else:
                messages.success(request, _("The %(office)s has the case now.") % {"office": to.name})
                is_still_seen = self.get_queryset(request).filter(pk=case.pk).exists()
                return redirect(_page_of(case) if is_still_seen else "admin:cases_case_changelist")
        return self.case_page(request, case, handover_form=form)

    def case_page(self, request, case, **failed):
        """The page; `failed` forms of it stand there as they were sent, by their names in the context."""
        case, status = self.get_queryset(request).for_case_page().get(pk=case.pk), 422 if failed else 200
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": case.reference,
            "case": case,
            "no_address": "" if acting_for(case.patient_id).exists() else NO_ADDRESS,
            "urgency_mark": URGENCY_MARKS.get(case.care_request.urgency, ""),
            "time_zone": request.user.time_zone,
            "may_move": request.user.may(Duty.MOVE_CASES),
            "may_write": request.user.may(Duty.WRITE_TO_PATIENTS),
            "conversation": Message.objects.of_case(case),
            "has_mails": request.user.works_everywhere or request.user.office_id == case.office_id,
            "mails": _mails_about(case, request.user),
            "stage_form": StageForm(case),
            "message_form": MessageForm(case),
            "handover_form": HandoverForm(case),
            **record_cards(case, request.user, failed.pop("document_form", None)),
            **people_context(case.patient, request.user, case),
            "stand_in": case.coordinator and stand_in_for(case.coordinator, _today_at(case.office)),
            "panels": [
                (panel.title, render_to_string(panel.template, {"case": case, **panel_context}, request))
                for panel, panel_context in panels_for(case)
            ],
            **failed,
        }
        return TemplateResponse(request, "cases/case_page.html", context, status=status)


def _two_lines(first, second, mark=""):
    return format_html('<bdi>{}</bdi><br><span class="{}">{}</span>', first, mark or "desk-quiet", second)


def _mails_about(case, reader):
    """Whoever sees the case and reads mails reads those about it, also while another office has it."""
    mails = Notification.objects.filter(about=case.reference, is_secret=False)
    return mails if reader.may(Duty.READ_MAILS) else mails.none()


def _today_at(office):
    return timezone.now().astimezone(office.zone).date()


def _page_of(case):
    return reverse("admin:cases_case_change", args=[case.pk])
