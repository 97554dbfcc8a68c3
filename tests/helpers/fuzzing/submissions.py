"""What may be handed in: folders, sources and programs, read and loaded as the grader does."""

import ast
import contextlib
import encodings
import encodings.aliases
import itertools
import os
import pkgutil
import random
import shutil
import string
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import jupytext.magics  # noqa: F401 -- the reader imports it when it first needs it, which is no harm
from hypothesis import strategies as st

from grader.assignment import ASSIGNMENT
from grader.errors import GraderError, UnreadableError
from grader.inside import child, wire
from grader.inside.loading import SingleSource
from grader.inside.messages import FROM_CHILD, MAX_FRAME, Raised
from grader.inside.names.statements import needed_statements
from grader.paths import SOLUTION
from grader.submission.encoding import decodes, readable_source
from grader.submission.reading import MAX_BYTES, MAX_FILES, Submission, read
from tests.helpers.fuzzing.inputs import nearly

# Submissions: whatever may lie on a disk

MODULES = [f"{name}.py" for name in ASSIGNMENT.modules]
ODD_NAMES = [
    *("helpers.py", "kim.py", "KIM.PY", "x.Py", "data.csv", "a.json", "words.txt", "notes.md", ".hidden.py", "._a.py"),
    *("__MACOSX", "__pycache__", ".git", "dialogs", "tools", "a b.py", "새 폴더", "똠방각하.py", "줄\n바꿈.py", "..py"),
    *("-rf.py", "~", "$HOME.py", "\u00e9.py", "e\u0301.py", "\u202egnp.py", "\u200b.py", "😀.py", "%s{0}.py", "'\".py"),
    *("a" * 255, "긴" * 84 + ".py", "\udcbe\udcc8\udcb3\udce7.py", "\udcff", "[x].py", "\t.py", "...", "py", ".py"),
]
FOLDERS = ["src", "a", "b", *ODD_NAMES]
TARGETS = [
    *("../outside", "../outside/secret.py", "../outside/dialogs.py", ".", "..", "nowhere"),
    *("loop", "/dev/zero", "/dev/stdin", "/proc/self/environ", "dialogs.py", "kim.py", "x" * 300),
]
CODECS = sorted({name for _, name, _ in pkgutil.iter_modules(encodings.__path__)} | set(encodings.aliases.aliases))
COOKIES = [*CODECS, "utf-16", "utf-8-sig", "no-such", "..", "encodings.utf_8", "x" * 3000, "_", "-"]
HEADS = [
    "# coding: {}",
    "#!/usr/bin/python\n# -*- coding: {} -*-",
    "\n#coding={}",
    "\ufeff# coding: {}",
    "\r# coding:{}",
]
TEXTS = [
    *("x = 1\n", "인사 = '안녕'\r\n", "print('똠방각하')\r", "\\N{DASH}\\x", "+AGE-\n", "xn--a.b..c\n", "\0", "\u2028"),
    *("(" * 300, "a." * 200, "ab-" * 500, "\\ud800", "~{<:Ky~}", "\x1b$B", "-" * 2000 + "1"),
]
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "cp949", "cp949", "euc-kr", "utf-16", "utf-32", "utf-7", "latin-1")
CONTENTS = (
    st.binary(max_size=60)
    | st.text(max_size=30).map(lambda text: text.encode())
    | st.sampled_from([text.encode(encoding, "replace") for text in TEXTS for encoding in ENCODINGS])
)


def make_source(chance: random.Random, pieces: list[bytes]) -> bytes:
    """A source, most often with a coding cookie, in an encoding that need not be the cookie's."""
    head = chance.choice(HEADS).format(chance.choice(COOKIES)) + "\n" if chance.random() < 0.7 else ""
    return nearly(
        chance, head.encode(chance.choice(ENCODINGS), "replace") + chance.choice(pieces), chance.choice(pieces)
    )


KINDS = ("file", "file", "file", "link", "folder", "pipe", "mode")
MODES = (0o000, 0o444, 0o111, 0o700)


def make_tree(chance: random.Random, pieces: list[bytes]) -> list[tuple[str, str, Any]]:
    """Entries of a folder: path, kind, and content or target or mode."""
    first = [(chance.choice(MODULES), "file", make_source(chance, pieces))] if chance.random() < 0.5 else []
    return first + [make_entry(chance, pieces) for _ in range(chance.randrange(7))]


def make_entry(chance: random.Random, pieces: list[bytes]) -> tuple[str, str, Any]:
    """One entry."""
    leaf = chance.choice([*MODULES, *MODULES, *ODD_NAMES, "".join(chance.choices(string.printable, k=3)) + ".py"])
    parts = [*chance.choices(FOLDERS, k=chance.choice((0, 0, 0, 1, 2, 3, 4))), leaf.replace("/", "_")]
    kind = chance.choice(KINDS)
    choices: dict[str, Callable[[], Any]] = {
        "file": lambda: make_source(chance, pieces),
        "link": lambda: chance.choice(TARGETS),
        "mode": lambda: chance.choice(MODES),
    }
    return "/".join(parts), kind, choices.get(kind, lambda: None)()


