"""The embedded Postgres and Redis of the local set-up: the executables of two wheels, run under `var/`.

Every process that uses the servers holds a lock that the system drops when the process ends, however it ends. The first
one starts them, the others attach, and the last one to leave stops them. After a `kill -9` they stay up for the next.

Only this machine's same account gets in: Postgres listens on a socket in a private folder, Redis on a free 127.0.0.1
port behind a generated password.

Neither server runs as root. When root starts them they run as the owner of the checkout, or as `nobody` where root owns
it. If that account cannot reach the checkout (it lies in `/root`, say), no permission is loosened: data and executables
are kept in `/var/lib/cedars-intl/<hash of the checkout's path>` instead.
"""

import atexit
import fcntl
import hashlib
import os
from contextlib import ExitStack
from pathlib import Path

from cedars_intl.embedded.account import Account, EmbeddedError
from cedars_intl.embedded.postgres import Postgres
from cedars_intl.embedded.redis import Redis

__all__ = ["CHECKOUT", "Account", "EmbeddedError", "EmbeddedServers", "data_directory", "make_open_folder"]

CHECKOUT = Path(__file__).resolve().parent.parent.parent
OUTSIDE = Path("/var/lib/cedars-intl")


def data_directory(checkout=CHECKOUT):
    """The folder that holds the servers' data: `var/` of the checkout, or the one outside (see above)."""
    var = checkout / "var"
    try:
        var.mkdir(exist_ok=True)
        if os.geteuid():
            return var
        os.chown(var, checkout.stat().st_uid, checkout.stat().st_gid)
        var.chmod(0o755)
        if Account.for_checkout(checkout).reaches(var):
            return var
        outside = OUTSIDE / hashlib.sha256(str(checkout).encode()).hexdigest()[:10]
        make_open_folder(OUTSIDE)
        make_open_folder(outside)
    except OSError as error:
        raise EmbeddedError(f"No place for the servers' data: {error}") from error
    return outside


def make_open_folder(path):
    """One that the servers' account can enter, whatever our umask is."""
    path.mkdir(exist_ok=True)
    path.chmod(0o755)


class EmbeddedServers:
    """Postgres and Redis with their data in `directory`.

    `durable=False` trades the data's safety in a power cut for speed: for tests.
    """

    def __init__(self, directory=None, *, durable=True):
        shared = data_directory()
        self.directory = directory or shared
        self.account = Account.for_checkout(CHECKOUT)
        self.postgres = Postgres(self.directory, self.account, shared, durable)
        self.redis = Redis(self.directory, self.account, shared)
        self._use = ExitStack()
        self._pid = None

    def start(self, *names):
        """Start or attach to the servers `names` ("DATABASE_URL", "REDIS_URL"; both when none is named).

        Returns {name: URL}. They stay up until `stop`, which also runs when the process ends. Raises EmbeddedError.
        """
        servers = {"DATABASE_URL": self.postgres, "REDIS_URL": self.redis}
        try:
            with self._alone():
                if self._pid is None:
                    self._use.enter_context(self.account.lock(self._users, fcntl.LOCK_SH))
                    self._pid = os.getpid()
                    atexit.register(self.stop)
                for name in names or servers:
                    servers[name].start()
        except PermissionError as error:
            raise EmbeddedError(
                f"{error.filename} belongs to another account: use the one that ran this first."
            ) from error
        return {name: servers[name].url() for name in names or servers}

    def stop(self):
        """Leave; the last one stops the servers."""
        if self._pid != os.getpid():
            return
        with self._alone():
            self._use.close()
            self._pid = None
            self._stop_unless_in_use()

    def stop_left_over(self):
        """Stop servers that a killed process left up. Returns False, and does nothing, while someone uses them."""
        with self._alone():
            return self._stop_unless_in_use()

    def urls(self):
        """{name: URL} of the servers as they ran last, without starting them."""
        return {"DATABASE_URL": self.postgres.url(), "REDIS_URL": self.redis.url()}

    def _stop_unless_in_use(self):
        try:
            with self.account.lock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB):
                self.redis.stop()
                self.postgres.stop()
        except BlockingIOError:
            return False
        return True

    @property
    def _users(self):
        return self.directory / "users.lock"

    def _alone(self):
        return self.account.lock(self.directory / "start.lock", fcntl.LOCK_EX)
