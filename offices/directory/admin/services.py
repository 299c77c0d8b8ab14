from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from offices.directory.admin.base import DirectoryAdmin
from offices.directory.models import Physician, Programme, ServiceLine, Specialty


@admin.register(Physician)
class PhysicianAdmin(DirectoryAdmin):
    list_display = ["name", "title", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "code"]


@admin.register(ServiceLine)
class ServiceLineAdmin(DirectoryAdmin):
    list_display = ["name", "code", "position"]


class ServiceAdmin(DirectoryAdmin):
    search_fields = ["name", "code"]
    autocomplete_fields = ["lead"]

    @display(description=_("can be asked for"), boolean=True)
    def shown_request(self, service):
        return service.can_be_requested


@admin.register(Specialty)
class SpecialtyAdmin(ServiceAdmin):
    list_display = ["name", "code", "service_line", "lead", "is_offered", "shown_request", "position"]
    list_filter = ["is_offered", "service_line"]
    list_select_related = ["service_line", "lead"]


@admin.register(Programme)
class ProgrammeAdmin(ServiceAdmin):
    list_display = ["name", "code", "specialty", "lead", "is_offered", "shown_request", "position"]
    list_filter = ["is_offered", "specialty"]
    list_select_related = ["specialty__lead", "lead"]
    autocomplete_fields = ["lead", "specialty"]
