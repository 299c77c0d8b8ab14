"""`manage.py demo` as a newcomer meets it: in a copy of this checkout, on a free port, from nothing."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from cedars_intl.embedded import CHECKOUT
from cedars_intl.local import DEMO_MARK
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
IGNORED = shutil.ignore_patterns("var", ".venv", ".git", "__pycache__", "node_modules", ".*_cache")


@pytest.fixture(scope="module")
def checkout():
    copy = Path(os.environ["STATIC_ROOT"]).parent / "checkout"
    shutil.copytree(CHECKOUT, copy, ignore=IGNORED)
    return copy


@pytest.fixture(scope="module")
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def demo(checkout, port):
    """demo() -> a started demo; what is left of it is ended after the test."""
    started = []

    def start():
        log = checkout / f"demo-{len(started)}.log"
        with open(log, "w") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=checkout,
                env=environment(PORT=str(port)),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        started.append(process)
        process.log = log
        return process

    yield start
    for process in started:
        stop(process, signal.SIGTERM)
    for process in processes_of(checkout):
        process.kill()


def environment(**more):
    """A newcomer's shell: nothing of the test session's."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | more


def manage(checkout, *arguments, **more):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=checkout,
        env=environment(**more),
        check=False,
        capture_output=True,
        text=True,
    )


def wait_until_ready(process):
    def ready():
        assert process.poll() is None, process.log.read_text()
        return "Ready in" in process.log.read_text()

    wait_until(ready, seconds=120, what="the demo's banner")


def stop(process, signal_number):
    if process.poll() is None:
        process.send_signal(signal_number)
    return process.wait(60)


def processes_of(checkout):
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(DEMO_MARK) == str(checkout) or process.cwd().startswith(f"{checkout}/var"):
                found.append(process)
    return found


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
        return response.read().decode()


def test_it_serves_and_stops_and_keeps_the_data(demo, checkout, port):
    first = demo()
    wait_until_ready(first)
    said = first.log.read_text()
    assert f"http://127.0.0.1:{port}/admin/" in said
    assert "mexico@example.org" in said
    assert get(port, "/healthz") == "ok\n"
    assert json.loads(get(port, "/readyz"))["status"] == "ready"
    assert "<html" in get(port, "/en/")

    credentials = manage(checkout, "partner_credentials", "--institution", "demo-mx")
    assert set(json.loads(credentials.stdout)) >= {"client_id", "client_secret"}, credentials.stderr
    assert json.loads(get(port, "/readyz"))["status"] == "ready"

    second = manage(checkout, "demo", PORT=str(port))
    assert second.returncode == 1
    assert "is running already" in second.stderr

    assert stop(first, signal.SIGINT) == 0
    wait_until(lambda: not processes_of(checkout), what="the end of all its processes")

    count = "from patients.cases.models import Case; print(Case.objects.count())"
    before = manage(checkout, "shell", "-v0", "-c", count).stdout
    again = demo()
    wait_until_ready(again)
    assert manage(checkout, "shell", "-v0", "-c", count).stdout == before
    assert stop(again, signal.SIGTERM) == 0
    wait_until(lambda: not processes_of(checkout), what="the end of all its processes")


def test_it_starts_after_a_kill(demo, checkout):
    first = demo()
    wait_until_ready(first)
    first.kill()
    first.wait()
    again = demo()
    wait_until_ready(again)
    assert "did not stop cleanly" in again.log.read_text()
    assert stop(again, signal.SIGINT) == 0
    wait_until(lambda: not processes_of(checkout), what="the end of all its processes")


def test_it_says_which_process_ended(demo, checkout):
    process = demo()
    wait_until_ready(process)
    for child in processes_of(checkout):
        with suppress(psutil.Error):
            if "mail_sink" in child.cmdline():
                child.kill()
    assert process.wait(60) == 1
    assert "mail ended by itself" in process.log.read_text()
    wait_until(lambda: not processes_of(checkout), what="the end of all its processes")


def test_a_taken_port_is_one_line(checkout):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = manage(checkout, "demo", PORT=str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"cedars-intl does not start: port {port} is taken by another program. Choose another: PORT=9001 make demo\n"
    )