def put(root: Path, name: str, kind: str, what: Any) -> None:
    """Make an entry of a tree; one that this file system refuses, or that stands in another's way, is left out."""
    path = root / name
    with contextlib.suppress(OSError, ValueError):
        below = list(itertools.accumulate(Path(name).parts, os.path.join))
        if os.path.lexists(path) or any((root / part).is_symlink() for part in below):
            return  # nothing is written through a link
        path.parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "file":
                path.write_bytes(what)
            case "link":
                path.symlink_to(what)
            case "folder":
                path.mkdir()
            case "pipe":
                os.mkfifo(path)
            case "mode":
                path.touch(what)
                path.parent.chmod(what | 0o200 if path.parent != root else 0o755)


PYTHON = [Path(sys.prefix), Path(sys.base_prefix), Path(encodings.__path__[0])]  # where it looks for codecs
READS = {"open", "os.listdir", "os.scandir", "os.walk"}
HARMLESS = {"sys._getframe", "object.__getattr__", "object.__setattr__", "builtins.id", "import", "marshal.loads"}


class Watch:
    """Sees, by the interpreter's audit events, what the reading of a submission opens, writes, runs or starts.

    It sees one thread: others of this process have fork servers to look after.
    """

    def __init__(self) -> None:
        self.watched: int | None = None  # the thread
        self.events: list[tuple[str, tuple[Any, ...]]] = []
        sys.addaudithook(self.note)

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keep an event."""
        if self.watched == threading.get_ident() and event not in HARMLESS:
            self.events.append((event, arguments))

    @contextlib.contextmanager
    def over(self) -> Iterator[None]:
        """Watch a block."""
        self.events.clear()
        self.watched = threading.get_ident()
        try:
            yield
        finally:
            self.watched = None

    def outside(self, path: Path) -> list[tuple[str, tuple[Any, ...]]]:
        """What was anything but reading at this path or below it."""
        return [(event, arguments) for event, arguments in self.events if not is_reading(event, arguments, path)]


UNNAMED = "<unknown>"


def is_reading(event: str, arguments: tuple[Any, ...], path: Path) -> bool:
    """Whether an event is the opening of a file for reading, or the listing of a folder, no link led out to.

    Or the parsing of a source: `ast.parse` calls it by a name of its own, and may look for such a file's line.
    """
    if UNNAMED in arguments:
        return event in {"compile", "open"}
    if event not in READS or not isinstance(arguments[0], str | os.PathLike):
        return False
    writing = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    real = Path(os.path.realpath(arguments[0]))
    return not writing and any(place == real or place in real.parents for place in [path, *PYTHON])


class Yard:
    """A folder in which submissions are made, with files beside them that are no concern of theirs."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None)).resolve()
        self.folder.chmod(0o755)
        self.kim = self.folder / "kim"
        for name in ("dialogs.py", "secret.py"):
            (self.folder / "outside").mkdir(exist_ok=True)
            (self.folder / "outside" / name).write_bytes(b"SECRET = 1\n")
        self.before = self.snapshot()
        self.outside = 0
        self.restricted = False

    def snapshot(self) -> list[tuple[str, int, int]]:
        """What lies beside the submission."""
        found = [entry for folder in (self.folder, self.folder / "outside") for entry in os.scandir(folder)]
        return sorted((e.name, e.stat().st_mtime_ns, e.stat().st_size) for e in found if e.path != str(self.kim))

    def make(self, entries: list[Any]) -> None:
        """Make a submission."""
        self.clear()
        self.kim.mkdir(mode=0o755)
        self.restricted = any(kind == "mode" for _, kind, _ in entries)
        for entry in entries:
            put(self.kim, *entry)

    def clear(self) -> None:
        """Remove the submission."""
        if not self.kim.exists():
            return
        for folder, folders, _ in os.walk(self.kim) if os.geteuid() else ():
            for path in (Path(folder) / name for name in folders):
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(self.kim)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, for whom no file is unreadable."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


WATCH = Watch()
for codec in CODECS:
    with contextlib.suppress(LookupError):
        "".encode(codec) if codec in encodings._cache else encodings.search_function(codec)


def run_submissions(yard: Yard) -> Callable[[list[Any]], str]:
    """Read a tree as a folder, and what lies at its top as single files."""

    def run(entries: list[Any]) -> str:
        yard.make(entries)
        outcome = judged(yard, yard.kim)
        for path in sorted(yard.kim.iterdir())[:1]:
            judged(yard, path)
        changed = yard.snapshot() != yard.before
        yard.outside += changed
        assert not changed
        return outcome

    return run


def judged(yard: Yard, path: Path) -> str:
    """Read one path: a submission that can be sent, or a reason that can be said; nothing outside is touched."""
    try:
        with as_nobody() if yard.restricted else contextlib.nullcontext(), WATCH.over():
            submission = read(path)
    except UnreadableError as error:
        said(error)
        outcome = "refused: unreadable"
    except GraderError as error:
        said(error)
        outcome = "refused: nothing there"
    else:
        acceptable(submission)
        outcome = f"a {submission.kind}"
    strange = WATCH.outside(Path(os.path.realpath(path)))
    yard.outside += len(strange)
    assert not strange, strange
    return outcome


