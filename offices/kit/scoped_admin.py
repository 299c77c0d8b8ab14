"""The base of every admin page: rows that are not the reader's do not exist for the reader."""

from django.http import Http404
from unfold.admin import ModelAdmin


class ScopedAdmin(ModelAdmin):
    """Read-only pages for staff over the model's `visible_to(user)`; what another office holds answers 404.

    A class that lets people act says so with views of its own, which call services.
    """

    list_per_page = 50
    show_full_result_count = False
    view_on_site = False
    actions = None

    def get_queryset(self, request):
        return self.model._default_manager.visible_to(request.user)

    def has_module_permission(self, request):
        return request.user.is_active and request.user.is_staff

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_object(self, request, object_id, from_field=None):
        """The row `object_id` as the reader may see it. Raises Http404."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row


class ConfigurationAdmin(ModelAdmin):
    """Pages for superusers alone: how the department is set up."""

    list_per_page = 50
    show_full_result_count = False
    view_on_site = False

    def has_module_permission(self, request):
        return request.user.is_active and request.user.is_superuser

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    has_add_permission = has_module_permission

    def has_change_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False


class ReadOnlyConfigurationAdmin(ConfigurationAdmin):
    """Pages for superusers alone, on rows that only the product itself writes."""

    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
