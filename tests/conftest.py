import os

import pytest
from playwright.sync_api import sync_playwright

from cedars_intl.tasks import broker_client
from tests.browsers import ARGUMENTS, find_chromium
from tests.workers import CeleryWorker, MailSink

pytest_plugins = ["tests.cast"]

BROWSER_TIMEOUT_MS = 15_000


@pytest.fixture(autouse=True)
def _empty_redis():
    """No test finds another's cache, limits or queue."""
    broker_client().flushdb()


@pytest.fixture
def site(live_server, settings):
    """The address of a running site, which links in mails name too."""
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def mail_sink(settings):
    """A running tests.workers.MailSink to which this process and `celery_worker` send."""
    sink = MailSink()
    sink.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    yield sink
    sink.stop()


@pytest.fixture
def celery_worker(transactional_db, mail_sink, request, tmp_path):
    """A running tests.workers.CeleryWorker. The test sees its work, so it must be django_db(transaction=True)."""
    if "site" in request.fixturenames:
        request.getfixturevalue("site")
    worker = CeleryWorker(tmp_path)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture(scope="session")
def browser():
    """A running Chromium. Without one the test is skipped, or fails where CI=true."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's own loop makes Django think this is async code
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if not path:
            no_browser = pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip
            no_browser("No Chromium here: install one, or name it with CHROMIUM.")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, site):
    """open_page(locale="es", width=320, java_script_enabled=False, ...) -> a page in a browser of its own.

    Keywords are Playwright's for a context; paths in `goto` are the site's. A script error on a page fails the test.
    """
    contexts, errors = [], []

    def open_page(*, locale="en", width=1024, height=768, **options):
        size = {"width": width, "height": height}
        contexts.append(browser.new_context(base_url=site, locale=locale, viewport=size, **options))
        contexts[-1].set_default_timeout(BROWSER_TIMEOUT_MS)
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, f"Scripts failed: {errors}"


@pytest.fixture
def page(open_page):
    """A page in English on a desktop."""
    return open_page()
