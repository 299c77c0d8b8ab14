"""The page of a member of the team, with a way out for who has lost the phone."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from offices.directory.admin import UserAdmin
from offices.directory.models import User
from offices.kit.addresses import with_next
from offices.security import sessions
from offices.security.services import NotYours, factors_of, take_away_second_factor, tell_password_changed
from offices.security.views.account import name_of

admin.site.unregister(User)


@admin.register(User)
class StaffAdmin(UserAdmin):
    change_form_template = "security/user_page.html"

    def get_urls(self):
        take_away = self.admin_site.admin_view(self.take_away)
        return [path("<int:user_id>/second-factor/", take_away, name="take_away_second_factor"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        user = self.get_object(request, object_id)
        extra_context = extra_context or {}
        if user and user.is_staff and request.user.is_superuser:
            extra_context |= {
                "is_of_team": True,
                "factors": [name_of(factor) for factor in factors_of(user)],
                "session_count": len(sessions.open_sessions(user)),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def user_change_password(self, request, id, form_url=""):
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            tell_password_changed(user=get_object_or_404(User, pk=id))
        return answer

    def take_away(self, request, user_id):
        """Take away the person's second factor, and end all the sessions."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.is_superuser:
            raise PermissionDenied
        user = get_object_or_404(User, pk=user_id, is_staff=True)
        page = reverse("admin:directory_user_change", args=[user_id])
        if not sessions.has_shown_second_factor_lately(request):
            return redirect(with_next("admin:second_step", page))
        try:
            take_away_second_factor(user=user, actor=request.user)
        except NotYours as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, user, _("Second factor taken away"))
            messages.success(request, _("The second factor is taken away, and all sessions have ended."))
        return redirect(page)