def said(error: UnreadableError | GraderError) -> None:
    """A reason must be a text in both languages."""
    assert error.text.ko.encode()
    assert error.text.en.encode()


def acceptable(submission: Submission) -> None:
    """A submission must fit a message, and its files must lie below the folder that the child writes them to."""
    assert submission.name.encode()
    assert len(wire.dumps(submission.message())) <= MAX_FRAME
    assert len(submission.files) <= MAX_FILES
    assert sum(map(len, submission.files.values())) <= 2 * MAX_BYTES
    for name in submission.files:
        parts = name.split("/")
        assert all(part not in ("", ".", "..") and "\0" not in part for part in parts)
    folders = {str(folder) for name in submission.files for folder in PurePosixPath(name).parents}
    assert not folders & submission.files.keys()
    assert submission.kind == "folder" or submission.main in submission.files
    assert "/" not in submission.main


# Sources: the bytes of a file, and the names that a function of it needs


def run_sources(content: bytes) -> str:
    """Read a source: what Python can decode after that is what it could decode before, or was CP949."""
    came = readable_source(content)
    assert type(came) is bytes
    assert readable_source(came) == came
    if not decodes(came):
        return "refused: no encoding"
    return "as it was" if came == content else "made readable"


STATEMENTS = [
    *("import a.b, c as d", "from x import *", "from . import y", "from __future__ import annotations, braces"),
    *(
        "from .__future__ import z",
        "x = y = [z for z in x]",
        "x: int = 1",
        "x: int",
        "x += y",
        "x[y].z = f",
        "*x, y = 1",
    ),
    *("def f(x, *, y=z, **k): return g(x) + lambda: y", "async def g(): await f", "def f(a, a): pass", "return x"),
    *("class f(g, metaclass=x):\n    y = f\n    def z(self): return __class__", "f = x(f)", "del f", "break", "f()"),
    *("try:\n    import a\nexcept E:\n    a = None\nelse:\n    f()", "try:\n    x = 1\nexcept* E:\n    pass"),
    *("def g():\n    global f, x\n    nonlocal y", "def f():\n    nonlocal q", "with x as f: pass", "f: g = f", "\0"),
    *("match x:\n    case f: pass", "x = (yield)", "def f(): return await x", "if x:\n    def f(): pass", "x = 1 if"),
    *("x = " + "-" * 3000 + "1", "x = " + "(" * 250 + "1", "def f(): return " + "x." * 3000 + "y", "__debug__ = 1"),
    *("x = " + "1" * 5000, "def f(): return " + "+".join("x" * 2000), "x = '\\N{nothing}'", "x = f'{f!x}'"),
    *("def f():\n" + "".join(" " * i + "if x:\n" for i in range(1, 99)), "def f():\n\tx\n        y", "@f\ndef f(): f"),
]
FILES = [path.read_text(encoding="utf-8").split("\n") for path in sorted(SOLUTION.glob("*.py"))]


def make_program(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Statements in any order, or the solution without some of its lines; half of them after some edits."""
    lines = list(chance.choice(FILES))
    for _ in range(chance.randrange(3)):
        del lines[chance.randrange(len(lines))]
    program = "\n".join(chance.choice((lines, chance.choices(STATEMENTS, k=chance.randint(1, 8))))).encode()
    return chance.choice((program, nearly(chance, program, chance.choice(pieces))))


FUNCTIONS = ("f", "encode_dialog", "compute_loss")


def run_programs(yard: Yard) -> Callable[[bytes], str]:
    """Ask which statements a function needs, as the child does: a list of them, or an error of the submission's."""
    file = yard.folder / "kim.py"

    def run(content: bytes) -> str:
        if not decodes(content):
            return "refused: no encoding"
        file.write_bytes(content)
        submission = SingleSource(file.parent, file.name)
        replies = [child.outcome(ask, submission, None, name) for name in FUNCTIONS]
        file.unlink()
        for reply in replies:
            assert wire.loads(wire.dumps(reply), FROM_CHILD) == reply
        kinds = [described(reply) for reply in replies if isinstance(reply, Raised)]
        return kinds[0] if kinds else "statements"

    return run


def described(reply: Raised) -> str:
    """The kind of the error in a reply, which must be one that Python has for a source."""
    kind = reply.error.type
    assert kind in ("SyntaxError", "IndentationError", "TabError", "ValueError", "RecursionError", "MemoryError"), reply
    return f"refused: {kind}"


def ask(submission: SingleSource, _: Any, name: str) -> list[str]:
    """The kinds of the statements that a function needs; none is executed."""
    tree = ast.parse((submission.root / submission.file).read_bytes(), str(submission.root / submission.file))
    statements = needed_statements(tree, name)
    places = [tree.body.index(statement) for statement in statements]
    assert places == sorted(set(places))
    return [type(statement).__name__ for statement in statements]
