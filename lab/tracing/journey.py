"""Following one dialog through the lab, stage by stage."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

import kit
from kit.checkpoints import prepared
from kit.messages import Bilingual
from lab.errors import LabError
from lab.package import MAX_LENGTH, TOP_K, FallbackFunctions, Package, loading_explained, reason_of
from lab.tracing import requirements
from lab.tracing.stages import Namer, Row, Stage, Token, Trace

OTHERS = 3  # further dialogs in the batch
ANSWER_TOKENS = 30  # generated at most where the question alone fills MAX_LENGTH
QUESTION, ANSWER, NO_LABEL = Bilingual("질문", "question"), Bilingual("답변", "answer"), Bilingual("", "")

REPLACED = Bilingual(
    "encode_question은 행이 없는 id를 바꾸지 않습니다. 모델이 읽을 수 있도록 <unk>로 바꾸어 생성합니다.",
    "encode_question does not replace ids without a row; so that the model can read it, <unk> stands in for them.",
)


def collect(question: str, answer: str, model: str = "mini", package: Package = "skeleton", seed: int = 0) -> Trace:
    """Trace one dialog through all stages; an error ends the trace early and is described in it.

    Args:
        question: the dialog's question; may be empty.
        answer: the dialog's answer; may be empty.
        model: `mini`, a checkpoint folder, or a name on the hub.
        package: whose functions to use, with the solution's as a fallback.
        seed: of the choice of other dialogs, the order of the batch, dropout and sampling.

    Returns:
        The trace, as far as it came.

    Raises:
        LabError: the model cannot be loaded.
    """
    question, answer = (text.encode("utf-8", "replace").decode() for text in (question, answer))
    trace = Trace(question, answer, model, package)
    with loading_explained(model):
        journey = Journey(trace, package, seed)
    try:
        trace.stages.extend(journey.stages())
    except Exception as error:  # wrong values of a student's function can break any later stage
        trace.stopped = reason_of(error)
    trace.uses = journey.lab.uses
    return trace


class Journey:
    """The stages of a trace; each uses the results of the ones before it.

    Args:
        trace: holds the dialog, and the model's name.
        package: whose functions to use.
        seed: of all randomness.

    Raises:
        LabError: the model cannot be loaded.
    """

    def __init__(self, trace: Trace, package: Package, seed: int) -> None:
        self.trace, self.seed = trace, seed
        self.lab = FallbackFunctions(package)
        checkpoint = prepared(trace.model)
        self.model = self.lab.call("load_model", checkpoint, convert=requirements.model)
        self.vocab_size: int = self.model.config.vocab_size
        self.tokenizer = self.lab.call("load_tokenizer", checkpoint, convert=requirements.tokenizer(self.vocab_size))
        self.namer = Namer(self.tokenizer, self.vocab_size)
        self.ids: list[int] = []

    def stages(self) -> Iterator[Stage]:
        """Yield all stages in order."""
        yield self.text()
        yield self.tokens()
        yield self.framed()
        yield self.replaced()
        yield self.padded()
        yield self.batched()
        yield self.learned()
        yield from self.answered()

    def text(self) -> Stage:
        """Show question and answer as they stand in the table of dialogs."""
        rows = Row(QUESTION, self.trace.question), Row(ANSWER, self.trace.answer)
        return Stage(Bilingual("글", "Text"), rows)

    def tokens(self) -> Stage:
        """Tokenize question and answer."""
        pairs = (QUESTION, self.trace.question), (ANSWER, self.trace.answer)
        rows = tuple(Row(label, tokens=self.namer.tokens(self.tokenizer.encode(text))) for label, text in pairs)
        return Stage(Bilingual("토큰과 id", "Tokens and ids"), rows, ("load_tokenizer",))

    def framed(self) -> Stage:
        """Frame question and answer with the special tokens."""
        given = self.trace.question, self.trace.answer, self.tokenizer
        self.ids = self.lab.call("encode_dialog", *given, convert=requirements.token_ids)
        note = Bilingual(f"토큰 {len(self.ids)}개", f"{len(self.ids)} tokens")
        return Stage(Bilingual("틀에 끼우기", "Framed"), (self._row(self.ids),), ("encode_dialog",), note)

    def replaced(self) -> Stage:
        """Replace ids without a row; if there are none, show it for the two ids at the edge of the vocabulary."""
        before, self.ids = self.ids, self._replaced(self.ids)
        last = self.vocab_size - 1
        note = Bilingual(f"모델의 행은 0번부터 {last}번까지입니다.", f"The model's rows are 0 to {last}.")
        if before == self.ids:
            before = [last, self.vocab_size]
            note = Bilingual(
                f"{note.ko} 이 대화의 id에는 모두 행이 있습니다. 경계에 있는 두 id는 이렇게 됩니다.",
                f"{note.en} All ids of this dialog have one; this is what becomes of the two at the edge.",
            )
        after = self._replaced(before)
        rows = self._row(before, Bilingual("바꾸기 전", "before")), self._row(after, Bilingual("바꾼 후", "after"))
        return Stage(Bilingual("행이 없는 id 바꾸기", "Ids without a row"), rows, ("replace_overshooting",), note)

    def padded(self) -> Stage:
        """Pad the dialog and a few others to the length of the longest."""
        others = kit.read_dialogs().sample(OTHERS, random_state=self.seed)[["Q", "A"]]
        own = pd.DataFrame({"Q": [self.trace.question], "A": [self.trace.answer]})
        table = pd.concat([own, others], ignore_index=True)
        convert = requirements.dialogs(len(table), self.vocab_size)
        dialogs = self.lab.call("get_chat_data", table, self.tokenizer, self.vocab_size, convert=convert)
        convert_matrix = requirements.matrix(len(table), self.vocab_size)
        self.matrix = self.lab.call("pad_dialogs", dialogs, self.tokenizer.pad_token_id, convert=convert_matrix)
        own_row, *other_rows = self.matrix.tolist()
        rows = [self._row(own_row, Bilingual("이 대화", "this dialog"), own=True)]
        rows += [self._row(row, Bilingual(f"다른 대화 {i}", f"another {i}")) for i, row in enumerate(other_rows, 1)]
        share = float(np.mean(self.matrix == self.tokenizer.pad_token_id))
        shape = self.matrix.shape
        note = Bilingual(f"모양 {shape} · 패딩 {share:.0%}", f"shape {shape} · {share:.0%} padding")
        functions = "get_chat_data", "pad_dialogs"
        return Stage(Bilingual("길이 맞추기", "Padded"), tuple(rows), functions, note, matrix=True)

    def batched(self) -> Stage:
        """Shuffle the rows into one batch, as the model gets it."""
        self._reset_seed()
        count = len(self.matrix)
        convert = requirements.first_batch(count, self.vocab_size)
        self.batch = self.lab.call("make_dataset", self.matrix, count, convert=convert)
        array, own = np.asarray(self.batch), self.matrix[0].tolist()
        rows = tuple(self._row(row, Bilingual(str(i), str(i)), own=row == own) for i, row in enumerate(array.tolist()))
        note = Bilingual(f"모양 {array.shape} · {array.dtype}", f"shape {array.shape} · {array.dtype}")
        return Stage(Bilingual("배치", "Batch"), rows, ("make_dataset",), note, matrix=True, ids=True)

    def learned(self) -> Stage:
        """Compute the loss before and after one training step on the batch, with the same dropout both times."""
        self._check_length(self.batch.shape[1])
        rate = kit.learning_rate_for(self.trace.model)
        before, losses_before = self._loss(), self._token_losses()
        trainer = self.lab if self.lab.uses["compute_loss"].own else FallbackFunctions("solution")
        optimizer = trainer.call("make_optimizer", rate)
        self._reset_seed()
        trainer.call("train_step", self.model, optimizer, self.batch)
        after, losses_after = self._loss(), self._token_losses()
        rows = (
            Row(Bilingual("훈련 전", "before"), f"{before:.3f} nat"),
            Row(Bilingual("훈련 후", "after"), f"{after:.3f} nat ({after - before:+.3f})"),
            Row(Bilingual("토큰마다, 전", "by token, before"), tokens=losses_before),
            Row(Bilingual("토큰마다, 후", "by token, after"), tokens=losses_after),
        )
        note = Bilingual(
            f"위의 배치로 한 번 훈련합니다 (학습률 {rate:g}). 토큰마다의 손실은 추론 모드의 값입니다.",
            f"One training step on the batch above, learning rate {rate:g}. By token: in inference mode.",
        )
        return Stage(Bilingual("손실", "Loss"), rows, ("load_model", "compute_loss"), note)

    def answered(self) -> Iterator[Stage]:
        """Yield the prompt, the tokens generated from it, their text, and the answer extracted from that."""
        asked = self.lab.call("encode_question", self.trace.question, self.tokenizer, convert=requirements.prompt)
        readable = self._replaced(asked)
        note = None if asked == readable else REPLACED
        yield Stage(Bilingual("프롬프트", "Prompt"), (self._row(asked),), ("encode_question",), note)
        limit = min(self._check_length(len(asked) + 1), max(MAX_LENGTH, len(asked) + ANSWER_TOKENS))
        output = self._generated(readable, limit)
        note = Bilingual(f"max_length {limit}, top_k {TOP_K}", f"max_length {limit}, top_k {TOP_K}")
        yield Stage(Bilingual("이어서 생성한 토큰", "Generated"), (self._row(output[len(asked) :]),), (), note)
        decoded = self.tokenizer.decode(output)
        yield Stage(Bilingual("디코딩한 글", "Decoded"), (Row(NO_LABEL, decoded),))
        rows = [Row(ANSWER, self.lab.call("extract_answer", decoded, convert=requirements.text))]
        functions = ["extract_answer"]
        if asked == readable:
            self._reset_seed()
            given = self.trace.question, self.model, self.tokenizer, limit, TOP_K
            spoken = self.lab.call("return_answer_by_chatbot", *given, convert=requirements.text)
            rows += [Row(Bilingual("챗봇", "chatbot"), spoken)] * (spoken != rows[0].text)
            functions.append("return_answer_by_chatbot")
        yield Stage(Bilingual("답변", "Answer"), tuple(rows), tuple(functions))

    def _generated(self, asked: list[int], limit: int) -> list[int]:
        import tensorflow as tf

        self._reset_seed()
        output = self.model.generate(tf.constant([asked]), max_length=limit, do_sample=True, top_k=TOP_K)
        generated: list[int] = output[0].numpy().tolist()
        return generated

    def _replaced(self, token_ids: list[int]) -> list[int]:
        given = token_ids, self.vocab_size, self.tokenizer.unk_token_id
        convert = partial(requirements.token_ids, vocab_size=self.vocab_size)
        replaced: list[int] = self.lab.call("replace_overshooting", *given, convert=convert)
        return replaced

    def _row(self, token_ids: list[int], label: Bilingual = NO_LABEL, *, own: bool = False) -> Row:
        return Row(label, tokens=self.namer.tokens(token_ids), own=own)

    def _reset_seed(self) -> None:
        """Set the seed before a random operation, so that both losses have equal dropout, both answers equal draws."""
        import tensorflow as tf

        tf.keras.utils.set_random_seed(self.seed)

    def _loss(self) -> float:
        self._reset_seed()
        return float(self.lab.call("compute_loss", self.model, self.batch, convert=requirements.loss))

    def _token_losses(self) -> tuple[Token, ...]:
        """Return the dialog's tokens, but for the first, with the cross-entropy of each in nats."""
        import tensorflow as tf

        logits = self.model(tf.constant([self.ids]), training=False).logits[0, :-1]  # (T-1, V)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(self.ids[1:], logits).numpy().tolist()
        return tuple(self.namer.token(token_id, loss) for token_id, loss in zip(self.ids[1:], losses, strict=True))

    def _check_length(self, length: int) -> int:
        """Check that the model can read `length` tokens; returns how many it can read.

        Raises:
            LabError: the model reads fewer.
        """
        most: int = self.model.config.n_positions
        if length > most:
            raise LabError(
                Bilingual(
                    f"이 모델은 토큰을 {most}개까지만 읽을 수 있는데 {length}개가 필요합니다. 더 짧은 글을 주세요.",
                    f"This model reads at most {most} tokens, and {length} are needed: give a shorter text.",
                ),
            )
        return most
