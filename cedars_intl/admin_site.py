"""Where the team works: unfold's admin site, whose first page is the queue of cases."""

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from offices.kit.limits import client_address, count_one, read_count
from offices.security.services import tell_password_changed
from offices.security.urls import desk_pages
from offices.security.views.pages import guarded
from offices.security.views.sign_in import PasswordStep

# Unfold's Alpine evaluates expressions in attributes and its theme is an inline style; no script may be inline.
POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


FAILURES, FAILURES_SECONDS = 10, 900


FIRST_PAGES = ("cases_case", "translation_translationjob", "directory_office")


class SignInForm(AuthenticationForm):
    """After FAILURES failed tries for one address from one connection, that pair waits for the next window."""

    def clean(self):
        tries = f"desk:{client_address(self.request)}:{self.cleaned_data.get('username', '').lower()}"
        window = read_count(tries, seconds=FAILURES_SECONDS)
        if window and window.count >= FAILURES:
            raise ValidationError(_("Too many failed tries. Wait 15 minutes, then try again."), code="too_many")
        try:
            return super().clean()
        except ValidationError:
            count_one(tries, seconds=FAILURES_SECONDS)
            raise


class CedarsAdminSite(UnfoldAdminSite):
    login_form = SignInForm

    def get_urls(self):
        """Without the page that looks up any row of any table for its public address: no row here has one."""
        pages = [page for page in super().get_urls() if getattr(page, "name", "") != "view_on_site"]
        return desk_pages(signed_in=self.admin_view, public=csp_update(POLICY)) + pages

    def admin_view(self, view, cacheable=False):
        return csp_update(POLICY)(super().admin_view(view, cacheable))

    @method_decorator(never_cache)
    @method_decorator(csp_update(POLICY))
    def login(self, request, extra_context=None):
        """The password, which leads to the second step."""
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        request.current_app = self.name
        context = {"title": _("Log in"), "app_path": request.get_full_path(), "has_permission": False}
        if not {REDIRECT_FIELD_NAME} & (request.GET.keys() | request.POST.keys()):
            context[REDIRECT_FIELD_NAME] = reverse("admin:index")
        return PasswordStep.as_view(
            authentication_form=self.login_form,
            template_name="security/sign_in.html",
            extra_context=self.each_context(request) | context | (extra_context or {}),
        )(request)

    def password_change(self, request, extra_context=None):
        """As every change of one's sign-in: after a second factor shown a moment ago, and told by mail."""

        def change(request):
            answer = super(CedarsAdminSite, self).password_change(request, extra_context)
            if request.method == "POST" and answer.status_code == 302:
                tell_password_changed(user=request.user)
            return answer

        return guarded()(change)(request)

    def index(self, request, extra_context=None):
        """The first of the team's pages that the reader may read."""
        pages = {f"{model._meta.app_label}_{model._meta.model_name}": page for model, page in self._registry.items()}
        for name in FIRST_PAGES:
            if pages[name].has_view_permission(request):
                return redirect(f"admin:{name}_changelist")
        raise PermissionDenied
