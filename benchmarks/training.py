"""The speed of training and generating, and whether `--fast` trains as well as the plain loop.

    python benchmarks/training.py speed --json docs/build/data/speed.json --markdown speed.md
    python benchmarks/training.py loss --json docs/build/data/loss.json
    python benchmarks/training.py generation --json docs/build/data/generation.json

`speed`: seconds per step of 32 dialogs with KoGPT2's shape (125 million seeded random weights) and the real tokenizer
and corpus: from the plain loop to `--fast`, one factor after the other, and PyTorch's padded loop in a process and
environment of its own. Rounds are interleaved, and only one loop computes at a time. All padded batches have the same
shape, so one stands for all. Batches by length differ: an epoch's batches are sorted by size and cut into equal parts,
and each round times one batch of each part, a different one each time; their mean is that of the epoch.

`loss`: the bundled model trained on the same dialogs by the plain step and by the fast one, with three seeds each, and
the held-out loss of both after the same number of examples. Two variants in between show where a difference comes from:
the plain step without padding in the labels, and the fast step on the plain step's batches.

`generation`: the same prompts with `model.generate` and with the compiled loop in turns, for KoGPT2's shape (random
weights, which never end an answer before the limit) and for the bundled model after an epoch of dialogs.

Needs a folder of real data, named by the variable `KOGPT2_LAB_REAL_DATA`.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import numpy as np
import tensorflow as tf
from mutants_vs_peers import Tables, keep, parser_of, show_tables
from rich.console import Console
from torch_loop import TorchLoop
from transformers import GPT2Config, TFGPT2LMHeadModel, logging

import kit
from lab.fast.generation import FastGenerator
from lab.fast.model import hidden_states
from lab.fast.precision import matrix_type, multiplying_rate
from lab.fast.training import IGNORE_INDEX, batches_by_length, cross_entropy, make_step
from solution.answering import encode_question
from solution.batches import pad_dialogs
from solution.dialogs import get_chat_data
from solution.pretrained import load_model, load_tokenizer
from solution.training import make_optimizer, train_step

VARIABLE = "KOGPT2_LAB_REAL_DATA"
BATCH = 32
PARTS = 4  # into which the epoch's batches are cut
PEAK_SIZE = 2048
SEEDS = (0, 1, 2)
HELD_OUT = 591  # a twentieth of the songys corpus
MAX_LENGTH, TOP_K = 50, 20
PLAIN, JUDGED, RANDOM, FAST = "plain loop", "plain loop, pads not judged", "--fast, batches at random", "--fast"
TORCH = {"PyTorch, padded, float32": "float32", "PyTorch, padded, bfloat16": "bfloat16"}

console = Console()
Way = Callable[[int], tuple[float, float]]  # number of the round -> seconds per step, arithmetic operations per step


def real_data() -> Path:
    """Return the folder with the real tokenizer, config and corpus."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        raise SystemExit(f"{VARIABLE} names no folder with kogpt2-base-v2/ and ChatbotData.csv")
    return Path(folder)


def real_dialogs() -> tuple[list[list[int]], Any]:
    """Return the songys corpus as ids, and KoGPT2's config."""
    folder = real_data()
    config = GPT2Config.from_pretrained(folder / "kogpt2-base-v2")
    tokenizer = load_tokenizer(str(folder / "kogpt2-base-v2"))
    return get_chat_data(kit.read_dialogs(folder / "ChatbotData.csv"), tokenizer, config.vocab_size), config


def seeded_model(config: Any, seed: int) -> Any:
    """Make a model of a config's shape with seeded random weights."""
    tf.keras.utils.set_random_seed(seed)
    model = TFGPT2LMHeadModel(config)
    model(tf.zeros((1, 2), tf.int32))
    return model


def arithmetic(config: Any, batch: np.ndarray, judged: int) -> float:
    """Count the arithmetic operations of one step: two per weight and token forwards, twice that backwards.

    A block has 12 E^2 weights and the output layer E V (Kaplan et al. 2020); attention takes 4 T^2 E operations per
    block and row forwards.
    """
    rows, length = batch.shape
    width = config.n_embd
    blocks = config.n_layer * (2 * 12 * width**2 * batch.size + 4 * rows * length**2 * width)
    return 3.0 * (blocks + 2 * width * config.vocab_size * judged)


def seconds_of(step: Callable[[Any], Any], batch: Any) -> float:
    """Measure the seconds of a step, until its loss can be read."""
    started = time.perf_counter()
    float(step(batch))
    return time.perf_counter() - started


