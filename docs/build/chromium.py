"""Screenshots of pages, taken by headless Chromium without a network."""

import argparse
import functools
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageChops

MARGIN = 24  # pixels kept below the content
COLOURS = 256  # in the palette of the saved PNG


@functools.cache
def chromium() -> str:
    """Return the path of Chromium; end the program with a message if there is none, or no font with Korean letters."""
    fonts = shutil.which("fc-list")
    if fonts and not subprocess.run([fonts, ":lang=ko"], check=True, capture_output=True).stdout:
        sys.exit("no font has Korean letters: the pictures need one (`make system`)")
    return shutil.which("chromium") or sys.exit("chromium is missing: the pictures need it (`make system`)")


def pictures_wanted(description: str | None) -> bool:
    """Parse the command line: whether `--pictures` was given. Ends the program if it was and there is no Chromium.

    Args:
        description: what the script does, for `--help`.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", action="store_true", help="take screenshots as well, which needs Chromium")
    return parser.parse_args().pictures and bool(chromium())


def photograph(page: Path, picture: Path, width: int, height: int) -> None:
    """Take a screenshot of a page, and print the errors of its console.

    Args:
        page: an HTML file.
        picture: the PNG to write.
        width: of the window, in pixels.
        height: of the window, in pixels.
    """
    picture.parent.mkdir(parents=True, exist_ok=True)
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    size = [f"--window-size={width},{height}", "--hide-scrollbars", f"--screenshot={picture}"]
    logging = ["--enable-logging=stderr", "--v=0", "--host-resolver-rules=MAP * ~NOTFOUND"]
    command = [chromium(), *switches, *size, *logging, page.as_uri()]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    sys.stdout.writelines(f"{page.name}: {line}\n" for line in ended.stderr.splitlines() if "CONSOLE" in line)


def trim(picture: Path) -> None:
    """Cut off the empty part at the bottom of a picture, and save it with a palette, which makes it small."""
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    empty = Image.new("RGB", image.size, image.getpixel((0, image.height - 1)))
    box = ImageChops.difference(image, empty).getbbox()
    bottom = image.height if box is None else min(image.height, box[3] + MARGIN)
    image.crop((0, 0, image.width, bottom)).quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)
