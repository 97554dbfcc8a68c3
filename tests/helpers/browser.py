"""Pages as Chromium shows them, without a window and without a network."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers.installed import program

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND"
CONSOLE = ("--enable-logging=stderr", "--v=0")

needs_chromium = pytest.mark.needs(*CHROMIUM)


@dataclass(frozen=True)
class Shown:
    """A page that has been opened.

    Attributes:
        html: its elements after its script has run.
        console: what was written to the console: errors, refused styles and scripts, all that could not be loaded.
    """

    html: str
    console: list[str]


def shown(page: Path) -> Shown:
    """Open a page, in a browser of its own."""
    with tempfile.TemporaryDirectory() as profile:
        command = [program(*CHROMIUM), *SWITCHES, OFFLINE, *CONSOLE, f"--user-data-dir={profile}", "--dump-dom"]
        ended = subprocess.run(
            [*command, page.as_uri()], check=True, capture_output=True, encoding="utf-8", timeout=120
        )
    return Shown(ended.stdout, [line for line in ended.stderr.splitlines() if "CONSOLE" in line])
