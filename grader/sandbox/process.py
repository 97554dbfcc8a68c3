"""Starting a process that sees no more of this machine than it needs."""

import os
import platform
import shutil
import site
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import IO, Any, Protocol, cast

import kit
from grader import inside
from grader.errors import GraderError
from grader.sandbox.limits import Limits
from kit.environment import TENSORFLOW_ALONE
from kit.messages import Bilingual

# Of /proc only what TensorFlow cannot do without: the sandbox opens what is below it on behalf of the process that
# asks, and would hand a child the memory, the environment and the pipes of the fork server.
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom")
PROC = ("/proc/self/cmdline",)
CPU_FACTS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
# What each version of Landlock's interface brought (kernel documentation, "Landlock: unprivileged access control").
LANDLOCK = {1: "files", 2: "renaming", 3: "truncation", 4: "TCP", 5: "devices", 6: "signals, abstract sockets"}
OWN = ("grader", "solution")  # never readable, except for what `copy_runtime` copies
# What Landlock does not look at: rights, owners, times and attributes of files anywhere, watching them, priorities of
# other processes, memory that counts towards no process. (`grader.inside.confinement` refuses what sandlock's filter
# cannot: others' limits, and sockets.)
DENIED_CALLS = [
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
    *("inotify_init", "inotify_init1", "inotify_add_watch", "fanotify_init", "fanotify_mark"),
    *("setpriority", "ioprio_set", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"),
    *("migrate_pages", "move_pages", "process_madvise", "process_mrelease", "listen"),
    *("memfd_create", "memfd_secret"),
]
UNSANDBOXED_VARIABLES = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

START = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_module('grader.inside', run_name='__main__')"


class Process(Protocol):
    """What the fork server's client needs of a process."""

    pid: int
    stdin: IO[bytes]
    stdout: IO[bytes]

    def kill(self) -> None:
        """End it at once."""

    def wait(self) -> Any:
        """Wait for its end."""


def missing_protection() -> str | None:
    """What this machine lacks for the sandbox, in a few words; `None` where nothing is missing."""
    if sys.platform != "linux":
        return f"Landlock, seccomp ({platform.system()})"
    try:
        import sandlock
    except ImportError:
        return "sandlock"
    present, needed = sandlock.landlock_abi_version(), sandlock.min_landlock_abi()
    if present >= needed:
        return None
    lacking = ", ".join(what for abi, what in LANDLOCK.items() if present < abi)
    return f"Landlock ABI {needed} (Linux {platform.release()}: {max(present, 0)}; {lacking})"


def copy_runtime(folder: Path) -> Path:
    """Copy into a folder what the fork server imports of this project: `kit` and `grader.inside`, and no more."""
    runtime = folder / "runtime"
    skip = shutil.ignore_patterns("__pycache__", "build_*.py")
    for package in (kit, inside):
        source = Path(package.__path__[0])
        shutil.copytree(source, runtime.joinpath(*package.__name__.split(".")), ignore=skip)
    (runtime / "grader" / "__init__.py").touch()
    return runtime


def readable(runtime: Path) -> list[str]:
    """The paths that a sandboxed process may read: the runtime, the Python installation, the system's libraries."""
    paths = {Path(sys.prefix), Path(sys.base_prefix), *map(Path, SYSTEM + PROC), *map(Path, CPU_FACTS)}
    paths |= {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "stdlib", "platstdlib")}
    paths |= {Path(folder) for folder in site.getsitepackages()}
    libraries = [path for folder in paths if folder.exists() for path in without_own(folder)]
    return sorted(map(str, [runtime, *libraries]))


def without_own(folder: Path) -> list[Path]:
    """The folder; or, where a plain install put the grader and the solution into it, all that is beside them.

    sandlock's `fs_denied` is no way: with it the supervisor opens files on behalf of all, with the rights of the fork
    server.
    """
    if not any((folder / name / "__init__.py").exists() for name in OWN):
        return [folder]
    return [path for path in folder.iterdir() if path.name not in OWN]


def environment(scratch: Path) -> dict[str, str]:
    """The environment of a sandboxed process: nothing of the user's."""
    return {
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HF_HUB_OFFLINE": "1",
        **TENSORFLOW_ALONE,
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_ENABLE_ONEDNN_OPTS": "0",  # it compiles a program for each new shape, which small models run but once
        "MPLBACKEND": "Agg",
    }


def start(
    arguments: list[str], runtime: Path, scratch: Path, limits: Limits, *, confine: bool, debug: bool = False
) -> Process:
    """Start Python on `START` with its standard input and output piped.

    Args:
        arguments: of the program.
        runtime: the folder of the code that it imports.
        scratch: the folder that it starts in, and the only one that it may write to where it is confined.
        limits: how much memory and how many processes and open files it may have where it is confined.
        confine: whether to use the sandbox.
        debug: whether to let its standard error through.

    Raises:
        GraderError: the sandbox could not be set up.
    """
    command = [sys.executable, "-I", "-c", START, *arguments]
    if confine:
        return _start_confined(command, runtime, scratch, limits, debug=debug)
    own = environment(scratch) | {name: os.environ[name] for name in UNSANDBOXED_VARIABLES if name in os.environ}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if debug else subprocess.DEVNULL,
        env=own,
        cwd=scratch,
        start_new_session=True,
    )
    return cast("Process", process)


def _start_confined(command: list[str], runtime: Path, scratch: Path, limits: Limits, *, debug: bool) -> Process:
    """Start a command in the sandbox.

    Raises:
        GraderError: it could not be set up.
    """
    from sandlock import Sandbox, SandlockError, StdioMode

    sandbox = Sandbox(
        fs_readable=readable(runtime),
        extra_deny_syscalls=DENIED_CALLS,
        fs_writable=[str(scratch), "/dev/null"],
        clean_env=True,
        env=environment(scratch),
        cwd=str(scratch),
        max_memory=limits.memory,
        max_processes=limits.processes,
        max_open_files=limits.open_files,
        no_coredump=True,
    )
    errors = StdioMode.INHERIT if debug else StdioMode.NULL
    try:
        process = sandbox.popen(command, stdin=StdioMode.PIPED, stdout=StdioMode.PIPED, stderr=errors)
    except (RuntimeError, SandlockError) as error:
        raise GraderError(
            Bilingual(
                f"샌드박스를 만들지 못했습니다 ({error}). 내 코드만 확인한다면 --no-sandbox를 쓰세요.",
                f"The sandbox could not be set up ({error}): to check your own work alone, use --no-sandbox.",
            ),
        ) from error
    return cast("Process", process)
