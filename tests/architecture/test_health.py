import socket
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cedars_intl import tasks
from offices.outbox.models import Delivery, DeliveryState, Event
from tests.waiting import wait_until


def make_delivery(**fields):
    return Delivery.objects.create(event=Event.objects.create(name="case.opened"), subscriber="somebody", **fields)


@pytest.fixture
def beating():
    tasks.record_heartbeat()


@pytest.fixture
def dead_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def test_healthz_needs_no_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_readyz_when_all_is_well(client, beating):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    ready = response.json()
    assert ready["worker"].pop("heartbeat_age_seconds") < 30
    assert ready == {
        "status": "ready",
        "database": {"ok": True},
        "broker": {"ok": True},
        "worker": {"ok": True},
        "outbox": {"ok": True, "oldest_due_age_seconds": 0.0},
    }


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_for_reading(client, path):
    assert client.post(path).status_code == 405


def unwell(response):
    assert response.status_code == 503
    parts = response.json()
    assert parts.pop("status") == "not ready"
    return {name for name, part in parts.items() if not part["ok"]}


@pytest.mark.django_db
def test_a_worker_that_never_beat_is_not_well(client):
    response = client.get("/readyz")
    assert unwell(response) == {"worker"}
    assert response.json()["worker"]["heartbeat_age_seconds"] is None


@pytest.mark.django_db
def test_three_missed_heartbeats_are_not_well(client, beating, settings, monkeypatch):
    now = tasks.time.time()
    monkeypatch.setattr(tasks.time, "time", lambda: now + 3 * settings.HEARTBEAT_SECONDS + 1)
    assert unwell(client.get("/readyz")) == {"worker"}


@pytest.mark.django_db
def test_news_that_does_not_go_out_is_not_well(client, beating, settings):
    late = timezone.now() - timedelta(seconds=settings.OUTBOX_LATE_SECONDS + 5)
    make_delivery(state=DeliveryState.DONE, due_at=late)
    make_delivery(state=DeliveryState.PENDING, due_at=timezone.now() + timedelta(hours=1))
    assert client.get("/readyz").status_code == 200
    make_delivery(state=DeliveryState.PENDING, due_at=late)
    response = client.get("/readyz")
    assert unwell(response) == {"outbox"}
    assert response.json()["outbox"]["oldest_due_age_seconds"] >= settings.OUTBOX_LATE_SECONDS


@pytest.mark.django_db
def test_no_broker(client, beating, settings, dead_port):
    settings.REDIS_URL = f"redis://:hidden@127.0.0.1:{dead_port}/0"
    response = client.get("/readyz")
    assert unwell(response) == {"broker", "worker"}
    assert b"hidden" not in response.content


@pytest.mark.django_db(transaction=True)
def test_no_database(client, beating, monkeypatch):
    connection.close()
    with monkeypatch.context() as broken:
        broken.setitem(connection.settings_dict, "NAME", "no_such_database")
        response = client.get("/readyz")
        connection.close()
    assert unwell(response) == {"database", "outbox"}
    assert b"no_such_database" not in response.content


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_beats_until_it_is_killed(client, celery_worker, settings):
    settings.HEARTBEAT_SECONDS = 1
    first = tasks.broker_client().get(tasks.heartbeat_key())
    wait_until(lambda: tasks.broker_client().get(tasks.heartbeat_key()) != first, what="beat's heartbeat")
    assert client.get("/readyz").status_code == 200
    celery_worker.kill()
    wait_until(lambda: client.get("/readyz").status_code == 503, what="the missed heartbeats")
    celery_worker.start()
    assert client.get("/readyz").status_code == 200
