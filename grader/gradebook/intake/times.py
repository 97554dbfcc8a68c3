"""When something was handed in."""

import os
import time
import zipfile
from itertools import islice
from pathlib import Path

MAX_LOOKED_AT = 500  # files of a folder, for its time
MAX_LIST = 2**20  # bytes of a zip's list of files, for its time
TAIL = 2**16 + 22  # where the place of that list stands
OLDEST = 1980  # the year that zips without times say


def time_of(path: Path) -> tuple[float, bool]:
    """When a submission was last changed (a zip or folder: its newest file), and whether a zip's own list tells it."""
    try:
        if path.suffix.lower() == ".zip" and path.is_file() and (inside := time_inside(path)):
            return inside, True
        files = (Path(folder) / name for folder, _, names in os.walk(path) for name in names)
        times = [file.lstat().st_mtime for file in islice(files, MAX_LOOKED_AT)]
        return max(times, default=path.stat().st_mtime), False
    except OSError:
        return 0.0, False


def time_inside(path: Path) -> float:
    """The time of the newest file in a zip, in seconds since 1970; 0 where the zip tells none, or an impossible one."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            end = file.read()
            end = end[end.rfind(b"PK\x05\x06") :]
            if int.from_bytes(end[12:16], "little") > MAX_LIST:
                return 0.0
            with zipfile.ZipFile(file) as archive:
                newest = max(info.date_time for info in archive.infolist())
        told = time.mktime((*newest, 0, 0, -1))
    except Exception:  # zipfile raises whatever a broken file makes its code stumble over
        return 0.0
    return told if newest[0] > OLDEST and told <= time.time() else 0.0
