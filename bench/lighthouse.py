"""What Lighthouse says of the public pages on a phone: performance, accessibility, best practices, search engines.

`make lighthouse` starts the product's web part on Postgres and Redis servers of its own, with the demo's directory;
with URL= it looks at a site that runs already. Needs Node and a Chromium; npm's files go to var/. Every score is to be
MARK or more. A page below it is looked at again, and its best counts: a busy machine makes a page slower, never faster.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from contextlib import ExitStack

from bench.api import Server
from cedars_intl.embedded import CHECKOUT, EmbeddedServers, data_directory, make_open_folder

MARK, TRIES = 95, 3
LANGUAGES = ("en", "ar")
PAGES = ("", "how-it-works/", "services/", "services/cardiology/", "offices/", "help/", "request/")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
CHROME = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
    " --disable-sync"
)
FOLDER = CHECKOUT / "var" / "lighthouse"


def main():
    if not shutil.which("npx"):
        sys.exit("No npx here: install Node.")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("No Chromium here: install one, or name it with CHROMIUM.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with ExitStack() as life:
        site = os.environ.get("URL") or start_site(life)
        only = os.environ.get("PAGES", "").split() or PAGES
        found = {
            f"/{language}/{page}": judge(f"{site.rstrip('/')}/{language}/{page}", chromium)
            for page in only
            for language in LANGUAGES
        }
    low = [path for path, scores in found.items() if min(scores.values()) < MARK]
    if low:
        sys.exit(f"Below {MARK}: {', '.join(low)}. What is wrong stands in {FOLDER}.")


def start_site(life: ExitStack) -> str:
    """Servers of their own, the demo's directory and the built static files; all end with `life`."""
    folder = data_directory() / f"lighthouse-{secrets.token_hex(2)}"
    make_open_folder(folder)
    life.callback(shutil.rmtree, folder, ignore_errors=True)
    servers = EmbeddedServers(folder, durable=False)
    os.environ.update(
        servers.start(),
        DJANGO_SETTINGS_MODULE="cedars_intl.settings",
        SECRET_KEY=secrets.token_urlsafe(50),
        ALLOWED_HOSTS="127.0.0.1",
        SITE_URL="http://127.0.0.1",
        STATIC_ROOT=str(folder / "static"),
        LOG_LEVEL="ERROR",
    )
    life.callback(servers.stop)
    load()
    server = life.enter_context(Server("cedars_intl.wsgi"))
    return f"http://127.0.0.1:{server.port}"


def load():
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from cedars_intl.demo.loader import load_directory
    from patients.website.services import rebuild_search

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    load_directory()
    rebuild_search()
    connection.close()


def judge(address: str, chromium: str) -> dict[str, int]:
    """Lighthouse's scores of a page, from 0 to 100; the best of up to TRIES looks."""
    best: dict[str, int] = dict.fromkeys(CATEGORIES, 0)
    for _ in range(TRIES):
        scores = look(address, chromium)
        best = max(best, scores, key=lambda found: min(found.values()))
        if min(best.values()) >= MARK:
            break
    path = address.partition("//")[2].partition("/")[2]
    print(f"/{path:32}" + "".join(f"{category} {score:3}  " for category, score in best.items()), flush=True)
    return best


def look(address: str, chromium: str) -> dict[str, int]:
    name = address.partition("//")[2].partition("/")[2].replace("/", "_") or "first"
    report = FOLDER / f"{name}.json"
    command = ["npx", "--yes", "lighthouse@12", address, "--quiet", "--output=json", f"--output-path={report}"]
    command += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={CHROME}"]
    environment = os.environ | {"CHROME_PATH": chromium, "npm_config_cache": str(CHECKOUT / "var" / "npm")}
    run = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True)
    if run.returncode:
        # Chromium ended by itself, say: this look counts as none.
        print(f"{address}: Lighthouse failed. {run.stderr.strip()[-300:]}", file=sys.stderr, flush=True)
        return dict.fromkeys(CATEGORIES, 0)
    categories = json.loads(report.read_text())["categories"]
    return {category: round((categories[category]["score"] or 0) * 100) for category in CATEGORIES}


if __name__ == "__main__":
    main()
