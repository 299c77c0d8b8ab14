from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import display

from offices.kit.scoped_admin import ReadOnlyConfigurationAdmin
from offices.kit.transitions import IllegalTransition
from offices.outbox.models import Attempt, Delivery, DeliveryState, Event
from offices.outbox.services import resend_delivery

STATE_LABELS = {DeliveryState.PENDING: "info", DeliveryState.DONE: "success", DeliveryState.DEAD: "danger"}


class AttemptInline(TabularInline):
    model = Attempt
    extra = 0
    fields = readonly_fields = ["started_at", "succeeded", "error"]

    def get_queryset(self, request):
        """With what the title of each row shows."""
        return super().get_queryset(request).select_related("delivery__event")

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyConfigurationAdmin):
    list_display = ["event", "subscriber", "shown_state", "tries", "due_at", "last_error"]
    list_select_related = ["event"]
    list_filter = ["state", "subscriber"]
    list_display_links = ["event"]
    inlines = [AttemptInline]
    actions = ["resend_chosen"]
    change_form_template = "outbox/delivery_page.html"

    def get_urls(self):
        resend = self.admin_site.admin_view(self.resend)
        return [path("<int:delivery_id>/resend/", resend, name="outbox_delivery_resend"), *super().get_urls()]

    @display(description=gettext_lazy("state"), label=STATE_LABELS)
    def shown_state(self, delivery):
        return delivery.state, delivery.get_state_display()

    def resend(self, request, delivery_id):
        """Bring a delivery that was given up back to wait for a worker."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        delivery = get_object_or_404(Delivery, pk=delivery_id)
        try:
            resend_delivery(delivery=delivery, actor=request.user)
        except IllegalTransition:
            messages.error(request, _("Only a delivery that was given up can be sent again."))
        else:
            messages.success(request, _("It waits for a worker again."))
        return redirect(reverse("admin:outbox_delivery_change", args=[delivery_id]))

    @admin.action(description=gettext_lazy("Send it again"), permissions=["view"])
    def resend_chosen(self, request, deliveries):
        """Bring those of the chosen back that were given up; the others stay as they are."""
        answers = set()
        for delivery in deliveries:
            try:
                resend_delivery(delivery=delivery, actor=request.user)
            except IllegalTransition:
                answers.add((messages.ERROR, _("Only a delivery that was given up can be sent again.")))
            else:
                answers.add((messages.SUCCESS, _("It waits for a worker again.")))
        for level, text in sorted(answers):
            messages.add_message(request, level, text)


@admin.register(Event)
class EventAdmin(ReadOnlyConfigurationAdmin):
    list_display = ["name", "occurred_at"]
    list_filter = ["name"]
    fields = ["name", "payload", "occurred_at"]
