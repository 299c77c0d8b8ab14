"""A pytest plugin: real Postgres and Redis for one test session, in a folder of their own that goes when it ends.

pytest-django reads the settings before any conftest, so this runs before it. The first process of the session starts the
servers; pytest-xdist's workers find them in the environment, and each takes a Redis database of its own (pytest-django
gives each a Postgres database). Nothing here touches a running demo, nor a server that the shell's environment names.
"""

import base64
import json
import os
import secrets
import shutil
from contextlib import suppress

import pytest
from django.conf import settings

from cedars_intl.embedded import CHECKOUT, EmbeddedError, EmbeddedServers, data_directory, make_open_folder
from cedars_intl.messages.catalogues import compile_catalogues

SESSION_SERVERS = pytest.StashKey()
SETTINGS = {
    "SECRET_KEY": "tests-only-" + "0123456789abcdef" * 4,
    "RECORDS_KEYS": base64.urlsafe_b64encode(b"tests-only-" + b"0" * 21).decode(),
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "SITE_URL": "http://127.0.0.1",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "LOG_LEVEL": "WARNING",
}
NOT_OURS = (
    "DEBUG",
    "DEMO",
    "BEHIND_TLS_PROXY",
    "CACHE_PREFIX",
    "CELERY_KEY_PREFIX",
    "LIBRETRANSLATE_URL",
    "CLAMD_ADDRESS",
    "RECORDS_STORAGE",
)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        try:
            _start(early_config)
        except EmbeddedError as error:
            raise pytest.UsageError(f"The test servers do not start: {error}") from error
    server, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{server}/{int(worker.removeprefix('gw') or -1) + 1}"
    return (yield)


def pytest_configure(config):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_unconfigure(config):
    servers = config.stash.get(SESSION_SERVERS, None)
    if servers:
        servers.stop()
        _remove(servers.directory)


def _start(config):
    compile_catalogues(CHECKOUT / "locale")
    sessions = data_directory() / "test"
    make_open_folder(sessions)
    for left_over in sessions.iterdir():
        _remove(left_over)
    folder = sessions / f"{os.getpid()}-{secrets.token_hex(2)}"
    make_open_folder(folder)
    servers = EmbeddedServers(folder, durable=False)
    for name in NOT_OURS:
        os.environ.pop(name, None)
    (folder / "static").mkdir()
    os.environ.update(SETTINGS | servers.start() | {"STATIC_ROOT": str(folder / "static")})
    (folder / "records").mkdir()
    os.environ["RECORDS_STORAGE_OPTIONS"] = json.dumps({"location": str(folder / "records")})
    config.stash[SESSION_SERVERS] = servers


def _remove(folder):
    """Unless another session is using it. (`users.lock` appears before anything else does.)"""
    with suppress(FileNotFoundError, EmbeddedError):
        if (folder / "users.lock").exists() and EmbeddedServers(folder).stop_left_over():
            shutil.rmtree(folder, ignore_errors=True)
