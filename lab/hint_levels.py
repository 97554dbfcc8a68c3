"""Remembering, between commands, which hints a student has seen."""

from pathlib import Path

import msgspec
import platformdirs

from kit.files import write_whole

Levels = dict[str, dict[str, int]]  # project folder -> step -> level of the last hint shown


class HintMemory:
    """The level of the last hint shown, for each step of one project folder.

    It is kept in `hints.json` in the user's state folder. A damaged file counts as empty.

    Args:
        project: the folder that the student works in.

    Attributes:
        file: path of `hints.json`.
    """

    def __init__(self, project: Path) -> None:
        self.project = str(project.resolve())
        self.file = Path(platformdirs.user_state_dir("kogpt2-lab", appauthor=False)) / "hints.json"

    def level(self, step: str) -> int:
        """Return the level of the last hint shown for a step, 0 if none was."""
        return max(0, self._read().get(self.project, {}).get(step, 0))

    def keep(self, step: str, level: int) -> bool:
        """Store the level of the last hint shown for a step; returns whether the file could be written."""
        levels = self._read()
        levels.setdefault(self.project, {})[step] = level
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.file, msgspec.json.format(msgspec.json.encode(levels)))
        except (OSError, UnicodeError):
            return False
        return True

    def _read(self) -> Levels:
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=Levels)
        except (OSError, ValueError):  # msgspec's exceptions are ValueErrors
            return {}
