"""What a submission cannot do: reach out, look around, leave something behind, or speak for the grader."""

import os
import socket
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from grader.grading import examine
from grader.paths import CHECKS, PROJECT, SOLUTION
from grader.sandbox.pool import Pool
from grader.sandbox.process import missing_protection
from grader.submission.reading import Submission
from tests.helpers.children import call_of, submitted

MISSING = missing_protection()
sandboxed = pytest.mark.skipif(MISSING is not None, reason=f"no sandbox on this machine: {MISSING} is missing")


def tell(code, pool):
    """What code in the place of `encode_dialog` returned, as the report shows it; it gets no points for it."""
    body = textwrap.indent(textwrap.dedent(code), "    ")
    text = f"def encode_dialog(question, answer, tokenizer):\n{body}\n"
    [report] = examine(Submission("attack", "folder", {"dialogs.py": text.encode()}), pool, steps=["framing"])
    assert report.points == 0
    check = report.checks[0]
    return check.counterexample.got if check.counterexample and check.counterexample.got else check.message.ko


def attempt(code):
    """Code that returns what came of it: `done`, or the name of the exception."""
    body = textwrap.indent(textwrap.dedent(code).strip(), "    ")
    return f"try:\n{body}\nexcept BaseException as error:\n    return type(error).__name__\nreturn 'done'"


@sandboxed
@pytest.mark.parametrize(
    "path",
    [
        SOLUTION / "dialogs.py",
        CHECKS / "test_framing.py",
        PROJECT / "grader" / "reference.py",
    ],
    ids=lambda path: path.name,
)
def test_solution_and_checks_cannot_be_read(path, pool):
    assert path.is_file()
    assert tell(attempt(f"open({str(path)!r}).read()"), pool) == "'PermissionError'"


@sandboxed
def test_home_and_other_files_cannot_be_read(tmp_path, pool):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")

    assert tell(attempt(f"open({str(secret)!r}).read()"), pool) == "'PermissionError'"
    assert tell(attempt(f"import os; os.listdir({str(Path.home())!r})"), pool) == "'PermissionError'"


@sandboxed
def test_nothing_outside_the_scratch_folder_can_be_written(tmp_path, pool):
    victim = tmp_path / "victim.txt"
    victim.write_text("untouched")

    assert tell(attempt(f"open({str(victim)!r}, 'w').write('x')"), pool) == "'PermissionError'"
    assert tell(attempt(f"import os; os.remove({str(victim)!r})"), pool) == "'PermissionError'"
    assert tell(attempt("open('own.txt', 'w').write('x')"), pool) == "'done'"
    assert victim.read_text() == "untouched"


@sandboxed
def test_another_childs_scratch_folder_cannot_be_read(pool):
    other = pool.child(submitted({"x.py": ""}, "folder"), tensorflow=False)
    other.ask(call_of("f", module="x"), 60)
    folder = pool.server(tensorflow=False).folder / "scratch" / str(other.channel)

    assert folder.is_dir()
    assert tell(attempt(f"import os; os.listdir({str(folder)!r})"), pool) == "'PermissionError'"
    other.end()


@sandboxed
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_no_network_not_even_to_this_machine(kind, pool):
    with socket.socket(socket.AF_INET, getattr(socket, kind)) as server:
        server.bind(("127.0.0.1", 0))
        if kind == "SOCK_STREAM":
            server.listen()
        code = f"""
            import socket
            s = socket.socket(socket.AF_INET, socket.{kind})
            s.settimeout(2)
            s.connect({server.getsockname()!r})
            s.send(b'x')
        """
        assert tell(attempt(code), pool) != "'done'"
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept() if kind == "SOCK_STREAM" else server.recv(1)


@sandboxed
def test_neither_the_fork_server_nor_the_grader_can_be_signalled(pool):
    server = pool.server(tensorflow=False)

    assert tell(attempt("import os; os.kill(os.getppid(), 9)"), pool) == "'PermissionError'"
    assert tell(attempt(f"import os; os.kill({os.getpid()}, 9)"), pool) in (
        "'PermissionError'",
        "'ProcessLookupError'",
    )
    assert pool.server(tensorflow=False) is server


@sandboxed
def test_the_environment_holds_nothing_of_the_users(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    with Pool(confine=True) as own:
        assert tell("import os\nreturn os.environ.get('SECRET_TOKEN', 'none')", own) == "'none'"


@sandboxed
@pytest.mark.parametrize("name", ["environ", "mem", "maps", "task", "fd", "root/etc/passwd"])
def test_neither_the_fork_server_nor_oneself_can_be_looked_into_through_proc(name, pool):
    for pid in ("str(os.getppid())", "'self'"):
        code = f"import os\nopen('/proc/' + {pid} + '/{name}', 'rb')"
        assert tell(attempt(code), pool) == "'PermissionError'"


def test_a_process_left_behind_ends_with_its_child(pool):
    code = """
        import os, time
        read, write = os.pipe()
        if os.fork() == 0:
            os.setsid()
            daemon = os.fork()
            if daemon == 0:
                time.sleep(600)
            os.write(write, str(daemon).encode())
            os._exit(0)
        return int(os.read(read, 20))
    """
    daemon = int(tell(code, pool))
    deadline = time.monotonic() + 30
    while psutil.pid_exists(daemon) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not psutil.pid_exists(daemon)
    assert pool.server(tensorflow=False).clean


LIES = {
    "list": "class Lie(list):\n    __eq__ = lambda *_: True\n    __len__ = lambda _: 4\nreturn Lie()",
    "int": "class Lie(int):\n    __eq__ = lambda *_: True\nreturn [Lie(0)] * 4",
    "ndarray": "import numpy\nclass Lie(numpy.ndarray):\n    __eq__ = lambda *_: True\nreturn numpy.zeros(4).view(Lie)",
    "object": "class Lie:\n    __eq__ = lambda *_: True\n    __getattr__ = lambda self, _: self\nreturn Lie()",
    "message": "return {'type': 'value', 'value': [0, 2, 4, 1]}",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_lying_objects_get_nothing(lie, pool):
    tell(lie, pool)


def test_forged_messages_on_every_descriptor_get_nothing(pool):
    code = r"""
        import json, os, struct
        for forged in (
            {"type": "value", "value": 5}, {"type": "value", "value": [[], 1]}, {"type": "score", "score": 100},
            {"type": "ready"}, {"type": "ended", "channel": 1, "code": 0}, {"type": "ended", "channel": 1}, [], 7,
        ):
            body = json.dumps(forged).encode()
            for descriptor in range(256):
                for channel in (0, 1):
                    try:
                        os.write(descriptor, struct.pack(">II", channel, len(body)) + body)
                    except OSError:
                        pass
        return [0]
    """
    tell(code, pool)
    [report] = examine(
        Submission("next", "folder", {"dialogs.py": (SOLUTION / "dialogs.py").read_bytes()}),
        pool,
        steps=["framing"],
    )
    assert report.points == 15


def test_patched_libraries_of_one_submission_do_not_reach_the_next(pool):
    tell("import json, builtins, tokenizers\nbuiltins.len = lambda x: 0\njson.dumps = None\nreturn []", pool)
    [report] = examine(
        Submission("next", "folder", {"dialogs.py": (SOLUTION / "dialogs.py").read_bytes()}),
        pool,
        steps=["framing"],
    )
    assert report.points == 15
