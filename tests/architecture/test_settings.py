import os
import subprocess
import sys

import pytest

from cedars_intl.embedded import CHECKOUT

SITE = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "production-" + "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "international.example.org",
    "DATABASE_URL": "postgres://cedars@db.example.org/cedars",
    "REDIS_URL": "redis://redis.example.org/0",
    "RECORDS_KEYS": "bWFrZS1saW50LW9ubHktMDAwMDAwMDAwMDAwMDAwMDA=",
}
REFUSED = [
    ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
    ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
    ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is not set"),
    ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS is '*'"),
    ({"RECORDS_KEYS": None}, "RECORDS_KEYS is not set"),
    ({"RECORDS_KEYS": "abc"}, "RECORDS_KEYS holds something that is no key"),
    ({"SITE_URL": "http://international.example.org"}, "SITE_URL is not https"),
]


def run(*command, **changes):
    environment = {name: value for name, value in (SITE | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, *command], cwd=CHECKOUT, env=environment, check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_unsafe_production_is_refused_in_one_line(changes, message):
    done = run("manage.py", "check", **changes)
    assert done.returncode == 1
    assert done.stderr.startswith(f"cedars-intl does not start: {message}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("changes", "message"), [*REFUSED, ({"DATABASE_URL": None}, "DATABASE_URL is not set")])
def test_servers_other_than_manage_py_refuse_it_too(changes, message):
    done = run("-c", "import cedars_intl.wsgi", **changes)
    assert done.returncode != 0
    assert message in done.stderr.splitlines()[-1]


def test_deploy_check_is_clean():
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced).")


def test_debug_is_off_unless_asked():
    script = "from django.conf import settings; print(settings.DEBUG, settings.DEMO)"
    environment = {"DJANGO_SETTINGS_MODULE": "cedars_intl.settings"}
    assert run("-c", script, **environment).stdout.strip() == "False False"
    assert run("-c", script, **environment, DEBUG="1").stdout.strip() == "True False"
