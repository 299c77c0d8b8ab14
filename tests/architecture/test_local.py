"""Which process reads var/local.env, and which servers it starts."""

import os
import stat

import pytest

from cedars_intl import local

EMBEDDED = {"DATABASE_URL": "postgres:///embedded", "REDIS_URL": "redis://embedded"}
OWN = {"DATABASE_URL": "postgres:///own", "REDIS_URL": "redis://own"}


class Servers:
    started = []

    def start(self, *names):
        self.started.extend(names)
        return {name: EMBEDDED[name] for name in names or EMBEDDED}

    def urls(self):
        return EMBEDDED


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """An environment with nothing of ours in it; what `prepare` puts there is taken out again."""
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"]})
    monkeypatch.setattr(local, "LOCAL_ENV", tmp_path / "local.env")
    monkeypatch.setattr(local, "EmbeddedServers", Servers)
    monkeypatch.setattr(local, "_exit_on", lambda *signals, code=0: None)
    monkeypatch.setattr(Servers, "started", [])
    return os.environ


@pytest.fixture
def local_env(environment):
    values = local.write_local_env({"DEMO": "1"})
    environment.pop("SECRET_KEY", None)
    return values


def test_without_local_env_nothing_starts_and_settings_refuse(environment):
    local.prepare(["migrate"])
    assert "SECRET_KEY" not in environment
    assert Servers.started == []


def test_a_command_in_another_shell_joins_the_local_set_up(environment, local_env):
    local.prepare(["partner_credentials", "--institution", "demo-mx"])
    assert {name: environment[name] for name in local_env} == local_env
    assert {name: environment[name] for name in EMBEDDED} == EMBEDDED
    assert Servers.started == ["DATABASE_URL", "REDIS_URL"]


def test_a_process_with_servers_of_its_own_never_reads_local_env(environment, local_env):
    environment.update(OWN)
    local.prepare(["migrate"])
    assert "SECRET_KEY" not in environment
    assert "DEMO" not in environment
    assert Servers.started == []


@pytest.mark.parametrize("named", [{}, {"DATABASE_URL": OWN["DATABASE_URL"]}])
def test_a_process_with_a_secret_key_reads_no_local_env_and_starts_no_servers(environment, local_env, named):
    environment.update({"SECRET_KEY": "its own"} | named)
    local.prepare(["migrate"])
    assert "DEMO" not in environment
    assert Servers.started == []


def test_a_demo_on_servers_of_its_own_is_joined_too(environment, local_env):
    local.write_local_env(OWN)
    local.prepare(["partner_credentials"])
    assert {name: environment[name] for name in OWN} == OWN
    assert Servers.started == []


@pytest.mark.parametrize("named", [OWN, EMBEDDED])
def test_naming_the_local_servers_is_joining_them(environment, local_env, named):
    local.write_local_env({name: url if named is OWN else None for name, url in OWN.items()})
    environment.update(named)
    local.prepare(["partner_credentials"])
    assert environment["DEMO"] == "1"
    assert Servers.started == []


@pytest.mark.parametrize("arguments", [[], ["help"], ["version"], ["migrate", "--help"]])
def test_help_starts_no_servers(environment, local_env, arguments):
    local.prepare(arguments)
    assert {name: environment[name] for name in EMBEDDED} == EMBEDDED
    assert Servers.started == []


def test_the_secret_key_is_made_once_and_kept_private(environment, local_env):
    again = local.write_local_env({"SITE_URL": "http://127.0.0.1:9001", "DEMO": None})
    assert again["SECRET_KEY"] == local_env["SECRET_KEY"]
    assert len(again["SECRET_KEY"]) >= 50
    assert stat.S_IMODE(local.LOCAL_ENV.stat().st_mode) == 0o600
    assert local.read_local_env() == again
    assert "DEMO" not in again


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eight", "80 80"])
def test_a_senseless_port_is_one_line(environment, port):
    environment["PORT"] = port
    with pytest.raises(SystemExit, match=f"PORT is '{port}'"):
        local.prepare(["demo"])
