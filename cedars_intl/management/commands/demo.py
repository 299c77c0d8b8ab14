import io
import os
import shlex
import signal
import sys
import threading
import time
import urllib.request
from contextlib import suppress

import psutil
import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from honcho.manager import Manager
from honcho.printer import Printer

from cedars_intl.demo import SIGN_INS
from cedars_intl.demo.people import SETS_UP_AN_APP
from cedars_intl.local import CHECKOUT, step
from cedars_intl.tasks import forget_heartbeat, heartbeat_age

SLOW_SECONDS = 60


class Command(BaseCommand):
    help = "Run the whole product on this machine with demo data: web, worker, beat and a mail sink. Ctrl-C stops it."
    requires_system_checks = ()

    def handle(self, *args, **options):
        """`cedars_intl.local.prepare` has written the settings, looked after the port and started the servers."""
        with step("Migrating the database"):
            call_command("migrate", verbosity=0)
        with step("Compiling messages"):
            call_command("messages", "compile", stdout=io.StringIO())
        with step("Collecting static files"):
            call_command("collectstatic", interactive=False, verbosity=0)
        with step("Loading demo data"):
            call_command("load_demo", verbosity=0)
        connections.close_all()
        forget_heartbeat()

        crew = Crew(printer=Printer(Unbreakable(sys.stdout)))
        # A short lease: what a killed worker held goes out within a minute.
        defaults = {"LOG_LEVEL": "WARNING", "OUTBOX_LEASE_SECONDS": "60"}
        environment = defaults | os.environ | {"PYTHONUNBUFFERED": "1"}
        for name, command in processes():
            crew.add_process(name, f"exec {shlex.join([sys.executable, *command])}", env=environment, cwd=str(CHECKOUT))
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # `nohup make demo` outlives its terminal
            signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        threading.Thread(target=announce, args=[crew], daemon=True).start()
        print("  Starting web, worker, beat and mail sink", flush=True)
        try:
            crew.loop()
        finally:
            crew.kill()
        if crew.first_to_end:
            raise CommandError(f"{crew.first_to_end} ended by itself, so all was stopped. Its last lines say why.")
        print("Stopped. The data is kept for the next start.", flush=True)


def processes():
    """(name, arguments for Python) of each process. A slow upload takes a thread for as long as it lasts."""
    web = f"-m gunicorn cedars_intl.wsgi --bind {settings.SITE_URL.removeprefix('http://')} --preload --workers 2"
    web += " --worker-class gthread --threads 16"
    celery = "-W ignore:::celery.platforms -m celery -A cedars_intl --quiet"
    return [
        ("web", f"{web} --graceful-timeout 3 --log-level warning --no-control-socket".split()),
        ("worker", f"{celery} worker --concurrency 2 --without-gossip --without-mingle --loglevel WARNING".split()),
        ("beat", [*celery.split(), "beat", "--schedule", str(CHECKOUT / "var" / "celerybeat-schedule"), "--pidfile="]),
        ("mail", ["manage.py", "mail_sink"]),
    ]


def announce(crew):
    """Say where everything is as soon as /readyz answers 200."""
    begin = psutil.Process().create_time()
    said_slow = False
    while crew.returncode is None:
        if is_ready():
            crew.say(banner(time.time() - begin))
            return
        if not said_slow and time.time() - begin > SLOW_SECONDS:
            said_slow = True
            crew.say(f"Not ready yet: {settings.SITE_URL}/readyz says what is missing.\n")
        time.sleep(0.1)


def is_ready():
    """Asks the worker first: each 503 of /readyz is an error line from the web process."""
    with suppress(OSError, redis.RedisError):
        if heartbeat_age() is not None:
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(f"{settings.SITE_URL}/readyz", timeout=5):
                return True
    return False


def banner(seconds):
    site = settings.SITE_URL
    width = max(len(email) for email, _, _ in SIGN_INS)
    longest = max(len(password) for _, password, _ in SIGN_INS)
    lines = [
        "",
        f"Ready in {seconds:.0f} s. Open {site}/",
        "",
        f"  For patients    {site}/",
        f"  For the team    {site}/admin/",
        f"  Mails sent      {site}/admin/notifications/sinkmessage/",
        f"  For partners    {site}/api/docs/",
        "                  .venv/bin/python manage.py partner_credentials --institution demo-mx",
        "",
        f"  After the password, the second step shows its code here ({SETS_UP_AN_APP} sets up an own one).",
        "  Who may sign in (the team at /admin/)",
        *(
            f"    {email:<{width}}  {password:<{longest}}  {description}".rstrip()
            for email, password, description in SIGN_INS
        ),
        "",
        "Ctrl-C stops it; the data is kept.",
        "",
    ]
    return "\n".join(lines) + "\n"


class Crew(Manager):
    """Honcho's manager, which also knows who ended first when nobody asked for an end."""

    first_to_end = None

    def terminate(self):
        ended = [name for name, process in self._processes.items() if process.get("returncode") is not None]
        if not self._terminating and ended:
            self.first_to_end = ended[0]
        super().terminate()

    def say(self, text):
        self._printer.output.write(text)
        self._printer.output.flush()


class Unbreakable(io.TextIOBase):
    """A terminal that may go away: what cannot be shown is dropped, so that the demo still stops in good order."""

    def __init__(self, stream):
        self.stream = stream

    def isatty(self):
        return self.stream.isatty()

    def write(self, text):
        with suppress(OSError):
            return self.stream.write(text)

    def flush(self):
        with suppress(OSError):
            self.stream.flush()
