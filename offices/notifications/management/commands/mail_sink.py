import asyncio
import email
import email.policy
import logging
import signal
from concurrent.futures import ThreadPoolExecutor

from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, connection

from offices.notifications.models import SinkMessage

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "The demo's mail server: takes every mail for anyone, keeps it for the admin to show, and sends none on."

    def handle(self, *args, **options):
        """Listens at EMAIL_HOST:EMAIL_PORT until SIGINT or SIGTERM. Refuses to run unless DEMO is on."""
        if not settings.DEMO:
            raise CommandError("The mail sink is for the demo (DEMO=1) only: it would keep mails from their readers.")
        asyncio.run(serve(settings.EMAIL_HOST, settings.EMAIL_PORT))


async def serve(host, port):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="database") as database:
        sink = Sink(database)
        server = await loop.create_server(lambda: SMTP(sink, enable_SMTPUTF8=True, hostname="mail-sink"), host, port)
        async with server:
            await stop.wait()
        database.submit(connection.close)


class Sink:
    """One thread, with one database connection, writes; the event loop never waits for the database."""

    def __init__(self, database):
        self.database = database

    async def handle_DATA(self, server, session, envelope):
        loop = asyncio.get_running_loop()
        message = (envelope.mail_from, envelope.rcpt_tos, envelope.content)
        try:
            await loop.run_in_executor(self.database, store_message, *message)
        except DatabaseError:
            logger.exception("A mail could not be kept; the sender will try again.")
            return "451 4.3.0 The mail could not be kept. Try again later."
        return "250 2.0.0 Kept"


def store_message(mail_from, rcpt_to, content):
    """Keep one message; on a broken connection once more, on a new one. Raises django.db.DatabaseError."""
    try:
        create_message(mail_from, rcpt_to, content)
    except (DatabaseError, InterfaceError):
        connection.close()
        create_message(mail_from, rcpt_to, content)


def create_message(mail_from, rcpt_to, content):
    message = email.message_from_bytes(content, policy=email.policy.default)
    text, html = (message.get_body(preferencelist=(kind,)) for kind in ("plain", "html"))
    SinkMessage.objects.create(
        mail_from=mail_from or "",
        rcpt_to=", ".join(rcpt_to),
        subject=str(message.get("Subject", "")),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        raw=content,
    )
