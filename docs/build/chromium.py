"""Pictures of pages, taken by headless Chromium without a network."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageChops

MARGIN = 24  # pixels that are left below what a page shows
COLOURS = 256


def chromium() -> str:
    """Where Chromium is; a machine that has none is told so."""
    return shutil.which("chromium") or sys.exit("chromium is missing: the pictures need it")


def pictures_wanted(description: str | None) -> bool:
    """Whether the command line asks for pictures, and they can be taken."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", action="store_true", help="take the pictures as well, which needs Chromium")
    return parser.parse_args().pictures and bool(chromium())


def photograph(page: Path, picture: Path, width: int, height: int) -> None:
    """A page as headless Chromium shows it; what it complains of goes to the terminal."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    size = [f"--window-size={width},{height}", "--hide-scrollbars", f"--screenshot={picture}"]
    logging = ["--enable-logging=stderr", "--v=0", "--host-resolver-rules=MAP * ~NOTFOUND"]
    command = [chromium(), *switches, *size, *logging, page.as_uri()]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    sys.stdout.writelines(f"{page.name}: {line}\n" for line in ended.stderr.splitlines() if "CONSOLE" in line)


def trim(picture: Path) -> None:
    """Cut off what is empty below, and save it with few colours."""
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    empty = Image.new("RGB", image.size, image.getpixel((0, image.height - 1)))
    box = ImageChops.difference(image, empty).getbbox()
    bottom = image.height if box is None else min(image.height, box[3] + MARGIN)
    image.crop((0, 0, image.width, bottom)).quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)
