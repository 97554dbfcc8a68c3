"""What a child does for each request of `grader.inside.messages`: it calls the submission and returns what it saw.

Nothing is judged here. What a request asks for is said at its class, and what it returns at the function here.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from grader.inside import messages
from kit import resolve

MAX_BATCHES = 2_000  # of one epoch that are looked at: a dataset may have no end


@functools.cache
def tokenizer(wanted: messages.MakeTokenizer) -> Any:
    """The tokenizer of a checkpoint, its special tokens set as the trusted side says."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(resolve(wanted.checkpoint), **dict(wanted.special_tokens))


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


def make(argument: messages.Argument) -> Any:
    """An argument as the submission gets it: itself, or what is to be made."""
    match argument:
        case messages.MakeTokenizer():
            return tokenizer(argument)
        case messages.MakeTable(rows=rows):
            return pd.DataFrame(rows, columns=["Q", "A", "label"])
        case messages.MakeArray(rows=rows):
            return np.array(rows)
    return argument


def warm_up(_: Any, __: Any, request: messages.WarmUp) -> Any:
    """Run TensorFlow's first operations, which take longer than all others; returns nothing that matters."""
    import tensorflow as tf

    rows = tensor([[0, 1, 2, 3]])
    if request.models:
        warm, _ = model(request.checkpoint, 0.5), model(request.checkpoint, 0.0)
        with tf.GradientTape() as tape:
            value = warm(rows, labels=rows, training=True).loss
        gradients = tape.gradient(value, warm.trainable_variables)
        still = tf.keras.optimizers.Adam(0.0, epsilon=1e-8)  # at a rate of 0 the weights stay as they are
        still.apply_gradients(zip(gradients, warm.trainable_variables, strict=True))
    return len(list(tf.data.Dataset.from_tensor_slices(rows).shuffle(2).batch(2)))


def find(submission: Any, _: Any, request: messages.Find) -> Any:
    """Import the module; returns `True`."""
    submission.prepare(request.module)
    return True


def call(submission: Any, _: Any, request: messages.Call) -> Any:
    """`[result, lists]`: what the function returned, and the lists among its arguments, as they are afterwards."""
    arguments = [make(argument) for argument in request.args]
    result = submission.function(request.module, request.function)(*arguments, **request.kwargs)
    return [result, [argument for argument in arguments if type(argument) is list]]


def compose(submission: Any, conversation: Any, request: messages.Compose) -> Any:
    """What the function returned while the trusted side answered for its pieces."""
    target = submission.function(request.module, request.function)
    with replaced_pieces(target, request.pieces, conversation):
        return target(*[make(argument) for argument in request.args])


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
            return answered(conversation.ask(piece, *contents))

        names[piece] = ask
    try:
        yield
    finally:
        for piece in pieces:
            names.pop(piece, None)
        names.update(originals)


def answered(answer: messages.AnyAnswer) -> Any:
    """The value that the trusted side answered with.

    Raises:
        ValueError: it had none.
    """
    match answer:
        case messages.TensorAnswer(rows=rows):
            return tensor(rows)
        case messages.Refusal(message=message):
            raise ValueError(message)
    return answer.value


def dataset(submission: Any, _: Any, request: messages.Dataset) -> Any:
    """`[type, batches]`: the name of the dataset's type, and the batches of one epoch."""
    import tensorflow as tf

    tf.random.set_seed(0)
    arguments = [make(argument) for argument in request.args]
    result = submission.function(request.module, request.function)(*arguments, **request.kwargs)
    batches = []
    for batch in result:
        batches.append(batch)
        if len(batches) > MAX_BATCHES:
            break
    return [type(result).__name__, batches]


def describe_tokenizer(submission: Any, _: Any, request: messages.DescribeTokenizer) -> Any:
    """`[special tokens, ids]`: a pair (token, id) for each name, and a list of ids for each text."""
    loaded = submission.function(request.module, request.function)(request.checkpoint)
    special = [[str(getattr(loaded, name)), getattr(loaded, f"{name}_id")] for name in request.names]
    return [special, [[int(i) for i in loaded.encode(text)] for text in request.texts]]


def describe_model(submission: Any, _: Any, request: messages.DescribeModel) -> Any:
    """The logits, of shape (B, T, rows); `None` where the model has no head."""
    import tensorflow as tf

    tf.random.set_seed(0)  # weights made freshly are the same each time, and so is what the report says of them
    loaded = submission.function(request.module, request.function)(request.checkpoint)
    return getattr(loaded(tensor(request.batch), return_dict=True), "logits", None)


def loss(submission: Any, _: Any, request: messages.Loss) -> Any:
    """The submission's loss of the batch, in the mode that it chooses: no phase of Keras' is set here."""
    import tensorflow as tf

    tf.random.set_seed(0)
    compute_loss = submission.function(request.module, request.function)
    return compute_loss(model(request.checkpoint, request.dropout), tensor(request.batch))


def train(submission: Any, _: Any, request: messages.Train) -> Any:
    """The weights that training leaves behind, in the model's order; `None` where the loss has no gradient."""
    import tensorflow as tf

    compute_loss = submission.function(request.module, request.function)
    trained, rows = model(request.checkpoint, 0.0), tensor(request.batch)
    optimizer = tf.keras.optimizers.Adam(request.rate, epsilon=1e-8)
    tf.random.set_seed(0)
    for _step in range(request.steps):
        with tf.GradientTape() as tape:
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
        return answered(self._conversation.ask("generate", ids, plain))


def chat(submission: Any, conversation: Any, request: messages.Chat) -> Any:
    """What the chatbot said while the trusted side answered for the model's generation, and for the pieces."""
    question, tokens = (make(argument) for argument in request.args)
    target = submission.function(request.module, request.function)
    with replaced_pieces(target, request.pieces, conversation):
        return target(question, ScriptedModel(conversation, request.config), tokens, **request.kwargs)


def reference_loss(_: Any, __: Any, request: messages.ReferenceLoss) -> Any:
    """The true loss, in inference mode."""
    measured = model(request.checkpoint, 0.0)
    own = measured.get_weights()
    if request.weights is not None:
        given = [np.frombuffer(content, "<f4") for content in request.weights]
        measured.set_weights([array.reshape(like.shape) for array, like in zip(given, own, strict=True)])
    value = measured(tensor(request.batch), labels=tensor(request.labels), training=False).loss
    measured.set_weights(own)
    return value


def reference_logits(_: Any, __: Any, request: messages.ReferenceLogits) -> Any:
    """The true logits, of shape (B, T, rows)."""
    return model(request.checkpoint, 0.0)(tensor(request.batch)).logits


OPERATIONS: dict[type, Callable[..., Any]] = {
    messages.WarmUp: warm_up,
    messages.Find: find,
    messages.Call: call,
    messages.Compose: compose,
    messages.Dataset: dataset,
    messages.DescribeTokenizer: describe_tokenizer,
    messages.DescribeModel: describe_model,
    messages.Loss: loss,
    messages.Train: train,
    messages.Chat: chat,
    messages.ReferenceLoss: reference_loss,
    messages.ReferenceLogits: reference_logits,
}
