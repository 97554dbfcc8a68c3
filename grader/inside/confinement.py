"""What a child may use, and that it may not change what others use."""

import ctypes
import errno
import platform
import resource
import signal
import struct

GIB = 2**30
MEMORY = 8 * GIB  # TensorFlow and a model take about one
FILE_SIZE = 64 * 2**20
CPU_SECONDS = 900  # a last resort: deadlines are the trusted side's

# seccomp(2), classic BPF: architecture, and the numbers of prlimit64 and socket.
CALLS = {"x86_64": (0xC000003E, 302, 41), "aarch64": (0xC00000B7, 261, 198)}
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
PR_SET_PDEATHSIG, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 1, 22, 2


def limit_resources() -> None:
    """Bound memory, file size and CPU time of this process and all that it starts."""
    for kind, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))


def end_with_parent() -> None:
    """Have the kernel end this process when the fork server ends, however that comes: nobody is left then to end it.

    Raises:
        OSError: the kernel does not do it.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_PDEATHSIG")


def refuse_calls() -> None:
    """Refuse, from now on, what neither Landlock nor sandlock's filter does.

    That is `prlimit` of any process but this one; and `socket`: a first packet sent with `sendto` and connections of
    several paths get around rules for `connect`.

    Raises:
        OSError: the kernel did not take the filter.
    """
    architecture, prlimit, socket = CALLS[platform.machine()]
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 0, 6, architecture),
        (LOAD, 0, 0, NUMBER),
        (EQUAL, 3, 0, socket),
        (EQUAL, 0, 3, prlimit),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (EQUAL, 1, 0, 0),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(code)))
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header):
        raise OSError(ctypes.get_errno(), "seccomp")
