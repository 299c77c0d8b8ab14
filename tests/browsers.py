"""Finding a Chromium that is here already: nothing is downloaded for a test."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATHS = (
    "/usr/lib/chromium/chromium",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def find_chromium(playwright):
    """The path of an executable: CHROMIUM's, an installed one, or Playwright's own; None if there is none."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    installed = [shutil.which(name) for name in NAMES] + [path for path in PATHS if Path(path).exists()]
    own = playwright.chromium.executable_path
    return next(filter(None, installed), own if Path(own).exists() else None)
