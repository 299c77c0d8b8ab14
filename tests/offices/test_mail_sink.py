"""The demo's mail server as a process of its own."""

import smtplib
import socket
import subprocess
import sys

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command
from django.db import connection

from cedars_intl.embedded import CHECKOUT
from offices.notifications.models import SinkMessage
from tests.waiting import wait_until
from tests.workers import server_environment


@pytest.fixture
def sink_command(transactional_db, settings):
    """A running `manage.py mail_sink` to which this process sends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    command = [sys.executable, "manage.py", "mail_sink"]
    process = subprocess.Popen(command, cwd=CHECKOUT, env=server_environment() | {"DEMO": "1"})
    wait_until(lambda: process.poll() is not None or answers(port), what="the mail sink")
    yield process
    process.terminate()
    assert process.wait(30) == 0


def answers(port):
    try:
        smtplib.SMTP("127.0.0.1", port, timeout=5).quit()
    except OSError:
        return False
    return True


def mail(subject):
    message = EmailMultiAlternatives(
        subject, "Su solicitud está aquí.", "office@example.org", ["maria@example.org", "ana@example.org"]
    )
    message.attach_alternative("<p>Su solicitud está aquí.</p>", "text/html")
    return message


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_kept_for_the_admin(sink_command):
    mail("Recibimos su solicitud — 收到").send()
    kept = SinkMessage.objects.get()
    assert kept.subject == "Recibimos su solicitud — 收到"
    assert kept.mail_from == "office@example.org"
    assert kept.rcpt_to == "maria@example.org, ana@example.org"
    assert kept.text.strip() == "Su solicitud está aquí."
    assert kept.html.strip() == "<p>Su solicitud está aquí.</p>"
    assert b"MIME-Version" in bytes(kept.raw)
    assert kept.received_at


@pytest.mark.django_db(transaction=True)
def test_a_broken_database_connection_is_replaced(sink_command):
    mail("one").send()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    mail("two").send()
    assert sorted(SinkMessage.objects.values_list("subject", flat=True)) == ["one", "two"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_cannot_be_kept_is_left_to_the_sender(sink_command):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_sinkmessage RENAME TO away")
    try:
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            mail("one").send()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO notifications_sinkmessage")
    mail("one").send()
    assert SinkMessage.objects.count() == 1


def test_it_takes_nobodys_mail_outside_the_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO"):
        call_command("mail_sink")
