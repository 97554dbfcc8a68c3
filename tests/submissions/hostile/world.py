"""The world around an attack: what must not be read, changed, reached or ended by it."""

from grader.paths import CHECKS, PROJECT, SOLUTION
import contextlib
import dataclasses
import io
import os
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import msgspec
import psutil
from rich.console import Console

from grader.sandbox.forkserver import Child
from grader.sandbox.limits import MIB, Limits
from grader.sandbox.pool import Pool
from grader.grading import examine
from grader.submission.reading import Submission, read
from grader.reports.report import StepReport
from grader.reports.terminal import mistake
from tests.helpers.children import call_of, submitted, value
from tests.submissions.hostile import FOLDER, Attack

LIBRARIES = Path(socket.__file__).parent, Path(msgspec.__file__).parent.parent
PATIENCE = 30.0  # seconds that something may take to become so; it is not waited for where it is so at once
MEMORY = 512 * 2**20  # bytes that the grader may need for one submission
REPORT = 100_000  # bytes of a report on three steps
LIMITS = Limits(disk_bytes=192 * MIB, disk_look_seconds=0.25)  # of the fork servers: the sooner a disk is too full
SET_BY_THE_TESTS = {"PYTEST_CURRENT_TEST", "KOGPT2_LAB_LANG"}
START, END = "    ### START CODE HERE ###", "    ### END CODE HERE ###"


