"""What was committed goes out, whatever is killed meanwhile. `make chaos` does the same for longer (CHAOS_ROUNDS)."""

import os
import random
import secrets
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from cedars_intl.embedded import EmbeddedServers, data_directory, make_open_folder
from offices.notifications.models import Notification, NotificationState
from offices.outbox.models import Delivery
from tests.waiting import wait_until
from tests.workers import CHECKOUT, CeleryWorker, server_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "2"))
MAILS_A_ROUND = 5

COMMIT = """
import django
django.setup()
from offices.notifications.services import queue_notification
for number in range({count}):
    queue_notification(kind="sign_in_code", to="maria@example.org", language="es", context={{"code": "X", "minutes": 15}})
"""


@pytest.fixture
def redis_server(settings, monkeypatch):
    """A Redis of this test's own, which it may kill."""
    folder = data_directory() / "test" / f"chaos-{secrets.token_hex(2)}"
    make_open_folder(folder.parent)
    make_open_folder(folder)
    servers = EmbeddedServers(folder, durable=False)
    url = servers.start("REDIS_URL")["REDIS_URL"]
    monkeypatch.setenv("REDIS_URL", url)
    settings.REDIS_URL = url
    yield servers.redis
    servers.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def worker(redis_server, mail_sink, tmp_path):
    worker = CeleryWorker(tmp_path)
    worker.start()
    yield worker
    worker.kill()


def commit(count=1):
    """Queue mails from a process of its own, which ends when they are committed."""
    environment = server_environment() | {"DJANGO_SETTINGS_MODULE": "cedars_intl.settings"}
    subprocess.run([sys.executable, "-c", COMMIT.format(count=count)], env=environment, cwd=CHECKOUT, check=True)


def kill(redis_server):
    redis_server._process().kill()
    wait_until(lambda: not redis_server._process(), what="the end of Redis")


def test_redis_killed_before_the_commit(worker, redis_server, mail_sink):
    kill(redis_server)
    commit()
    assert not mail_sink.messages
    redis_server.start()
    mail_sink.wait_for(1, seconds=60)
    wait_until(lambda: not Delivery.objects.filter(state="pending").exists(), what="the end of all deliveries")
    assert len(mail_sink.messages) == 1


def test_worker_killed_before_the_commit(worker, mail_sink):
    worker.kill()
    commit()
    assert not mail_sink.messages
    worker.start()
    mail_sink.wait_for(1, seconds=60)
    wait_until(lambda: not Delivery.objects.filter(state="pending").exists(), what="the end of all deliveries")
    assert len(mail_sink.messages) == 1


def test_nothing_is_lost_while_the_worker_and_redis_are_killed_again_and_again(worker, redis_server, mail_sink):
    """A mail is sent twice only if its worker is killed after the mail server took it, then with the same Message-ID."""
    chance, worker_kills = random.Random(ROUNDS), 0
    for _ in range(ROUNDS):
        commit(MAILS_A_ROUND)
        victim = chance.choice(["worker", "redis"])
        wait_until(lambda: chance.random() < 0.2, what="a moment by chance")
        if victim == "redis":
            kill(redis_server)
            commit(MAILS_A_ROUND)
            redis_server.start()
        else:
            worker.kill()
            worker_kills += 1
            commit(MAILS_A_ROUND)
            worker.start()
    total = ROUNDS * 2 * MAILS_A_ROUND
    wait_until(
        lambda: Notification.objects.filter(state=NotificationState.SENT).count() == total,
        seconds=60 + 10 * ROUNDS,
        what="the sending of all mails",
    )
    copies = Counter(message["Message-ID"] for message in mail_sink.messages)
    twice = sum(count - 1 for count in copies.values())
    print(
        f"{ROUNDS} rounds, {total} mails committed, {len(copies)} arrived, {twice} twice, {worker_kills} workers killed"
    )
    assert len(copies) == total and twice <= worker_kills