def padded_way(step: Callable[[Any], Any], batches: np.ndarray, config: Any, *, gathered: bool = False) -> Way:
    """Train on one padded batch a round; if `gathered`, padding is no label and skips the output layer."""

    def timed(number: int) -> tuple[float, float]:
        batch = batches[number % len(batches)]
        judged = int((batch[:, 1:] != IGNORE_INDEX).sum()) if gathered else batch[:, 1:].size
        return seconds_of(step, tf.constant(batch, tf.int32)), arithmetic(config, batch, judged)

    return timed


def by_length_way(step: Callable[[Any], Any], dialogs: list[list[int]], config: Any, seed: int) -> Way:
    """Train on one batch of each part of the epoch a round; returns their means."""
    ordered = sorted(batches_by_length(dialogs, BATCH, seed), key=lambda batch: (len(batch), batch.shape[1]))
    parts = np.array_split(np.arange(len(ordered)), PARTS)
    draws = np.random.default_rng(seed)
    places = [draws.permutation(part) for part in parts]

    def timed(number: int) -> tuple[float, float]:
        chosen = [ordered[part[number % len(part)]] for part in places]
        seconds = [seconds_of(step, tf.constant(batch)) for batch in chosen]
        done = [arithmetic(config, batch, int((batch[:, 1:] != IGNORE_INDEX).sum())) for batch in chosen]
        return statistics.fmean(seconds), statistics.fmean(done)

    return timed


def ways(dialogs: list[list[int]], config: Any, padded: np.ndarray, seed: int) -> dict[str, Way]:
    """Make the ways of training, from the plain loop to `--fast`; all train the same weights."""
    model, optimizer = seeded_model(config, seed), make_optimizer()
    graph = tf.function(lambda batch: train_step(model, optimizer, batch))
    single, narrow = (make_step(model, optimizer, dtype, seed) for dtype in (tf.float32, tf.bfloat16))
    hollow = np.where(padded == config.pad_token_id, IGNORE_INDEX, padded)
    return {
        PLAIN: padded_way(lambda batch: train_step(model, optimizer, batch), padded, config),
        "+ compiled": padded_way(graph, padded, config),
        "+ own forward pass, fused Adam": padded_way(single, padded, config),
        "+ bfloat16": padded_way(narrow, padded, config),
        "+ pads do not reach the head": padded_way(narrow, hollow, config, gathered=True),
        "+ batches by length: --fast": by_length_way(narrow, dialogs, config, seed),
        "--fast in float32": by_length_way(single, dialogs, config, seed),
    }