def becomes(condition):
    """Whether it holds, or does before patience ends."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def build(attack: Attack, folder: Path, fill) -> Path:
    """The submission of an attack, written into a folder; its path."""
    if attack.source:
        path = folder / "attack.py"
        path.write_text(fill(attack.source), encoding="utf-8")
        return path
    root = folder / "attack"
    shutil.copytree(SOLUTION, root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(FOLDER / "toolbox.py", root)
    module = root / attack.file
    text = module.read_text(encoding="utf-8")
    if attack.body or attack.before:
        head, found, rest = text.partition(f"def {attack.function}(")
        assert found, f"{attack.file} has no {attack.function}"
        before, start, rest = rest.partition(START)
        honest, end, after = rest.partition(END)
        assert start, f"{attack.function} has no block"
        assert end, f"{attack.function} has no block"
        code = "".join(f"    {line}" for line in fill(attack.body or attack.before).splitlines(keepends=True))
        text = head + found + before + code + ("" if attack.body else honest) + after
    module.write_text(fill(attack.module) + text, encoding="utf-8")
    for name, content in attack.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(fill(content), encoding="utf-8")
    for name, target in attack.links.items():
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(fill(target))
    for name in attack.fifos:
        (root / name).unlink(missing_ok=True)
        os.mkfifo(root / name)
    return root


def read_apart(path: Path) -> None:
    """Read a submission in a process of its own first, so that a reading that hangs is noticed."""
    code = "import pathlib, sys; from grader.submission.reading import read; read(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=PROJECT, timeout=PATIENCE, check=True)


def remove(folder: Path) -> None:
    """Remove a folder, however deep."""
    subprocess.run(["rm", "-rf", str(folder)], check=True)


class World:
    """Canaries around the grader, and a neighbour: another submission that is being graded on the same fork server."""

    def __init__(self, folder: Path, pool: Pool) -> None:
        self.folder = folder
        self.pool = pool
        self.token = f"canary{secrets.token_hex(12)}"
        self.kept = folder / "kept"
        self.kept.mkdir()
        self.secret = self.kept / "secret.txt"
        self.secret.write_text(self.token)
        self.victim = self.kept / "victim.txt"
        self.victim.write_text("untouched")
        os.environ["HOSTILE_SECRET"] = self.token
        self.servers: dict[str, socket.socket] = {}
        self.listen("tcp_port", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self.listen("udp_port", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self.listen("unix_socket", socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "stream"))
        self.listen("unix_datagrams", socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "datagrams"))
        self.listen("abstract_socket", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.token}1")
        self.listen("abstract_datagrams", socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{self.token}2")
        self.signals: list[int] = []
        self.former = signal.signal(signal.SIGURG, lambda number, _: self.signals.append(number))
        self.folders: set[Path] = set()
        self.found: dict[str, object] | None = None  # the harm of the last attack, `None` where it was not looked for
        self.server = None
        self.settle()

    def listen(self, name: str, family: int, kind: int, address) -> None:
        """Listen somewhere on this machine."""
        server = self.servers[name] = socket.socket(family, kind)
        server.bind(address)
        if kind == socket.SOCK_STREAM:
            server.listen()
        server.settimeout(0)

    def settle(self) -> None:
        """Take the fork server as it is now for the one that is to be unharmed, and let a neighbour move in."""
        server = self.pool.server(tensorflow=False)
        if server is self.server:
            return
        self.server = server
        self.folders.add(server.folder)
        self.neighbour = self.another()
        self.neighbour_pid = server._pids[self.neighbour.channel]
        self.runtime = sorted(self.facts(path) for path in (server.folder / "runtime").rglob("*"))
        self.before = self.state()

    def another(self) -> Child:
        """Somebody else's submission on the same fork server, that holds the secret."""
        notes = f"# somebody's own work: {self.token}\n" * 40
        files = {"dialogs.py": notes + (SOLUTION / "dialogs.py").read_text(encoding="utf-8"), "notes.txt": self.token}
        child = self.pool.child(submitted(files, "folder"), tensorflow=False)
        assert self.works(child)
        return child

    @staticmethod
    def works(child: Child) -> bool:
        """Whether a child gives the right answer."""
        return value(child.ask(call_of("replace_overshooting", [1, 9], 5, 0), 2 * PATIENCE)) == [1, 0]

    def fill(self, text: str) -> str:
        """Fill in what an attack may know of this world."""
        known = {
            "secret": self.secret,
            "victim": self.victim,
            "solution": SOLUTION / "dialogs.py",
            "checks": CHECKS,
            "project": PROJECT,
            "home": Path.home(),
            "grader_pid": os.getpid(),
            "neighbour_pid": self.neighbour_pid,
            "neighbour_scratch": self.server.folder / "scratch" / str(self.neighbour.channel),
            "junk": "A" * 10_000_000,
            "deep": "(" * 150 + ")" * 150 + "-" * 300_000 + "1",
        }
        for name, server in self.servers.items():
            address = server.getsockname()
            known[name] = address[1] if name.endswith("_port") else address
        for name, found in known.items():
            plain = found.decode().replace("\0", "\\0") if isinstance(found, bytes) else str(found)
            text = text.replace(f"{{{name}}}", plain)
        return text

    def grade(self, attack: Attack, folder: Path) -> list[StepReport]:
        """Grade an attack's submission."""
        path = build(attack, folder, self.fill)
        if attack.links or attack.fifos or attack.files:
            read_apart(path)
        for visitor in [self.another() for _ in range(attack.visitors)]:
            visitor.end()
        Path("/proc/self/clear_refs").write_text("5")  # the peak of this process's memory starts anew
        self.memory = self.peak()
        self.found = None
        own = {"light_call_seconds": attack.seconds, "call_seconds": attack.import_seconds}
        limits = dataclasses.replace(self.pool.limits, **{name: most for name, most in own.items() if most})
        for _ in range(attack.times):
            reports = examine(read(path), self.pool, steps=attack.steps, limits=limits)
        return reports

    @staticmethod
    def peak() -> int:
        """The most memory that this process has used, in bytes."""
        [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    @staticmethod
    def facts(path: Path) -> tuple:
        """What can be seen of a file or folder from outside: all but when it was read."""
        status = path.lstat()
        names = sorted(os.listdir(path)) if path.is_dir() else []
        marks = os.listxattr(path) if hasattr(os, "listxattr") else []
        own = status.st_mode, status.st_uid, status.st_gid, status.st_nlink, status.st_mtime_ns, status.st_size
        return str(path), own, names, marks

    def state(self) -> dict:
        """All that no attack may change."""
        own = psutil.Process()
        limits = [name for name in dir(resource) if name.startswith("RLIMIT_")]
        return {
            "secret": (self.facts(self.secret), self.secret.read_text()),
            "victim": (self.facts(self.victim), self.victim.read_text()),
            "kept": self.facts(self.kept),
            "solution": [self.facts(path) for path in sorted(SOLUTION.glob("*.py"))],
            "litter": sorted(str(path) for path in self.litter()),
            "environment": {name: found for name, found in os.environ.items() if name not in SET_BY_THE_TESTS},
            "folder": os.getcwd(),
            "limits": {name: resource.getrlimit(getattr(resource, name)) for name in limits},
            "fork server limits": {
                name: resource.prlimit(self.server.process.pid, getattr(resource, name)) for name in limits
            },
            "niceness": [own.nice(), psutil.Process(self.server.process.pid).nice()],
            "processors": sorted(own.cpu_affinity()),
            "scheduler": os.sched_getscheduler(0),
        }

    def litter(self) -> list[Path]:
        """Files that attacks try to leave: their names begin with `hostile`."""
        places = [*LIBRARIES, Path("/tmp"), Path("/dev/shm"), Path.home(), PROJECT, SOLUTION, CHECKS]
        return [path for place in places for path in place.glob("hostile[-_]*")]

    def family(self) -> set[int]:
        """The processes that came from our fork servers: the home of each is a fork server's scratch folder."""
        found = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                home = process.environ().get("HOME", "")
                if process.status() != psutil.STATUS_ZOMBIE and any(Path(home).is_relative_to(f) for f in self.folders):
                    found.add(process.pid)
        return found

    def received(self) -> list[str]:
        """The sockets that something came to."""
        reached = []
        for name, server in self.servers.items():
            with contextlib.suppress(BlockingIOError):
                while True:
                    if server.type == socket.SOCK_STREAM:
                        server.accept()[0].close()
                    else:
                        server.recv(2**16)
                    reached.append(name)
        return sorted(set(reached))

    def harm(self, attack: Attack, reports: list[StepReport]) -> dict[str, object]:
        """What an attack has done, by what it was done to; empty where nothing was harmed."""
        self.found = harm = {}
        now = {} if not self.server.usable else self.state()
        harm |= {name: (self.before[name], found) for name, found in now.items() if found != self.before[name]}
        harm |= {"reached": reached for reached in [self.received()] if reached}
        harm |= {"signals": self.signals[:] for _ in [0] if self.signals}
        text = msgspec.json.encode(reports).decode()
        if self.token in text:
            harm["secret told"] = text
        if len(text) > REPORT:
            harm["report"] = f"{len(text):,} bytes"
        if self.peak() - self.memory > MEMORY:
            harm["memory"] = f"{(self.peak() - self.memory) // 2**20:,} MiB"
        if self.controls(reports):
            harm["terminal"] = self.controls(reports)
        if not attack.fresh_server:
            harm |= self.harm_to_the_fork_server()
        elif not becomes(lambda: self.family() <= self.expected()):
            harm["processes"] = self.family() - self.expected()
        return harm

    def expected(self) -> set[int]:
        """The processes that are to be there."""
        return {server.process.pid for server in self.pool._servers.values()} | {self.neighbour_pid}

    def harm_to_the_fork_server(self) -> dict[str, object]:
        """What became of the fork server and the neighbour on it."""
        if self.pool.server(tensorflow=False) is not self.server:
            return {"fork server": "it had to be replaced"}
        harm: dict[str, object] = {}
        scratch = self.server.folder / "scratch"
        if not becomes(lambda: self.family() <= self.expected()):
            harm["processes"] = self.family() - self.expected()
        if not becomes(lambda: os.listdir(scratch) == [str(self.neighbour.channel)]):
            harm["scratch"] = os.listdir(scratch)
        if sorted(self.facts(path) for path in (self.server.folder / "runtime").rglob("*")) != self.runtime:
            harm["runtime"] = "changed"
        if outcome := self.trouble_of_the_neighbour():
            harm["neighbour"] = outcome
        return harm

    def trouble_of_the_neighbour(self) -> str:
        """Why the neighbour no longer gets its right answers."""
        try:
            return "" if self.works(self.neighbour) else "wrong answer"
        except Exception as error:
            return repr(error)

    @staticmethod
    def controls(reports: list[StepReport]) -> str:
        """The control characters that a terminal would be sent with the reports, tabs and newlines aside."""
        console = Console(file=io.StringIO(), color_system=None, width=120)
        for step in reports:
            for check in step.checks:
                if check.status not in ("passed", "not_implemented"):
                    console.print(mistake(step, check, "en"))
        text = console.file.getvalue()
        return "".join(sorted({c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"}))

    def honest_points(self) -> list[int]:
        """What an honest submission gets on the same fork servers."""
        submission = Submission("honest", "folder", {"dialogs.py": (SOLUTION / "dialogs.py").read_bytes()})
        return [report.points for report in examine(submission, self.pool, steps=["framing", "unk"])]

    def repair(self) -> None:
        """Undo what an attack has done, so that the next one is judged on its own."""
        self.received()
        self.signals.clear()
        own = psutil.Process()
        for name, limits in self.before["limits"].items():
            resource.setrlimit(getattr(resource, name), limits)
        own.cpu_affinity(self.before["processors"])
        os.sched_setscheduler(0, self.before["scheduler"], os.sched_param(0))
        with contextlib.suppress(psutil.AccessDenied, OSError):
            own.nice(self.before["niceness"][0])
        for path in self.litter():
            if str(path) not in self.before["litter"]:
                path.unlink()
        if self.found is None or {"fork server", "processes", "scratch", "runtime", "neighbour"} & self.found.keys():
            self.replace_the_fork_server()
        self.secret.unlink(missing_ok=True)
        self.secret.write_text(self.token)
        self.victim.unlink(missing_ok=True)
        self.victim.write_text("untouched")
        self.settle()
        self.before = self.state()

    def replace_the_fork_server(self) -> None:
        """End the fork servers and all that came from them; the next use starts another."""
        servers = {server.folder: server for server in [self.server, *self.pool._servers.values()]}
        for pid in self.family() - {server.process.pid for server in servers.values()}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for server in servers.values():
            remove(server.folder / "scratch")
            server.close()
        self.pool._servers.clear()

    def close(self) -> None:
        """Take the canaries away."""
        signal.signal(signal.SIGURG, self.former)
        os.environ.pop("HOSTILE_SECRET", None)
        for server in self.servers.values():
            server.close()
