import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest
import redis

from cedars_intl import embedded
from tests.waiting import wait_until

USER = """
import json, sys
from pathlib import Path
from cedars_intl.embedded import EmbeddedServers
servers = EmbeddedServers(Path(sys.argv[1]), durable=False)
print(json.dumps(servers.start()), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(request):
    """A folder that the servers' account can reach (pytest's own are private to root)."""
    path = Path(os.environ["STATIC_ROOT"]).parent / request.node.name[:40]
    embedded.make_open_folder(path)
    return path


@pytest.fixture
def user(folder):
    """user() -> a process that uses the servers in `folder` until `leave(process)`, with its `urls`."""
    processes = []

    def start(directory=folder):
        command = [sys.executable, "-c", USER, str(directory)]
        process = subprocess.Popen(
            command, cwd=embedded.CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        process.urls = json.loads(process.stdout.readline())
        return process

    yield start
    for process in processes:
        leave(process)
    assert embedded.EmbeddedServers(folder).stop_left_over()


def leave(process):
    if process.poll() is None:
        process.communicate(timeout=60)


def postgres(urls):
    return psycopg2.connect(urls["DATABASE_URL"])


def is_up(urls):
    try:
        postgres(urls).close()
    except psycopg2.OperationalError:
        with pytest.raises(redis.RedisError):
            redis.Redis.from_url(urls["REDIS_URL"]).ping()
        return False
    return redis.Redis.from_url(urls["REDIS_URL"]).ping()


def write(urls):
    with postgres(urls) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (words text); INSERT INTO kept VALUES ('زراعة الكلى')")
    redis.Redis.from_url(urls["REDIS_URL"]).rpush("queue", "task")


def read(urls):
    with postgres(urls) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT words FROM kept")
        return cursor.fetchone()[0], redis.Redis.from_url(urls["REDIS_URL"]).lrange("queue", 0, -1)


def is_running(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def server_pids(folder):
    return [int((folder / name).read_text().split()[0]) for name in ("postgres/postmaster.pid", "redis/pid")]


def test_second_process_attaches_and_the_last_one_stops_them(user):
    first = user()
    second = user()
    assert second.urls == first.urls
    leave(first)
    assert is_up(second.urls)
    leave(second)
    assert not is_up(second.urls)


def test_data_and_queue_are_kept(user):
    first = user()
    write(first.urls)
    leave(first)
    assert read(user().urls) == ("زراعة الكلى", [b"task"])


def test_a_killed_process_does_not_keep_them_up_for_ever(user):
    first = user()
    write(first.urls)
    first.kill()
    first.wait()
    assert is_up(first.urls)
    second = user()
    assert read(second.urls) == ("زراعة الكلى", [b"task"])
    leave(second)
    assert not is_up(second.urls)


def test_killed_servers_start_again(user, folder):
    first = user()
    write(first.urls)
    servers = [psutil.Process(pid) for pid in server_pids(folder)]
    for server in servers:
        server.kill()
    for server in servers:
        wait_until(lambda server=server: not is_running(server), what="the server's end")
    second = user()
    assert second.urls == first.urls, "processes that are still up would not find them again"
    assert read(second.urls) == ("زراعة الكلى", [b"task"])


def test_a_taken_port_is_left_alone(user):
    first = user()
    write(first.urls)
    leave(first)
    port = urlsplit(first.urls["REDIS_URL"]).port
    with socket.create_server(("127.0.0.1", port)):
        second = user()
        assert urlsplit(second.urls["REDIS_URL"]).port != port
        assert read(second.urls) == ("زراعة الكلى", [b"task"])


def test_pid_files_that_now_name_another_process_do_not_stop_a_start(user, folder):
    first = user()
    write(first.urls)
    pid_files = {name: (folder / name).read_text() for name in ("postgres/postmaster.pid", "redis/pid")}
    old = server_pids(folder)
    leave(first)
    for (name, text), pid in zip(pid_files.items(), old, strict=True):
        (folder / name).write_text(text.replace(str(pid), str(os.getpid()), 1))
        os.chown(folder / name, (folder / "postgres").stat().st_uid, -1)
    assert read(user().urls)[0] == "زراعة الكلى"


def test_long_path_gets_a_short_socket(user, folder):
    deep = folder / ("a-long-name-" * 8)
    embedded.make_open_folder(deep)
    process = user(deep)
    assert is_up(process.urls)
    leave(process)
    assert not is_up(process.urls)


def test_only_the_account_gets_in(user, folder):
    process = user()
    for name in ("postgres", "redis"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o700
    for pid in server_pids(folder):
        assert 0 not in psutil.Process(pid).uids()
    port = urlsplit(process.urls["REDIS_URL"]).port
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=port).ping()
    listening = [c.laddr for c in psutil.Process(server_pids(folder)[1]).net_connections() if c.status == "LISTEN"]
    assert listening == [("127.0.0.1", port)]
    assert psutil.Process(server_pids(folder)[0]).net_connections("inet") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another account")
def test_root_opens_no_private_folder(tmp_path, monkeypatch):
    private = tmp_path / "home" / "checkout"
    private.mkdir(parents=True)
    private.parent.chmod(0o700)
    outside = Path(os.environ["STATIC_ROOT"]).parent / "outside"
    monkeypatch.setattr(embedded, "OUTSIDE", outside)
    assert embedded.data_directory(private).parent == outside
    assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another account")
def test_root_keeps_the_data_in_an_open_checkout(folder):
    assert embedded.data_directory(folder) == folder / "var"
