import smtplib
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend as LocmemBackend
from django.utils import timezone

from offices.notifications.models import Notification, NotificationState
from offices.notifications.services import queue_notification, send_notification
from offices.outbox.models import Attempt, Delivery, DeliveryState
from offices.outbox.services import make_delivery, resend_delivery
from offices.outbox.tasks import sweep
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def queued(offices):
    return queue_notification(
        kind="message_received",
        to="maria@example.org",
        language="es",
        context={"reference": "CI-2026-000001", "case_url": "http://site/es/cases/CI-2026-000001/"},
        office=offices["mexico-city"],
        about="CI-2026-000001",
    )


@pytest.fixture
def secret(offices):
    return queue_notification(
        kind="sign_in_code",
        to="maria@example.org",
        language="es",
        context={"code": "ABC-234", "minutes": 15},
        secret=True,
    )


@pytest.fixture
def mail_trouble(monkeypatch):
    """Errors that the mail server answers with: the first of them to every mail."""
    errors, send = [], LocmemBackend.send_messages

    def send_messages(backend, messages):
        if errors:
            raise errors[0]
        return send(backend, messages)

    monkeypatch.setattr(LocmemBackend, "send_messages", send_messages)
    return errors


def test_a_queued_mail_is_sent_once_with_a_message_id_that_stays(queued):
    for _ in range(2):
        send_notification({"notification_id": str(queued.pk)})
    queued.refresh_from_db()
    [sent] = mail.outbox
    assert sent.extra_headers["Message-ID"].startswith(f"<{queued.pk}@")
    assert sent.extra_headers["Content-Language"] == "es" and sent.to == ["maria@example.org"]
    assert "CI-2026-000001" in sent.body and "CI-2026-000001" in sent.alternatives[0].content
    assert queued.state == NotificationState.SENT and queued.sent_at


def test_a_code_is_forgotten_once_it_is_sent(secret):
    assert "ABC-234" in secret.text
    send_notification({"notification_id": str(secret.pk)})
    secret.refresh_from_db()
    assert "ABC-234" in mail.outbox[0].body and secret.subject == secret.text == secret.html == ""
    assert "ABC-234" not in str(secret.events.values()) and secret.events.count() == 2


def test_a_code_that_is_out_of_date_is_not_sent_but_forgotten(secret):
    late = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT + 1)
    Notification.objects.update(queued_at=timezone.now() - late)
    assert not make_delivery(Delivery.objects.get().pk)
    secret.refresh_from_db()
    assert Delivery.objects.get().state == DeliveryState.DEAD and not mail.outbox
    assert secret.state == NotificationState.FAILED and secret.subject == secret.text == secret.html == ""


def test_a_code_that_was_given_up_is_forgotten_and_never_sent_empty(secret, superuser, mail_trouble):
    mail_trouble.append(smtplib.SMTPDataError(554, b"refused"))
    delivery = Delivery.objects.get()
    make_delivery(delivery.pk)
    secret.refresh_from_db()
    assert secret.state == NotificationState.FAILED and secret.subject == secret.text == secret.html == ""
    mail_trouble.clear()
    resend_delivery(delivery=delivery, actor=superuser)
    assert not make_delivery(delivery.pk) and not mail.outbox


def test_a_mail_that_was_given_up_says_so_until_it_is_sent_after_all(queued, superuser, sign_in, mail_trouble):
    mail_trouble.append(smtplib.SMTPDataError(554, b"refused"))
    delivery = Delivery.objects.get(subscriber="notifications.send")
    make_delivery(delivery.pk)
    queued.refresh_from_db()
    assert queued.state == NotificationState.FAILED and queued.text
    assert "could not be sent" in sign_in(superuser).get("/admin/notifications/notification/").text
    mail_trouble.clear()
    resend_delivery(delivery=delivery, actor=superuser)
    assert make_delivery(delivery.pk) and len(mail.outbox) == 1
    queued.refresh_from_db()
    assert queued.state == NotificationState.SENT and queued.sent_at


def test_the_case_page_marks_a_mail_that_could_not_be_sent(case, superuser, sign_in, mail_trouble):
    mail_trouble.append(smtplib.SMTPDataError(554, b"refused"))
    make_delivery(Delivery.objects.get(subscriber="notifications.send").pk)
    text = sign_in(superuser).get(f"/admin/cases/case/{case.pk}/change/").text
    assert '<span class="desk-mark is-late">could not be sent</span>' in text


