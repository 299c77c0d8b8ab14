"""How the records of each case stand, in the queue."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from patients.cases.models import RecordRequest, RecordRequestState, Stage
from patients.cases.record_requests import is_unanswered, readiness_of_cases, unanswered

# Stages in which it is news that the records have come.
BEFORE_REVIEW = frozenset({Stage.SUBMITTED, Stage.RECORDS})


class AskedForRecords(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("asked for records"), "records"

    def lookups(self, request, model_admin):
        return [
            ("waiting", _("Waiting for records")),
            ("unanswered", _("Not answered after the reminders")),
            ("fulfilled", _("Records are there")),
        ]

    def queryset(self, request, queryset):
        requests = RecordRequest.objects.all()
        kept = {
            "waiting": requests.filter(state=RecordRequestState.OPEN),
            "unanswered": requests.filter(unanswered()),
            "fulfilled": requests.filter(state=RecordRequestState.FULFILLED),
        }.get(self.value())
        return queryset if kept is None else queryset.filter(pk__in=kept.values("case"))


class RecordsColumn:
    """Adds `shown_records` to an admin of cases. What it shows is read for all rows of a page at once."""

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        cases = list(changelist.result_list)
        readiness, asked = readiness_of_cases(cases), _newest_requests(cases)
        for case in cases:
            case.readiness, case.newest_request = readiness[case.pk], asked.get(case.pk)
        changelist.result_list = cases
        return changelist

    @display(description=gettext_lazy("records"))
    def shown_records(self, case):
        if case.stage == Stage.CLOSED:
            return None
        asked = case.newest_request
        is_waiting = asked is not None and asked.state == RecordRequestState.OPEN
        came = asked is not None and asked.state == RecordRequestState.FULFILLED
        context = {
            "readiness": case.readiness,
            "waiting": asked if is_waiting else None,
            "is_unanswered": is_waiting and is_unanswered(asked),
            "came": came and case.stage in BEFORE_REVIEW,
        }
        return render_to_string("cases/readiness_bar.html", context)


def _newest_requests(cases):
    """{key of the case: its newest request for records}"""
    requests = RecordRequest.objects.filter(case__in=[case.pk for case in cases]).order_by("case_id", "-asked_at")
    return {request.case_id: request for request in requests.distinct("case_id")}
