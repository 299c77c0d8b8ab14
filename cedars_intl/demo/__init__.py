"""The demo: people, offices and requests that are made up, and nobody's real address or number."""

from pathlib import Path

DIRECTORY_FILE = Path(__file__).parent / "directory.toml"
