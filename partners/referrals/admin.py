from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from offices.directory.roles import Duty
from offices.kit.scoped_admin import ScopedAdmin
from partners.referrals.models import STATUS_OF_STAGE, Referral, Status


@admin.register(Referral)
class ReferralAdmin(ScopedAdmin):
    """The office's referrals, to be read; the work on them is on the page of the case."""

    read_duty = Duty.READ_CASES

    list_display = ["partner_reference", "institution", "shown_case", "shown_status", "created_at"]
    list_select_related = ["institution", "case"]
    list_filter = ["institution"]
    search_fields = ["partner_reference", "case__reference"]
    fields = ["partner_reference", "institution", "shown_case", "shown_status", "created_at"]
    readonly_fields = fields

    @display(description=_("case"), ordering="case__reference")
    def shown_case(self, referral):
        address = reverse("admin:cases_case_change", args=[referral.case_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', address, referral.case.reference)

    @display(
        description=_("status"),
        label={Status.RECEIVED: "primary", Status.IN_PROGRESS: "info", Status.COMPLETED: "success"},
    )
    def shown_status(self, referral):
        status = Status(STATUS_OF_STAGE[referral.case.stage])
        return status, status.label
