"""What attacks share. It is handed in beside each of them, as `toolbox.py`."""

import ctypes
import errno
import gc
import json
import os
import platform
import struct

REFUSALS = {
    *(errno.EPERM, errno.EACCES, errno.EXDEV, errno.EROFS, errno.ENOSYS, errno.ESRCH),
    *(errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT),
}
X86 = platform.machine() == "x86_64"
SYSCALLS = {
    "io_uring_setup": 425,
    "memfd_secret": 447,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "add_key": 248 if X86 else 217,
    "bpf": 321 if X86 else 280,
    "keyctl": 250 if X86 else 219,
    "perf_event_open": 298 if X86 else 241,
    "userfaultfd": 323 if X86 else 282,
    "process_vm_readv": 310 if X86 else 270,
}


def refused(**actions):
    """`all refused`, or which actions were not refused, and what came of them."""
    through = []
    for name, action in actions.items():
        try:
            action()
        except OSError as error:
            if error.errno not in REFUSALS:
                through.append(f"{name}: {errno.errorcode.get(error.errno, error)}")
        except BaseException as error:
            through.append(f"{name}: {type(error).__name__}")
        else:
            through.append(f"{name}: done")
    return "; ".join(through) or "all refused"


def outcome(action):
    """What came of an action: `done`, or the name of the exception."""
    try:
        action()
    except BaseException as error:
        return type(error).__name__
    return "done"


def libc(name, *arguments):
    """Call a function of the C library; -1 becomes an OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    result = getattr(library, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), name)
    return result


def syscall(name, *arguments):
    """Make a system call by its number."""
    return libc("syscall", SYSCALLS[name], *arguments)


def frame(message, channel=0):
    """A frame of the protocol: a message, or a body as it is."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">II", channel, len(body)) + body


def put(data, descriptor=4):
    """Write all of it to the pipe that leads to the trusted side."""
    while data:
        data = data[os.write(descriptor, data) :]


def conversation():
    """The child's own end of its channel."""
    return next(found for found in gc.get_objects() if type(found).__name__ == "Conversation")


def honest(question, answer, tokenizer):
    """What `encode_dialog` is to return."""
    ids = tokenizer.encode("<usr>" + question + "<sys>" + answer)
    return [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]
