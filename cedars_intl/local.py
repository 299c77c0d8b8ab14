"""The local set-up: how a process on this machine finds its settings and its servers.

`make demo` and `make services` write `var/local.env`. From then on any `manage.py` command in this checkout works by
itself: it reads that file and uses the embedded servers, or the ones that the demo was given. A process with a
SECRET_KEY, or with a DATABASE_URL and a REDIS_URL of its own, is set up by its environment alone: it never reads the
file and never starts a server.
"""

import os
import secrets
import shlex
import signal
import socket
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB

import psutil
from cryptography.fernet import Fernet

from cedars_intl.embedded import CHECKOUT, Account, EmbeddedError, EmbeddedServers, data_directory

LOCAL_ENV = CHECKOUT / "var" / "local.env"
SERVERS = ("DATABASE_URL", "REDIS_URL")
WITHOUT_SERVERS = {"help", "version", "--help", "-h", "--version"}
DEMO_MARK = "CEDARS_DEMO"

_for_life = ExitStack()


def prepare(arguments=None):
    """Set up os.environ for `manage.py <arguments>` and start, or attach to, the embedded servers that it needs.

    Changes nothing for a process that names its own servers. Ends the process with one line when it cannot go on.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    command = arguments[0] if arguments else "help"
    for_help = not WITHOUT_SERVERS.isdisjoint([command, *arguments])
    try:
        if command in ("demo", "services") and not for_help:
            _exit_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if command == "demo" and not for_help:
            _prepare_demo()
        elif command == "services" and not for_help:
            _add_to_environment(write_local_env({}))
            os.environ.update(EmbeddedServers().start())
        else:
            if not _is_local():
                return
            _add_to_environment(read_local_env())
            missing = [name for name in SERVERS if not os.environ.get(name)]
            if missing and os.environ.get("SECRET_KEY"):
                _exit_on(signal.SIGTERM, code=128 + signal.SIGTERM)
                urls = EmbeddedServers().urls() if for_help else EmbeddedServers().start(*missing)
                os.environ.update({name: urls[name] for name in missing})
    except EmbeddedError as error:
        sys.exit(f"cedars-intl does not start: {error}")


def read_local_env():
    """{name: value} of var/local.env; empty when there is none."""
    try:
        lines = LOCAL_ENV.read_text().splitlines()
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise EmbeddedError(f"{LOCAL_ENV} belongs to another account: use the one that wrote it.") from error
    return dict(token.split("=", 1) for line in lines for token in shlex.split(line, comments=True) if "=" in token)


def write_local_env(values):
    """Put `values` (None takes a name out) into var/local.env, readable by its owner only; the secret key is made once.

    Returns all of the file as {name: value}.
    """
    data_directory()
    first = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "RECORDS_KEYS": Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "SITE_URL": "http://127.0.0.1:8000",
    }
    values = {name: value for name, value in (first | read_local_env() | values).items() if value is not None}
    unfinished = LOCAL_ENV.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        owner = LOCAL_ENV.parent.stat()
        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.write("# Written by `make demo` and `make services`, for this machine only.\n")
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    unfinished.replace(LOCAL_ENV)
    return values


@contextmanager
def step(text):
    """Say what is being done and then how long it took."""
    begin = time.monotonic()
    print(f"  {text} ... ", end="", flush=True)
    yield
    print(f"{time.monotonic() - begin:.1f} s", flush=True)


def _exit_on(*signals, code=0):
    """End in good order, so that the servers are left or stopped. (`nohup` makes a process ignore SIGHUP: let it.)"""
    for number in signals:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: sys.exit(code))


def _is_local():
    if os.environ.get("SECRET_KEY"):
        return False
    named = {name: os.environ[name] for name in SERVERS if os.environ.get(name)}
    if len(named) < len(SERVERS):
        return True
    ours = [read_local_env(), EmbeddedServers().urls()]
    return all(any(known.get(name) == url for known in ours) for name, url in named.items())


def _add_to_environment(values):
    for name, value in values.items():
        if not os.environ.get(name):
            os.environ[name] = value


def _prepare_demo():
    """Become the one demo of this checkout, write var/local.env and start the servers."""
    port = _demo_port()
    directory = data_directory()
    lock = Account.for_checkout(CHECKOUT).lock(directory / "demo.lock", LOCK_EX | LOCK_NB)
    try:
        _for_life.enter_context(lock)
    except BlockingIOError as error:
        site = read_local_env().get("SITE_URL")
        raise EmbeddedError(f"the demo of this folder is running already, at {site}/") from error
    _end_left_over_processes()
    _refuse_taken_port(port)
    print("Cedars-Sinai International, local demo", flush=True)
    if directory != LOCAL_ENV.parent:
        print(f"  {CHECKOUT} is private to root; the servers do not run as root, so their data is in {directory}")
    demo = {
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "EMAIL_URL": f"smtp://127.0.0.1:{_free_port()}",
        "DEMO": "1",
    }
    given = {name: os.environ.get(name) or None for name in SERVERS}
    os.environ.update(demo)
    os.environ[DEMO_MARK] = str(CHECKOUT)
    _add_to_environment(write_local_env(demo | given))
    missing = [name for name in SERVERS if not given[name]]
    if missing:
        what = {("DATABASE_URL",): "Postgres", ("REDIS_URL",): "Redis"}.get(tuple(missing), "Postgres and Redis")
        with step(f"Starting {what}"):
            os.environ.update(EmbeddedServers().start(*missing))


def _demo_port():
    text = os.environ.get("PORT") or "8000"
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise EmbeddedError(f"PORT is {text!r}. Give a number from 1 to 65535, such as PORT=9001.")
    return int(text)


def _refuse_taken_port(port):
    try:
        with socket.create_server(("127.0.0.1", port)):
            pass
    except PermissionError as error:
        raise EmbeddedError(f"port {port} is for root only. Choose another: PORT=9001 make demo") from error
    except OSError as error:
        raise EmbeddedError(f"port {port} is taken by another program. Choose another: PORT=9001 make demo") from error


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _end_left_over_processes():
    """End what a demo that was killed with `kill -9` left behind: it would hold the port and work on old code."""
    ours = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(DEMO_MARK) == str(CHECKOUT) and process.pid != os.getpid():
                process.terminate()
                ours.append(process)
    if ours:
        print(f"  Ending {len(ours)} processes of a demo that did not stop cleanly", flush=True)
    _, alive = psutil.wait_procs(ours, timeout=5)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
