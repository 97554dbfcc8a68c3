"""TensorFlow tried out, in a process of its own, which a broken one may take along."""

import json
import os
import subprocess
import sys
import time

from kit.messages import Bilingual
from lab.diagnosis.machine import Diagnostic, Finding, same
from lab.errors import LabError

SECONDS = 600


def tried() -> Finding:
    """Import TensorFlow, multiply two matrices, run the bundled model, and list the devices.

    Raises:
        LabError: it ended otherwise; the sentence says how.
    """
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "lab.diagnosis.tensorflow_run"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, env=quiet)
    except subprocess.TimeoutExpired:
        raise LabError(
            Bilingual(f"{SECONDS}초 안에 끝나지 않았습니다.", f"It did not end within {SECONDS} seconds.")
        ) from None
    if ended.returncode:
        said = next((line for line in reversed(ended.stderr.splitlines()) if line.strip()), "")
        return Finding(
            "missing",
            Bilingual(
                f"실행하지 못했습니다 (코드 {ended.returncode}): {said}", f"It failed (code {ended.returncode}): {said}"
            ),
            Bilingual("`make -B setup`을 실행하세요.", "Run `make -B setup`."),
        )
    found = json.loads(ended.stdout.splitlines()[-1])
    devices = ", ".join(found["devices"])
    return Finding("ok", same(f"{found['version']} · {devices} · mini: {found['shape']} · {found['seconds']:.1f} s"))


def main() -> None:
    """Do it, and print what there is as one line of JSON."""
    start = time.monotonic()
    import numpy as np
    import tensorflow as tf
    from transformers import TFGPT2LMHeadModel

    import kit

    product = tf.linalg.matmul(tf.eye(64) * 2, tf.ones((64, 64))).numpy()
    if not np.array_equal(product, np.full((64, 64), 2)):
        raise ArithmeticError("TensorFlow multiplies matrices wrongly")
    logits = TFGPT2LMHeadModel.from_pretrained(kit.resolve("mini"))(tf.constant([[0, 2, 4]])).logits  # (1, 3, V)
    if not np.isfinite(logits.numpy()).all():
        raise ArithmeticError("the bundled model gives no finite numbers")
    devices = [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]
    seconds = time.monotonic() - start
    found = {"version": tf.__version__, "devices": devices, "shape": list(logits.shape), "seconds": seconds}
    sys.stdout.write(json.dumps(found) + "\n")


DEEP = {"deep": Diagnostic(Bilingual("TensorFlow 실행", "running TensorFlow"), tried)}

if __name__ == "__main__":
    main()
