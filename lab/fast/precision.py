"""Choosing the type of matrix products: bfloat16 on a machine where it is faster, else float32."""

import re
import time
from pathlib import Path
from typing import Any

import tensorflow as tf

CPUINFO = Path("/proc/cpuinfo")
BFLOAT16_FLAGS = re.compile(r"\b(avx512_bf16|amx_bf16|bf16)\b")  # of a processor; the last is Arm's
MIN_SPEEDUP = 1.2  # of bfloat16 over float32, below which its lower precision is not worth it
SIZE, ROUNDS = 1024, 5  # of the measured matrix products


def matrix_type() -> Any:
    """Return `tf.bfloat16` if the hardware supports it and a measured product is faster in it, else `tf.float32`.

    A processor without support emulates bfloat16 and is slower, so it is not enough to try whether it works. bfloat16
    has float32's range with 8 bits of precision instead of 24 (Kalamkar et al. 2019).
    """
    return (
        tf.bfloat16
        if _supports_bfloat16() and multiplying_rate("bfloat16") > MIN_SPEEDUP * multiplying_rate("float32")
        else tf.float32
    )


def multiplying_rate(dtype: str, size: int = SIZE, rounds: int = ROUNDS) -> float:
    """Measure a matrix product (size x size); returns arithmetic operations a second in the fastest round."""
    matrix = tf.cast(tf.random.stateless_normal((size, size), (0, 0)), dtype)
    multiply = tf.function(lambda a: tf.matmul(a, a)[0, 0])
    multiply(matrix).numpy()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        multiply(matrix).numpy()
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)


def _supports_bfloat16() -> bool:
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return bool(tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0)) >= (8, 0))
    return (
        CPUINFO.is_file() and BFLOAT16_FLAGS.search(CPUINFO.read_text(encoding="utf-8", errors="replace")) is not None
    )
