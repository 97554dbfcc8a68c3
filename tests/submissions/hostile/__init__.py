"""Attacks on the grader, as data: submissions that gain and harm nothing. `tests/grader/checks/test_hostile.py` runs them."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
GROUPS = sorted(FOLDER.glob("*.toml"))


@dataclass(frozen=True)
class Attack:
    """One attack. Exactly one of `body`, `before`, `module`, `source` says where its code goes, or `files` alone.

    Attributes:
        group, name: the file it stands in, and what it is called there.
        aim: what it tries, in a sentence.
        body: code in the place of a function's block in the solution.
        before: code in front of a function's block, which then does its honest work.
        module: code at the top of a module of the solution: it runs when the module is imported.
        source: a whole submission of a single `.py`.
        function, file: which function, in which module.
        files: more files of the submission, by relative path.
        links, fifos: symbolic links (path and target) and named pipes in the submission.
        steps: the steps that are examined.
        points: what each of them must get.
        status: the status of the first step's first check that gave no points.
        got: a pattern for what that check shows to have come (or, where nothing came, says).
        seconds: how long a call of a light step may take, where that is to run out, or is not to on a slow machine.
        import_seconds: how long importing a module may take, where that is to run out.
        times: how often the submission is graded; the last report counts.
        visitors: how many other submissions are called on the same fork server right before.
        fresh_server: whether the attack may cost the fork server (which is then replaced).
    """

    group: str
    name: str
    aim: str
    points: list[int]
    body: str = ""
    before: str = ""
    module: str = ""
    source: str = ""
    function: str = "encode_dialog"
    file: str = "dialogs.py"
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    fifos: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=lambda: ["framing"])
    status: str = ""
    got: str = ""
    seconds: float = 0.0
    import_seconds: float = 0.0
    times: int = 1
    visitors: int = 0
    fresh_server: bool = False

    @property
    def id(self) -> str:
        """How it is called in the tests."""
        return f"{self.group}-{self.name}"


def attacks() -> list[Attack]:
    """All attacks, group by group."""
    return [
        Attack(group=file.stem, **data)
        for file in GROUPS
        for data in tomllib.loads(file.read_text(encoding="utf-8"))["attacks"]
    ]
