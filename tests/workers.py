"""The product's own Celery worker and a real SMTP server, for tests that need to see them work together."""

import email
import email.policy
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection

from cedars_intl.tasks import forget_heartbeat, heartbeat_age
from tests.waiting import wait_until

CHECKOUT = Path(__file__).resolve().parent.parent


def server_environment():
    """os.environ for a process of the product that works on this test's database and sends to this test's mail server."""
    database = urlsplit(os.environ["DATABASE_URL"])
    return os.environ | {
        "DATABASE_URL": urlunsplit(database._replace(path=f"/{connection.settings_dict['NAME']}")),
        "EMAIL_URL": f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "SITE_URL": settings.SITE_URL,
    }


class CeleryWorker:
    """`celery worker` with beat inside, on this test's database and Redis database; it sweeps the outbox twice a second
    and takes over from a killed one after 20 seconds.

    `stop` ends it in good order, `kill` at once; `start` brings it back.
    """

    def __init__(self, folder):
        self.folder = folder
        self.process = None

    def start(self):
        forget_heartbeat()
        command = [sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery", "-A", "cedars_intl", "worker"]
        command += ["--beat", "--schedule", str(self.folder / "schedule"), "--concurrency", "1", "--loglevel", "INFO"]
        command += ["--without-gossip", "--without-mingle"]
        clock = {"OUTBOX_SWEEP_SECONDS": "0.5", "OUTBOX_LEASE_SECONDS": "20", "HEARTBEAT_SECONDS": "1"}
        environment = server_environment() | clock
        with open(self.folder / "worker.log", "a") as log:
            self.process = subprocess.Popen(
                command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._works, seconds=60, what="the worker's heartbeat")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            # A beat inside a worker now and then does not end with it; the product runs beat as a process of its own.
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.kill()

    def kill(self):
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)

    @property
    def log(self):
        return (self.folder / "worker.log").read_text()

    def _works(self):
        assert self.process.poll() is None, f"The worker ended:\n{self.log}"
        return heartbeat_age() is not None


@dataclass
class MailSink:
    """An SMTP server that keeps what it is given: `messages`, each an EmailMessage with `rcpt_to` and `mail_from`.

    Responses in `refusals`, such as "451 Try again", are given first, one a message. `stop` makes it unreachable.
    """

    port: int = 0
    messages: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    controller: Controller | None = None

    def start(self):
        if not self.port:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    async def handle_DATA(self, server, session, envelope):
        if self.refusals:
            return self.refusals.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.mail_from, message.rcpt_to = envelope.mail_from, envelope.rcpt_tos
        self.messages.append(message)
        return "250 Kept"

    def wait_for(self, count=1, *, to=None, seconds=30):
        """The messages so far (to the address `to`), as soon as there are `count` of them."""

        def arrived():
            found = [message for message in self.messages if to is None or to in message.rcpt_to]
            return found if len(found) >= count else None

        return wait_until(arrived, seconds=seconds, what=f"{count} messages to {to or 'anyone'}")
