"""Queueing a mail with the work that causes it, and sending it from a worker."""

import smtplib
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import get_language_bidi

from offices.directory.models import Office
from offices.kit.languages import page_language
from offices.notifications.models import Notification, NotificationState
from offices.outbox.errors import PermanentError
from offices.outbox.services import publish_event

WIPED = {"subject": "", "text": "", "html": ""}


@transaction.atomic
def queue_notification(
    *, kind: str, to: str, language: str, context: dict, office: Office | None = None, about: str = "",
    secret: bool = False,
) -> Notification:  # fmt: skip
    """Render templates/notifications/`kind`.{subject.txt,txt,html} in `language` and queue the mail for a worker.

    `secret` mails (codes, links that open something) lose their words once sent or given up, and no admin page shows
    them.
    """
    language = page_language(language)
    with translation.override(language):
        context = {**context, "language": language, "dir": "rtl" if get_language_bidi() else "ltr"}
        subject, text, html = (
            render_to_string(f"notifications/{kind}.{part}", context).strip() for part in ("subject.txt", "txt", "html")
        )
    notification = Notification.objects.create(
        kind=kind, office=office, about=about, to=to, language=language, subject=" ".join(subject.split()),
        text=text, html=html, is_secret=secret,
    )  # fmt: skip
    publish_event("notification.queued", {"notification_id": str(notification.pk)})
    return notification


def send_notification(payload: dict) -> None:
    """Send a queued mail over SMTP, once: a mail already sent is left alone, and its Message-ID never changes.

    A 5xx answer to the recipient or to the mail itself is permanent, and so is a code that is out of date. Any other
    trouble, such as a refused password of ours, is tried again.
    """
    notification = Notification.objects.get(pk=payload["notification_id"])
    if notification.state == NotificationState.SENT:
        return
    oldest_code = timezone.now() - timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
    is_out_of_date = notification.kind == "sign_in_code" and notification.queued_at < oldest_code
    if notification.is_secret and (not notification.text or is_out_of_date):
        raise PermanentError("The code can no longer be used.")
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    mail = EmailMultiAlternatives(
        subject=notification.subject,
        body=notification.text,
        to=[notification.to],
        headers={
            "Message-ID": f"<{notification.pk}@{domain}>",
            "Content-Language": notification.language,
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(notification.html, "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        if all(code >= 500 for code, _text in error.recipients.values()):
            raise PermanentError(str(error)) from error
        raise
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= 500:
            raise PermanentError(str(error)) from error
        raise
    sent = {"state": NotificationState.SENT, "sent_at": timezone.now()}
    if notification.is_secret:
        sent |= WIPED
    Notification.objects.filter(pk=notification.pk).exclude(state=NotificationState.SENT).update(**sent)


def mark_notification_failed(payload: dict) -> None:
    """Say that a mail was given up, until it is sent after all; a code is forgotten. Called by the outbox."""
    waiting = Notification.objects.filter(pk=payload["notification_id"], state=NotificationState.QUEUED)
    waiting.filter(is_secret=True).update(**WIPED)
    waiting.update(state=NotificationState.FAILED)


def move_notifications(*, about: str, to: Office) -> None:
    """Let another office read what was sent about a case (its reference)."""
    Notification.objects.filter(about=about).exclude(about="").update(office=to)
