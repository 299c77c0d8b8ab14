"""The pages of this room, which the team's admin site puts among its own (`admin:account` is /admin/account/)."""

from collections.abc import Callable

from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from offices.security.views import account, set_up, sign_in


def desk_pages(*, signed_in: Callable, public: Callable) -> list[URLPattern]:
    """`signed_in` and `public` wrap a view for the team and for everybody."""
    return [
        path("second-step/", public(never_cache(sign_in.second_step)), name="second_step"),
        path("passkey/", public(never_cache(sign_in.passkey)), name="passkey"),
        path("account/", signed_in(account.account), name="account"),
        path("account/awake/", signed_in(account.awake), name="awake"),
        path("account/set-up/", signed_in(set_up.set_up), name="set_up"),
        path("account/app/", signed_in(set_up.set_up_app), name="set_up_app"),
        path("account/passkey/", signed_in(set_up.add_passkey), name="add_passkey"),
        path("account/recovery-codes/", signed_in(account.recovery_codes), name="recovery_codes"),
        path("account/remove/<int:factor_id>/", signed_in(account.remove_factor), name="remove_factor"),
        path("account/sessions/end-others/", signed_in(account.end_other_sessions), name="end_other_sessions"),
        path("account/sessions/<int:session_id>/end/", signed_in(account.end_session), name="end_session"),
    ]
