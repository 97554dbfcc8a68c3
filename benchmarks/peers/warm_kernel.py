"""Jupyter kernels that start with TensorFlow already imported; runs in a tool's environment.

    python warm_kernel.py serve SOCKET        imports everything once, then forks a kernel for each request
    python warm_kernel.py launch SOCKET ...   the command in the kernel spec: requests a kernel and runs as long as it

The tools start and stop kernels by their kernel spec as usual; only the import for each submission is saved.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

MODELS = ("auto.tokenization_auto", "gpt2.modeling_tf_gpt2", "gpt2.tokenization_gpt2_fast")
TRANSFORMERS = tuple(f"transformers.models.{name}" for name in MODELS)


def serve(path: str) -> None:
    """Fork a kernel for each request until standard input is closed."""
    from ipykernel import kernelapp  # noqa: PLC0415

    kernelapp.IPKernelApp.init_pdb(None)  # as in any kernel, before anything imports doctest, which subclasses Pdb
    for name in ("pandas", "tensorflow", *TRANSFORMERS, "otter.execute", "otter.check.notebook"):
        with contextlib.suppress(ModuleNotFoundError):  # nbgrader's environment holds no otter
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that ended kernels do not stay as zombies
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    while True:
        ready, _, _ = select.select([server, sys.stdin.fileno()], [], [])
        if server not in ready:
            return
        connection, _ = server.accept()
        if os.fork() == 0:
            break
        connection.close()
    server.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request = json.loads(connection.makefile().readline())
    connection.sendall(f"{os.getpid()}\n".encode())
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    tempfile.tempdir = None  # to be found anew, in the kernel's own environment
    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    sys.path[0] = ""  # as `python -m ipykernel_launcher` has it
    threading.Thread(target=end_with, args=[connection], daemon=True).start()
    kernelapp.launch_new_instance()


def end_with(connection: socket.socket) -> None:
    """End this kernel when the process that requested it has ended."""
    connection.recv(1)
    os._exit(1)


def launch(path: str, arguments: list[str]) -> None:
    """Request a kernel, pass interrupts on to it, and end when it ends."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    request = {"cwd": str(Path.cwd()), "environ": dict(os.environ), "arguments": arguments}
    connection.sendall(json.dumps(request).encode() + b"\n")
    file = connection.makefile()
    kernel = int(file.readline())

    def pass_on(number: int, _: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    file.read()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        launch(sys.argv[2], sys.argv[3:])
