"""Running TensorFlow in a separate process, which a broken installation may crash."""

import json
import os
import subprocess
import sys
import time

from kit.messages import Bilingual
from lab.diagnosis.machine import Diagnostic, Finding, same
from lab.errors import LabError

SECONDS = 600


def run() -> Finding:
    """Import TensorFlow, multiply two matrices, run the bundled model, and list the devices.

    Raises:
        LabError: it did not end within `SECONDS`.
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
        last_line = next((line for line in reversed(ended.stderr.splitlines()) if line.strip()), "")
        return Finding(
            "missing",
            Bilingual(
                f"실행하지 못했습니다 (코드 {ended.returncode}): {last_line}",
                f"It failed (code {ended.returncode}): {last_line}",
            ),
            Bilingual("`make -B setup`을 실행하세요.", "Run `make -B setup`."),
        )
    result = json.loads(ended.stdout.splitlines()[-1])
    devices = ", ".join(result["devices"])
    return Finding("ok", same(f"{result['version']} · {devices} · mini: {result['shape']} · {result['seconds']:.1f} s"))


def main() -> None:
    """Run TensorFlow in this process and print the result as one line of JSON."""
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
    result = {"version": tf.__version__, "devices": devices, "shape": list(logits.shape), "seconds": seconds}
    sys.stdout.write(json.dumps(result) + "\n")


DIAGNOSTICS = {"deep": Diagnostic(Bilingual("TensorFlow 실행", "running TensorFlow"), run)}

if __name__ == "__main__":
    main()