def test_an_unknown_language_is_written_in_english(offices):
    queued = queue_notification(
        kind="sign_in_code", to="a@example.org", language="sw", context={"code": "X", "minutes": 15}
    )
    assert queued.language == "en"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"maria@example.org": (550, b"no such user")}), DeliveryState.DEAD),
        (smtplib.SMTPDataError(554, b"refused"), DeliveryState.DEAD),
        (smtplib.SMTPRecipientsRefused({"maria@example.org": (450, b"later")}), DeliveryState.PENDING),
        (smtplib.SMTPDataError(451, b"later"), DeliveryState.PENDING),
        (smtplib.SMTPAuthenticationError(535, b"not our password"), DeliveryState.PENDING),
        (smtplib.SMTPSenderRefused(550, b"not our sender", "us@example.org"), DeliveryState.PENDING),
        (smtplib.SMTPConnectError(554, b"no service"), DeliveryState.PENDING),
        (smtplib.SMTPHeloError(550, b"who?"), DeliveryState.PENDING),
        (ConnectionRefusedError(), DeliveryState.PENDING),
    ],
)
def test_permanent_and_passing_trouble_of_the_mail_server_are_told_apart(error, state, queued, mail_trouble):
    mail_trouble.append(error)
    delivery = Delivery.objects.get(subscriber="notifications.send")
    make_delivery(delivery.pk)
    delivery.refresh_from_db()
    queued.refresh_from_db()
    given_up = state == DeliveryState.DEAD
    assert delivery.state == state
    assert queued.state == (NotificationState.FAILED if given_up else NotificationState.QUEUED)


def test_the_stage_mail_does_not_say_how_the_case_stands(offices):
    context = {
        "reference": "CI-2026-000001",
        "case_url": "http://site/en/cases/CI-2026-000001/",
        "stage_label": "In care",
    }
    told = queue_notification(kind="stage_changed", to="maria@example.org", language="en", context=context)
    assert "In care" not in told.subject + told.text + told.html
    for words in told.subject, told.text, told.html:
        assert "Your case CI-2026-000001 has moved on" in words
    assert context["case_url"] in told.text and context["case_url"] in told.html


def test_an_office_sees_only_what_it_sent(queued, secret, coordinator, other_coordinator, superuser, patient):
    def seen(user):
        return set(Notification.objects.visible_to(user)) & {queued, secret}

    assert seen(coordinator) == {queued}
    assert seen(superuser) == {queued, secret}
    assert seen(other_coordinator) == seen(patient) == set()


def test_the_admin_never_shows_a_code(secret, superuser, sign_in):
    text = sign_in(superuser).get(f"/admin/notifications/notification/{secret.pk}/change/").text
    assert "ABC-234" not in text and "not shown" in text


@pytest.mark.django_db(transaction=True)
class TestOverRealServers:
    """A real worker, a real broker and a real SMTP server."""

    def queue(self):
        return queue_notification(
            kind="sign_in_code",
            to="maria@example.org",
            language="es",
            context={"code": "ABC-234", "minutes": 15},
            about="CI-1",
        )

    def test_a_worker_sends_it(self, celery_worker, mail_sink):
        queued = self.queue()
        [message] = mail_sink.wait_for(1)
        assert message["Message-ID"].startswith(f"<{queued.pk}@") and message["To"] == "maria@example.org"

    def test_a_worker_killed_between_commit_and_send_sends_it_once_when_it_is_back(self, celery_worker, mail_sink):
        celery_worker.kill()
        self.queue()
        assert not mail_sink.messages
        celery_worker.start()
        mail_sink.wait_for(1)
        sweep()
        assert len(mail_sink.messages) == 1

    def test_a_mail_server_that_is_away_gets_it_when_it_is_back(self, celery_worker, mail_sink):
        mail_sink.refusals = ["451 Try again later"]
        self.queue()
        delivery = Delivery.objects.get()
        wait_until(lambda: Attempt.objects.filter(delivery=delivery).exists())
        Delivery.objects.update(due_at=delivery.due_at)
        assert len(mail_sink.wait_for(1)) == 1
