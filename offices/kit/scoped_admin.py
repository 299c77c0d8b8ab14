"""The base of every admin page: rows that are not the reader's do not exist for the reader."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from unfold.admin import ModelAdmin


class RowsOrNothing(ModelAdmin):
    def get_object(self, request, object_id, from_field=None):
        """The row `object_id` as the reader may see it. Raises Http404."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row


class ScopedAdmin(RowsOrNothing):
    """Read-only pages for staff over the model's `visible_to(user)`; what another office holds answers 404.

    `read_duty` names the duty without which nobody reads here. A class that lets people act says so with views of its
    own, which ask for the duty (`require_duty`) and call services.
    """

    read_duty: str

    list_per_page = 50
    show_full_result_count = False
    view_on_site = False
    actions = None

    def get_queryset(self, request):
        return self.model._default_manager.visible_to(request.user)

    def has_module_permission(self, request):
        return holds_duty(request.user, self.read_duty)

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ConfigurationAdmin(RowsOrNothing):
    """How the department is set up: pages for superusers alone, or also for who has `read_duty` and `change_duty`."""

    read_duty: str | None = None
    change_duty: str | None = None

    list_per_page = 50
    show_full_result_count = False
    view_on_site = False

    def has_module_permission(self, request):
        return holds_duty(request.user, self.read_duty)

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_add_permission(self, request):
        return holds_duty(request.user, self.change_duty)

    def has_change_permission(self, request, obj=None):
        return holds_duty(request.user, self.change_duty)

    def has_delete_permission(self, request, obj=None):
        return False


def holds_duty(user, duty: str | None) -> bool:
    """Whether the reader is a superuser or holds the duty; nobody signed out does."""
    return user.is_authenticated and user.is_active and (user.is_superuser or bool(duty and user.may(duty)))


def require_duty(request, duty: str) -> None:
    """Raise PermissionDenied unless the reader holds the duty."""
    if not holds_duty(request.user, duty):
        raise PermissionDenied


class ReadOnlyConfigurationAdmin(ConfigurationAdmin):
    """Pages for superusers alone, on rows that only the product itself writes."""

    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
