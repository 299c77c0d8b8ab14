"""How many lists of 20 referrals a second the partner API serves, as a share of a bare Django view in the same run.

`make bench` runs it on Postgres and Redis servers of its own: two gunicorn workers, a quarter of the time for each of
four rounds, bare and API by turns, sign-in, scopes and limits on. The mark is a half.
"""

import http.client
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
from multiprocessing import Pool
from urllib.parse import urlencode

from cedars_intl.embedded import CHECKOUT, EmbeddedServers, data_directory, make_open_folder

SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
ROUNDS = 4
REFERRALS = 500
CLIENTS = 4
MARK = 0.5
LIST = "/api/v1/referrals/"


def main():
    folder = data_directory() / f"bench-{secrets.token_hex(2)}"
    make_open_folder(folder)
    servers = EmbeddedServers(folder, durable=False)
    os.environ.update(
        servers.start(),
        DJANGO_SETTINGS_MODULE="cedars_intl.settings",
        SECRET_KEY=secrets.token_urlsafe(50),
        ALLOWED_HOSTS="127.0.0.1",
        SITE_URL="http://127.0.0.1",
        LOG_LEVEL="ERROR",
        API_REQUESTS_PER_MINUTE="1000000000",
    )
    try:
        measure()
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure():
    print(f"Making {REFERRALS} referrals ...", flush=True)
    institution, client_id, secret = make_referrals()
    os.environ["BENCH_INSTITUTION"] = institution
    with Server("bench.bare:application") as bare, Server("cedars_intl.wsgi") as api:
        headers = {"Authorization": f"Bearer {ask_token(api.port, client_id, secret)}"}
        targets = {"bare view": (bare.port, "/", {}), "partner API": (api.port, LIST, headers)}
        rates = {name: [] for name in targets}
        for number in range(1, ROUNDS + 1):
            for name, target in targets.items():
                rates[name].append(load(*target, seconds=SECONDS / ROUNDS / len(targets)))
                print(f"round {number}: {name} {rates[name][-1]:,.0f} lists a second", flush=True)
    bare, api = (statistics.median(found) for found in rates.values())
    print(f"bare view {bare:,.0f}, partner API {api:,.0f} lists of 20 a second: {api / bare:.2f} (mark {MARK})")
    if api / bare < MARK:
        sys.exit(f"The API is below its mark of {MARK}.")


def make_referrals():
    """Returns (id of the institution, client_id, client_secret)."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from partners.institutions.services import issue_credential
    from tests.factories import InstitutionFactory, OfficeFactory, refer

    call_command("migrate", verbosity=0)
    OfficeFactory(countries=["MX"], is_fallback=True)
    institution = InstitutionFactory()
    for number in range(REFERRALS):
        refer(institution, partner_reference=f"MX-{number}", email=f"p{number}@example.org")
    credential, secret = issue_credential(institution=institution, actor=None)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()
    return str(institution.pk), credential.client_id, secret


class Server:
    """gunicorn with two workers on a free port."""

    def __init__(self, application):
        self.application = application

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", self.application, "--bind", f"127.0.0.1:{self.port}"]
        command += ["--workers", "2", "--threads", "4", "--log-level", "error", "--no-control-socket"]
        self.process = subprocess.Popen(command, cwd=CHECKOUT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.application} did not start.")

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(30)


def ask_token(port, client_id, secret):
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/oauth/token/", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
    return json.loads(connection.getresponse().read())["access_token"]


def load(port, path, headers, *, seconds):
    """Requests a second that CLIENTS processes together got answered with 200 and 20 rows' worth of bytes."""
    with Pool(CLIENTS) as pool:
        return sum(pool.starmap(ask_again_and_again, [(port, path, headers, seconds)] * CLIENTS))


def ask_again_and_again(port, path, headers, seconds):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    count, begin = 0, time.monotonic()
    while time.monotonic() < begin + seconds:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200 and body.count(b'"partner_reference"') == 20, (response.status, body[:200])
        count += 1
    return count / (time.monotonic() - begin)


if __name__ == "__main__":
    main()
