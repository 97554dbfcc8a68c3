"""Which type to multiply matrices in: bfloat16 where this machine is faster in it, float32 elsewhere."""

import re
import time
from pathlib import Path
from typing import Any

import tensorflow as tf

CPUINFO = Path("/proc/cpuinfo")
UNITS = re.compile(r"\b(avx512_bf16|amx_bf16|bf16)\b")  # the last is Arm's name
LEAST_GAIN = 1.2
SIZE, ROUNDS = 1024, 5


def matrix_type() -> Any:
    """`tf.bfloat16` where the hardware has units for it and a measured product gains from them, else `tf.float32`.

    A processor without such units may still compute in bfloat16, by way of float32 and slower, so asking whether it
    works is not enough. bfloat16 has float32's range with 8 bits of precision instead of 24 (Kalamkar et al. 2019).
    """
    return (
        tf.bfloat16
        if _has_units() and multiplying_rate("bfloat16") > LEAST_GAIN * multiplying_rate("float32")
        else tf.float32
    )


def multiplying_rate(dtype: str, size: int = SIZE, rounds: int = ROUNDS) -> float:
    """The best of some rounds of a matrix product (size x size), in arithmetic operations a second."""
    matrix = tf.cast(tf.random.stateless_normal((size, size), (0, 0)), dtype)
    multiply = tf.function(lambda a: tf.matmul(a, a)[0, 0])
    multiply(matrix).numpy()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        multiply(matrix).numpy()
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)


def _has_units() -> bool:
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return bool(tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0)) >= (8, 0))
    return CPUINFO.is_file() and UNITS.search(CPUINFO.read_text(encoding="utf-8", errors="replace")) is not None
