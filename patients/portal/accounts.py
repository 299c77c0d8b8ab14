"""Sign-in by a mailed code: allauth keeps the codes, their attempts and their end; the mail goes through the outbox."""

from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language, get_language_from_path

from offices.directory.models import User
from offices.kit.addresses import safe_next
from offices.notifications.services import queue_notification
from patients.cases.mails import LINK_SALT


class AccountAdapter(DefaultAccountAdapter):
    """allauth's way into this house. Nobody signs up here: an account is opened with a case. Staff never come in by
    a mailed code, since a mailbox alone must not open the cases of an office: they have a second factor."""

    def get_login_stages(self) -> list[str]:
        second = {"allauth.mfa.stages.AuthenticateStage": "offices.security.stages.SecondStep"}
        return [second.get(stage, stage) for stage in super().get_login_stages()]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Queue the sign-in code in the language of the page. No other mail of allauth's is sent."""
        if template_prefix != "account/email/login_code":
            return
        queue_notification(
            kind="sign_in_code",
            to=email,
            language=get_language(),
            context={"code": context["code"], "minutes": app_settings.LOGIN_BY_CODE_TIMEOUT // 60},
            secret=True,
        )

    def add_message(self, *args, **kwargs) -> None:
        """The pages say it themselves."""

    def pre_login(self, request: HttpRequest, user: User, **kwargs) -> HttpResponse | None:
        """Refuse at the last moment who became staff, or was closed, since the code was sent."""
        ways = {record["method"] for record in get_authentication_records(request, user)}
        is_kept_out = (user.is_staff or user.is_superuser) and (not ways or "code" in ways)
        if is_kept_out or not user.is_active:
            clear_login(request)
            return HttpResponseRedirect(reverse("portal:sign_in"))
        return None


def find_patient_account(email: str) -> User | None:
    """The open account of a patient behind `email`; None for staff and for an unknown address."""
    return User.objects.filter(email=email.strip().lower(), is_active=True, is_staff=False, is_superuser=False).first()


def email_of_link(signed: str) -> str:
    """The address signed into a link of a mail, or nothing when the signature is not ours."""
    try:
        return signing.loads(signed, salt=LINK_SALT)
    except signing.BadSignature:
        return ""


def next_page(request: HttpRequest) -> str:
    """Where to go after signing in, in the language of this page; nothing when that is not a page of this site."""
    target = safe_next(request)
    language = get_language_from_path(target)
    return f"/{get_language()}{target.removeprefix(f'/{language}')}" if language else target


def sign_in_url(request: HttpRequest) -> str:
    """The sign-in page that leads back to this page, with the address of a mail's link carried along."""
    query = {"next": request.path}
    if signed := request.GET.get("for"):
        query["for"] = signed
    return f"{reverse('portal:sign_in')}?{urlencode(query)}"
