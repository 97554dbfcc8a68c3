"""The pieces of work that a child can be asked for. Each calls the submission and returns what it saw, unjudged.

Arguments come as JSON; what JSON cannot carry is made here: `{"make": ["tokenizer", "mini"]}`, for example.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from kit import resolve

MAX_BATCHES = 2_000


@functools.cache
def tokenizer(checkpoint: str, special_tokens: tuple[tuple[str, str], ...]) -> Any:
    """The tokenizer of a checkpoint, its special tokens set as the trusted side says."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(resolve(checkpoint), **dict(special_tokens))


@functools.cache
def model(checkpoint: str, dropout: float) -> Any:
    """The model of a checkpoint with another dropout: one each, as what a submission traced keeps its own."""
    from transformers import TFGPT2LMHeadModel

    return TFGPT2LMHeadModel.from_pretrained(
        resolve(checkpoint), attn_pdrop=dropout, embd_pdrop=dropout, resid_pdrop=dropout
    )


def tensor(rows: list[list[int]]) -> Any:
    """An int32 tensor."""
    import tensorflow as tf

    return tf.constant(rows, "int32")


def make(specification: Any) -> Any:
    """An argument: itself, or what `{"make": [what, ...]}` names."""
    match specification:
        case {"make": ["tokenizer", str() as checkpoint, list() as special_tokens]}:
            return tokenizer(checkpoint, tuple((name, token) for name, token in special_tokens))
        case {"make": ["table", list() as rows]}:
            return pd.DataFrame(rows, columns=["Q", "A", "label"])
        case {"make": ["array", list() as rows]}:
            return np.array(rows)
    return specification


def warm_up(_: Any, __: Any, checkpoint: str, *, models: bool) -> Any:
    """Before there is a submission: TensorFlow's first operations, which take longer than all others.

    Args:
        checkpoint: of the model to run.
        models: whether to run one, which the steps of some submissions do not need.
    """
    import tensorflow as tf

    rows = tensor([[0, 1, 2, 3]])
    if models:
        warm, _ = model(checkpoint, 0.5), model(checkpoint, 0.0)
        with training_phase(), tf.GradientTape() as tape:
            value = warm(rows, labels=rows).loss
        gradients = tape.gradient(value, warm.trainable_variables)
        still = tf.keras.optimizers.Adam(0.0, epsilon=1e-8)  # at a rate of 0 the weights stay as they are
        still.apply_gradients(zip(gradients, warm.trainable_variables, strict=True))
    return len(list(tf.data.Dataset.from_tensor_slices(rows).shuffle(2).batch(2)))


def find(submission: Any, _: Any, module: str) -> Any:
    """Import a module of the submission ahead of its first call."""
    submission.prepare(module)
    return True


def call(
    submission: Any, _: Any, module: str, function: str, args: list[Any], kwargs: dict[str, Any] | None = None
) -> Any:
    """Call a function; returns its result and the arguments as they are afterwards."""
    arguments = [make(argument) for argument in args]
    result = submission.function(module, function)(*arguments, **(kwargs or {}))
    return [result, [argument for argument in arguments if type(argument) is list]]


def compose(submission: Any, conversation: Any, module: str, function: str, pieces: list[str], args: list[Any]) -> Any:
    """Call a function with the pieces it is made of replaced: each of their calls is answered by the trusted side."""
    target = submission.function(module, function)
    with replaced_pieces(target, pieces, conversation):
        return target(*[make(argument) for argument in args])


def globals_of(target: Any) -> dict[str, Any]:
    """The names that a function sees, also one that is decorated or an object to be called."""
    function = inspect.unwrap(target)
    function = getattr(function, "func", function)  # functools.partial
    if not hasattr(function, "__globals__"):
        function = type(function).__call__
    return function.__globals__  # type: ignore[no-any-return]


@contextlib.contextmanager
def replaced_pieces(target: Any, pieces: list[str], conversation: Any) -> Iterator[None]:
    """Put functions in the place of the pieces that pass their arguments on, in the order of the original's."""
    names = globals_of(target)
    originals = {piece: names[piece] for piece in pieces if piece in names}
    for piece in pieces:

        def ask(*contents: Any, piece: str = piece, **named: Any) -> Any:
            if named and piece in originals:
                contents = inspect.signature(originals[piece]).bind(*contents, **named).args
            return from_wire(conversation.ask(piece, *contents))

        names[piece] = ask
    try:
        yield
    finally:
        for piece in pieces:
            names.pop(piece, None)
        names.update(originals)


def from_wire(answer: Any) -> Any:
    """An answer of the trusted side: a value, or `{"tensor": rows}`."""
    match answer:
        case {"tensor": list() as rows}:
            return tensor(rows)
        case {"error": str() as message}:
            raise ValueError(message)
    return answer