def measure_speed(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure all ways of training in turns."""
    dialogs, config = real_dialogs()
    rows = np.random.default_rng(arguments.seed).permutation(pad_dialogs(dialogs, config.pad_token_id))
    padded = rows[: len(rows) // BATCH * BATCH].reshape(-1, BATCH, rows.shape[1])
    measured_ways = ways(dialogs, config, padded, arguments.seed)
    peaks: list[float] = []
    times: dict[str, list[tuple[float, float]]] = {}
    with TorchLoop(arguments.envs.resolve(), real_data() / "kogpt2-base-v2", padded[:64], arguments.seed) as torch:
        for name, dtype in TORCH.items():
            measured_ways[name] = lambda number, dtype=dtype: (
                torch.step(dtype),
                arithmetic(config, padded[number], padded[number][:, 1:].size),
            )
        for number in range(arguments.rounds + 1):  # the first is a warm-up
            peaks.append(multiplying_rate("bfloat16", PEAK_SIZE))
            for name, way in measured_ways.items():
                times.setdefault(name, []).append(way(number))
                console.print(f"[dim]round {number}: {name}: {times[name][-1][0]:.2f} s[/dim]", highlight=False)
    return {"peak": max(peaks), "mean_length": float(np.mean([len(d) for d in dialogs])), "longest": rows.shape[1]} | {
        "ways": {name: figures_of(measured[1:], max(peaks)) for name, measured in times.items()}
    }


def figures_of(measured: list[tuple[float, float]], peak: float) -> dict[str, Any]:
    """Return the medians of a way of training."""
    seconds = statistics.median(s for s, _ in measured)
    rate = statistics.median(done / s for s, done in measured)
    return {
        "seconds": [round(s, 4) for s, _ in measured],
        "median": round(seconds, 4),
        "examples_per_second": round(BATCH / seconds, 3),
        "arithmetic_per_second": round(rate),
        "share_of_peak": round(rate / peak, 4),
    }


def speed_tables(figures: dict[str, Any]) -> Tables:
    """Make the table, a line for each way of training."""
    plain, torch = (figures["ways"][name]["median"] for name in (PLAIN, list(TORCH)[1]))
    head = [
        "way",
        "s a step",
        "dialogs a second",
        "times the plain loop",
        "times PyTorch bfloat16",
        "GFLOP/s",
        "of peak",
    ]
    lines = [
        [
            name,
            f"{way['median']:.2f}",
            f"{way['examples_per_second']:.1f}",
            f"{plain / way['median']:.2f}",
            f"{torch / way['median']:.2f}",
            f"{way['arithmetic_per_second'] / 1e9:.0f}",
            f"{way['share_of_peak']:.0%}",
        ]
        for name, way in figures["ways"].items()
    ]
    return [(f"A step of {BATCH} dialogs; peak {figures['peak'] / 1e9:.0f} GFLOP/s in bfloat16", [head, *lines])]


def held_out_loss(model: Any, dialogs: list[list[int]]) -> float:
    """Compute the mean loss in nats per token in inference mode, in float32, without padding."""
    table, total, tokens = model.transformer.wte.embeddings, 0.0, 0
    for batch in batches_by_length(dialogs, BATCH):
        answers = batch[:, 1:].ravel()
        judged = np.flatnonzero(answers != IGNORE_INDEX)
        states, _ = hidden_states(model, tf.gather(table, np.maximum(batch[:, :-1], 0)), tf.float32)
        total += float(tf.reduce_sum(cross_entropy(tf.gather(states, judged), table, answers[judged], tf.float32)))
        tokens += len(judged)
    return total / tokens


def step_of(way: str, model: Any, optimizer: Any, seed: int) -> Callable[[Any], Any]:
    """Make a compiled training step; compiling changes the speed of the plain steps, not their result."""
    if way in (RANDOM, FAST):
        return make_step(model, optimizer, matrix_type(), seed)
    plain = train_step if way == PLAIN else step_without_pads
    return tf.function(lambda batch: plain(model, optimizer, batch))  # type: ignore[no-any-return]


def step_without_pads(model: Any, optimizer: Any, batch: Any) -> Any:
    """Train as the plain step does, but without padding among the labels."""
    labels = tf.where(batch == model.config.pad_token_id, IGNORE_INDEX, batch)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(batch, labels=labels, training=True).loss)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return loss


def batches_of(way: str, dialogs: list[list[int]], pad_id: int, draw: tuple[int, int]) -> list[np.ndarray]:
    """Make the batches of an epoch for a way of training; `draw` holds seed and epoch."""
    if way == FAST:
        return batches_by_length(dialogs, BATCH, *draw)
    padded = pad_dialogs(dialogs, pad_id)
    rows = np.where(padded == pad_id, IGNORE_INDEX, padded) if way == RANDOM else padded
    return np.split(rows, len(rows) // BATCH)


def learn(way: str, dialogs: list[list[int]], held_out: list[list[int]], epochs: int, seed: int) -> dict[str, Any]:
    """Train the bundled model; returns its held-out loss before and after each epoch, and the seconds."""
    tf.keras.utils.set_random_seed(seed)
    model, optimizer = load_model("mini"), make_optimizer(kit.learning_rate_for("mini"))
    step = step_of(way, model, optimizer, seed)
    losses, seconds = [held_out_loss(model, held_out)], 0.0
    full = len(dialogs) // BATCH * BATCH  # the plain loop drops an incomplete batch, so the others do, too
    for epoch in range(epochs):
        order = np.random.default_rng((seed, epoch)).permutation(len(dialogs))[:full]
        drawn = [dialogs[place] for place in order]
        batches = batches_of(way, drawn, model.config.pad_token_id, (seed, epoch))
        started = time.perf_counter()
        for batch in batches:
            step(tf.constant(batch, tf.int32))
        seconds += time.perf_counter() - started
        losses.append(held_out_loss(model, held_out))
        console.print(f"[dim]{way}, seed {seed}, epoch {epoch + 1}: {losses[-1]:.4f}, {seconds:.0f} s[/dim]")
    return {"losses": [round(loss, 5) for loss in losses], "seconds": round(seconds, 1), "examples": full * epochs}


def measure_loss(arguments: argparse.Namespace) -> dict[str, Any]:
    """Train in all ways with each seed, in turns."""
    tokenizer, size = load_tokenizer("mini"), load_model("mini").config.vocab_size
    dialogs = get_chat_data(kit.read_dialogs(real_data() / "ChatbotData.csv"), tokenizer, size)
    order = np.random.default_rng(arguments.seed).permutation(len(dialogs))
    held_out, rest = (
        [dialogs[place] for place in part] for part in (order[:HELD_OUT], order[HELD_OUT:][: arguments.dialogs])
    )
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in (PLAIN, JUDGED, RANDOM, FAST)}
    for seed in SEEDS:
        for way, results in runs.items():
            results.append(learn(way, rest, held_out, arguments.epochs, seed))
    return {"held_out": len(held_out), "dialogs": len(rest), "epochs": arguments.epochs, "ways": runs}


def loss_tables(figures: dict[str, Any]) -> Tables:
    """Make the table, a line for each epoch: mean and range of the seeds."""
    lines = [["epoch", *figures["ways"]]]
    for epoch in range(figures["epochs"] + 1):
        of_ways = [[run["losses"][epoch] for run in runs] for runs in figures["ways"].values()]
        lines.append([str(epoch), *(f"{statistics.fmean(x):.3f} ({min(x):.3f} to {max(x):.3f})" for x in of_ways)])
    return [(f"Held-out loss (nats a token), mean and range of {len(SEEDS)} seeds", lines)]


def tuned_mini(seed: int) -> tuple[Any, Any]:
    """Return the bundled model after an epoch of the bundled dialogs, and its tokenizer."""
    tokenizer, model = load_tokenizer("mini"), load_model("mini")
    step = make_step(model, make_optimizer(kit.learning_rate_for("mini")), tf.float32, seed)
    for batch in batches_by_length(get_chat_data(kit.read_dialogs(), tokenizer, model.config.vocab_size), BATCH, seed):
        step(batch)
    return model, tokenizer


def measure_generation(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure both ways of generating with the same prompts, one prompt after the other."""
    questions = list(kit.read_dialogs("bundled").Q.sample(arguments.rounds + 1, random_state=arguments.seed))
    _, config = real_dialogs()
    real = str(real_data() / "kogpt2-base-v2")
    models = {
        "KoGPT2's shape": (seeded_model(config, arguments.seed), load_tokenizer(real)),
        "mini": tuned_mini(arguments.seed),
    }
    figures = {}
    for name, (model, tokenizer) in models.items():
        generators = {"model.generate": model, FAST: FastGenerator(model)}
        taken: dict[str, list[tuple[float, int]]] = {way: [] for way in generators}
        for question in questions:
            prompt = encode_question(question, tokenizer)
            for way, generator in generators.items():
                started = time.perf_counter()
                ids = generator.generate(prompt, max_length=MAX_LENGTH, do_sample=True, top_k=TOP_K).numpy()
                taken[way].append((time.perf_counter() - started, ids.shape[1] - prompt.shape[1]))
        figures[name] = {way: answering_rates(results[1:]) for way, results in taken.items()}  # the first is a warm-up
    return {"models": figures, "max_length": MAX_LENGTH, "top_k": TOP_K}


def answering_rates(taken: list[tuple[float, int]]) -> dict[str, float]:
    """Return answers and tokens per second; compare tokens, as sampled answers differ in length."""
    return {
        "answers_per_second": round(1 / statistics.median(seconds for seconds, _ in taken), 3),
        "tokens_per_second": round(statistics.median(tokens / seconds for seconds, tokens in taken), 2),
    }


def generation_tables(figures: dict[str, Any]) -> Tables:
    """Make the table, a line for each model and way of generating."""
    lines = [["model", "way", "answers a second", "tokens a second", "times model.generate"]]
    for model, of_ways in figures["models"].items():
        plain = of_ways["model.generate"]["tokens_per_second"]
        for way, rates in of_ways.items():
            ratio = rates["tokens_per_second"] / plain
            rate = (f"{rates['answers_per_second']:.2f}", f"{rates['tokens_per_second']:.1f}", f"{ratio:.1f}")
            lines.append([model, way, *rate])
    return [(f"Sampling, top_k {figures['top_k']}, at most {figures['max_length']} tokens", lines)]


COMMANDS = {
    "speed": (measure_speed, speed_tables),
    "loss": (measure_loss, loss_tables),
    "generation": (measure_generation, generation_tables),
}


def about(rounds: int) -> dict[str, Any]:
    """Describe date, machine and versions of the measurement."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "rounds": rounds,
        "machine": f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores",
        "load_before": round(os.getloadavg()[0], 1),
        "tensorflow": tf.__version__,
    }


def main() -> None:
    """Measure, print the tables, and write them to the files that were asked for."""
    parser = parser_of(__doc__)
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("--rounds", type=int, default=7, help="of speed and of generation")
    parser.add_argument("--epochs", type=int, default=2, help="of loss")
    parser.add_argument("--dialogs", type=int, help="how many loss trains on (default: all)")
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    measure, tables = COMMANDS[arguments.what]
    figures = about(arguments.rounds) | measure(arguments)
    show_tables(tables(figures))
    keep(arguments, tables(figures), figures)


if __name__ == "__main__":
    main()
