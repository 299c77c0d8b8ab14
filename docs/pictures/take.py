"""Takes the README's pictures from the running demo: `make demo`, then `make pictures` in another shell."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cedars_intl.demo import PASSWORD, STAFF
from cedars_intl.local import read_local_env
from tests.browsers import ARGUMENTS, find_chromium

FOLDER = Path(__file__).parent
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "ar"}
DESKTOP = {"viewport": {"width": 1280, "height": 844}, "locale": "en"}


def main():
    site = read_local_env().get("SITE_URL")
    if not site:
        sys.exit("No demo here yet: run `make demo` first.")
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if not path:
            sys.exit("No Chromium here: install one, or name it with CHROMIUM.")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        phone = browser.new_context(base_url=site, **PHONE).new_page()
        phone.goto("/")
        take(phone, "home-arabic")
        desktop = browser.new_context(base_url=site, **DESKTOP).new_page()
        desktop.goto("/admin/")
        desktop.get_by_label("E-mail").fill(STAFF[0].email)
        desktop.get_by_label("Password", exact=False).first.fill(PASSWORD)
        desktop.get_by_role("button", name="Log in").click()
        desktop.get_by_label("Code", exact=True).fill(desktop.locator("#demo-code").inner_text())
        desktop.get_by_role("button", name="Go on").click()
        desktop.wait_for_load_state("networkidle")
        take(desktop, "queue")
        desktop.goto("/admin/cases/case/?q=maria@example.org")
        desktop.get_by_role("link", name="María Fernanda").click()
        desktop.wait_for_load_state("networkidle")
        take(desktop, "case")
        browser.close()


def take(page, name):
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/pictures/{name}.png", flush=True)


if __name__ == "__main__":
    main()