def dataset(submission: Any, _: Any, module: str, function: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call a function that returns a dataset, and go through one epoch: `[type, batches]`."""
    import tensorflow as tf

    tf.random.set_seed(0)
    result = submission.function(module, function)(*[make(argument) for argument in args], **kwargs)
    batches = []
    for batch in result:
        batches.append(batch)
        if len(batches) > MAX_BATCHES:
            break
    return [type(result).__name__, batches]


def describe_tokenizer(submission: Any, _: Any, module: str, function: str, checkpoint: str, texts: list[str]) -> Any:
    """Load a tokenizer through the submission: its special tokens, and how it encodes some texts."""
    found = submission.function(module, function)(checkpoint)
    names = ("bos_token", "eos_token", "unk_token", "pad_token", "mask_token")
    special = [[str(getattr(found, name)), getattr(found, f"{name}_id")] for name in names]
    return [special, [[int(i) for i in found.encode(text)] for text in texts]]


def describe_model(submission: Any, _: Any, module: str, function: str, checkpoint: str, batch: list[Any]) -> Any:
    """Load a model through the submission: its logits, `None` where it has no head."""
    import tensorflow as tf

    tf.random.set_seed(0)  # weights made freshly are the same each time, and so is what the report says of them
    found = submission.function(module, function)(checkpoint)
    return getattr(found(tensor(batch), return_dict=True), "logits", None)


@contextlib.contextmanager
def training_phase() -> Iterator[None]:
    """Keras' global training phase, as `fit` sets it: only an explicit `training=False` departs from it."""
    from tf_keras import backend

    backend.set_learning_phase(1)
    try:
        yield
    finally:
        backend.set_learning_phase(0)


def loss(submission: Any, _: Any, module: str, function: str, checkpoint: str, dropout: float, batch: list[Any]) -> Any:
    """The submission's loss of one batch."""
    import tensorflow as tf

    tf.random.set_seed(0)
    with training_phase():
        return submission.function(module, function)(model(checkpoint, dropout), tensor(batch))


def train(
    submission: Any, _: Any, module: str, function: str, checkpoint: str, batch: list[Any], steps: int, rate: float
) -> Any:
    """Train a model with the submission's loss; returns the weights it leaves behind, in the model's order."""
    import tensorflow as tf

    compute_loss = submission.function(module, function)
    trained, rows = model(checkpoint, 0.0), tensor(batch)
    optimizer = tf.keras.optimizers.Adam(rate, epsilon=1e-8)
    tf.random.set_seed(0)
    for _step in range(steps):
        with training_phase(), tf.GradientTape() as tape:
            value = tf.reduce_mean(compute_loss(trained, rows))
        gradients = tape.gradient(value, trained.trainable_variables)
        if all(gradient is None for gradient in gradients):
            return None
        optimizer.apply_gradients(zip(gradients, trained.trainable_variables, strict=True))
    return [weight.numpy() for weight in trained.weights]


class ScriptedModel:
    """Stands for the model in `return_answer_by_chatbot`: `generate` is answered by the trusted side."""

    def __init__(self, conversation: Any, config: dict[str, int]) -> None:
        from transformers import GenerationConfig, GPT2Config

        self._conversation = conversation
        self.config = GPT2Config(**config)
        self.generation_config = GenerationConfig.from_model_config(self.config)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` sees."""
        from transformers import TFGPT2LMHeadModel

        return TFGPT2LMHeadModel  # type: ignore[no-any-return]

    def generate(self, inputs: Any = None, generation_config: Any = None, **options: Any) -> Any:
        """Send the ids and the options to the trusted side; returns the tensor that it answers with."""
        ids = options.pop("input_ids", inputs)
        if generation_config is not None:
            options = generation_config.to_diff_dict() | options
        plain = [[name, value] for name, value in options.items() if type(value) in (bool, int, float, type(None))]
        return from_wire(self._conversation.ask("generate", ids, plain))


def chat(
    submission: Any,
    conversation: Any,
    module: str,
    function: str,
    args: list[Any],
    config: dict[str, int],
    pieces: list[str],
    kwargs: dict[str, Any],
) -> Any:
    """Ask the submission's chatbot; the model's generation, and the pieces named, are answered by the trusted side."""
    question, tokens = (make(argument) for argument in args)
    target = submission.function(module, function)
    with replaced_pieces(target, pieces, conversation):
        return target(question, ScriptedModel(conversation, config), tokens, **kwargs)


def reference_loss(
    _: Any, __: Any, checkpoint: str, batch: list[Any], labels: list[Any], weights: list[str] | None = None
) -> Any:
    """Without a submission: the loss in inference mode of a checkpoint, or of the weights given instead of its own."""
    measured = model(checkpoint, 0.0)
    own = measured.get_weights()
    if weights is not None:
        given = [np.frombuffer(bytes.fromhex(text), "<f4") for text in weights]
        measured.set_weights([array.reshape(like.shape) for array, like in zip(given, own, strict=True)])
    value = measured(tensor(batch), labels=tensor(labels), training=False).loss
    measured.set_weights(own)
    return value


def reference_logits(_: Any, __: Any, checkpoint: str, batch: list[Any]) -> Any:
    """Without a submission: the logits of a checkpoint."""
    return model(checkpoint, 0.0)(tensor(batch)).logits


OPERATIONS: dict[str, Callable[..., Any]] = {
    operation.__name__: operation
    for operation in (
        warm_up,
        find,
        call,
        compose,
        dataset,
        describe_tokenizer,
        describe_model,
        loss,
        train,
        chat,
        reference_loss,
        reference_logits,
    )
}
