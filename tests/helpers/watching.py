"""`lab watch` as a person at a terminal sees it, or a program that reads its lines."""

import codecs
import contextlib
import fcntl
import os
import re
import subprocess
import sys
import termios
import threading
import time

import psutil

from grader.paths import PROJECT

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SECONDS = 120  # for a cold import of TensorFlow on a busy machine


class Watching:
    """A running `lab watch`, at a pseudo-terminal (keys and screen) or at a pipe."""

    def __init__(self, path, scratch, *options, terminal):
        self.scratch = scratch
        self.ours, self.theirs = os.openpty() if terminal else os.pipe()
        self.before = termios.tcgetattr(self.theirs) if terminal else None
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab", "watch", str(path), *options],
            cwd=PROJECT,
            env=os.environ | {"TMPDIR": str(scratch), "COLUMNS": "100", "LINES": "60", "TERM": "xterm"},
            stdin=self.theirs if terminal else subprocess.DEVNULL,
            stdout=self.theirs,
            stderr=self.theirs,
            preexec_fn=self._lead if terminal else os.setsid,
        )
        self.text = ""
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _lead(self):
        os.setsid()
        fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)

    def _read(self):
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        with contextlib.suppress(OSError):  # how a pseudo-terminal says that nobody is left at the other end
            while piece := os.read(self.ours, 65536):
                with self.changed:
                    self.text = CODES.sub("", self.text + decoder.decode(piece))
                    self.changed.notify_all()

    def wait_for(self, *words):
        """Wait for words in their order; returns what was shown up to the last of them, which is then forgotten."""
        pattern = re.compile(".*?".join(map(re.escape, words)), re.DOTALL)
        with self.changed:
            match = self.changed.wait_for(lambda: pattern.search(self.text), SECONDS)
            assert match, self.text
            shown, self.text = self.text[: match.end()], self.text[match.end() :]
        return shown

    def shows_nothing_for(self, seconds):
        time.sleep(seconds)
        return self.text.strip() == ""

    def type(self, keys):
        os.write(self.ours, keys.encode())

    def family(self):
        """All processes below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def left_behind(self, family):
        """What of its processes still runs, and which of its folders there are."""
        _, alive = psutil.wait_procs(family, timeout=60)
        return alive, list(self.scratch.glob("kogpt2-lab-*"))

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.theirs)
        self.reader.join()
        os.close(self.ours)
