"""How far somebody went with the hints, kept between commands."""

from pathlib import Path

import msgspec
import platformdirs

Levels = dict[str, dict[str, int]]  # of each project folder: the level of each step


class HintMemory:
    """The level of the last hint that was shown, for each step of one project folder.

    The file lies in the user's state folder. One that is broken counts as empty; one that cannot be written is left.
    """

    def __init__(self, project: Path) -> None:
        self.project = str(project.resolve())
        self.file = Path(platformdirs.user_state_dir("kogpt2-lab", appauthor=False)) / "hints.json"

    def level(self, step: str) -> int:
        """The level of the last hint for a step, 0 before the first."""
        return max(0, self._read().get(self.project, {}).get(step, 0))

    def keep(self, step: str, level: int) -> bool:
        """Remember a level; returns whether that was possible."""
        levels = self._read()
        levels.setdefault(self.project, {})[step] = level
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_bytes(msgspec.json.format(msgspec.json.encode(levels)))
        except (OSError, UnicodeError):
            return False
        return True

    def _read(self) -> Levels:
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=Levels)
        except (OSError, ValueError):  # msgspec's errors are ValueErrors
            return {}
