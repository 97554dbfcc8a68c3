"""The topics of `lab show`, rendered for the terminal: model, tokens, data, batch and sampling."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

import kit
from kit.messages import Bilingual, Language, printable
from lab.package import MAX_LENGTH, LabFunctions, check_question
from lab.tracing.words import EMPTY

# The meaning of the column `label` in `bundled` and `songys`.
LABELS = (Bilingual("일상", "everyday"), Bilingual("이별", "break-up"), Bilingual("사랑", "love"))
TOP_KS = (10, 20)
QUESTIONS = ("오늘 너무 피곤해", "배고픈데 뭐 먹지?", "주말에 뭐 할까?", "헤어졌어", "고백해도 될까?")
HEAD_ROWS = 5  # shown of each corpus
NUMBERS = ("id", "파라미터", "parameters")  # headers of columns to align right
MAX_TEXT = 1000  # characters shown of a text
FIRST_IDS = 10
MAX_SHAPES = 2  # a layer with more weights is shown without their shapes
LAYER_COLUMNS = (
    Bilingual("층", "layer"),
    Bilingual("", ""),
    Bilingual("모양", "shape"),
    Bilingual("파라미터", "parameters"),
)
LAYERS = {
    "wte": Bilingual("토큰 임베딩", "token embedding"),
    "wpe": Bilingual("위치 임베딩", "position embedding"),
    "h": Bilingual("블록", "block"),
    "ln_f": Bilingual("마지막 정규화", "final normalisation"),
}
CONFIG = {
    "vocab_size": Bilingual("어휘의 크기", "tokens in the vocabulary"),
    "n_positions": Bilingual("읽을 수 있는 토큰의 수", "tokens it can read"),
    "n_embd": Bilingual("벡터의 크기", "size of a vector"),
    "n_layer": Bilingual("블록의 수", "blocks"),
    "n_head": Bilingual("어텐션 헤드의 수", "attention heads"),
    "activation_function": Bilingual("활성 함수", "activation"),
    "resid_pdrop": Bilingual("드롭아웃", "dropout"),
    "bos_token_id": Bilingual("<s>의 id", "id of <s>"),
    "eos_token_id": Bilingual("</s>의 id", "id of </s>"),
    "pad_token_id": Bilingual("<pad>의 id", "id of <pad>"),
}


def data(sources: Sequence[str], language: Language) -> RenderableType:
    """Render the first rows of each corpus, and the number of dialogs with each label."""
    parts: list[RenderableType] = []
    for source in sources:
        table = kit.read_dialogs(source)
        rows = _table(["", *map(str, table.columns)], title=f"{source} · {len(table):,}")
        for index, row in table.head(HEAD_ROWS).iterrows():
            rows.add_row(str(index), *(printable(str(value), MAX_TEXT) for value in row))
        parts.append(rows)
        if "label" in table.columns:
            counts = table["label"].value_counts().sort_index()
            labels = (f"{_label(value, source, language)} {count:,}" for value, count in counts.items())
            parts.append(Text(f"label: {', '.join(labels)}\n"))
    return Group(*parts)


def _label(value: Any, source: str, language: Language) -> str:
    known = source in ("bundled", "songys") and value in range(len(LABELS))
    return f"{value} {LABELS[value][language]}" if known else str(value)


def model(loaded: Any, language: Language) -> RenderableType:
    """Render the model's parameters by layer, and its config."""
    table = _table([text[language] for text in LAYER_COLUMNS])
    for name, weights in parameters(loaded).items():
        kind = LAYERS.get(name.split(".")[0])
        shapes = " + ".join(str(weight.shape) for weight in weights) if len(weights) <= MAX_SHAPES else ""
        table.add_row(name, kind[language] if kind else "", shapes, f"{_count(weights):,}")
    total, trainable = loaded.count_params(), _count(loaded.trainable_weights)
    size = sum(_count([weight]) * weight.dtype.size for weight in loaded.weights) / 1e6
    table.add_section()
    table.add_row(Bilingual("모두", "all")[language], "", f"{size:.1f} MB", f"{total:,}", style="bold")
    table.add_row(Bilingual("그 가운데 훈련하는 것", "of these trainable")[language], "", "", f"{trainable:,}")
    note = Bilingual(
        "출력층은 토큰 임베딩을 함께 쓰므로 따로 세지 않습니다.\n",
        "The output layer shares the token embedding, so it is not counted again.\n",
    )[language]
    config = _table(["config", "", ""])
    for key, meaning in CONFIG.items():
        config.add_row(key, str(getattr(loaded.config, key, None)), meaning[language])
    return Group(table, Text(note, "dim"), config)


def parameters(loaded: Any) -> dict[str, list[Any]]:
    """Group a model's weights by layer: `wte`, `wpe`, the layers within block `h.0`, each further block, `ln_f`.

    Only the first block is broken down, as all blocks are alike.

    Args:
        loaded: a `TFGPT2LMHeadModel`.
    """
    layers: dict[str, list[Any]] = {}
    for weight in loaded.weights:
        parts = weight.name.split(":")[0].replace("h_._", "h.").split("/")
        inner = parts[parts.index("transformer") + 1 : -1]
        name = ".".join(inner) if inner[0] == "h.0" else inner[0]
        layers.setdefault(name, []).append(weight)
    return layers


def _count(weights: Sequence[Any]) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)


def tokens(tokenizer: Any, vocab_size: int, language: Language) -> RenderableType:
    """Render the tokens of the first ids, of the last id with a row in the model, and of the two ids after it."""
    token_column = Bilingual("토큰", "token")[language]
    table = _table(
        ["id", token_column, "decode", ""], title=f"len(tokenizer) = {len(tokenizer):,} · vocab_size = {vocab_size:,}"
    )
    uses = {token: name for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    last = {
        vocab_size - 1: Bilingual("모델의 마지막 행", "the model's last row"),
        vocab_size: Bilingual("모델에 행이 없음", "no row in the model"),
        vocab_size + 1: Bilingual("토크나이저도 모름", "unknown even to the tokenizer"),
    }
    for token_id in (*range(FIRST_IDS), *last):
        token = tokenizer.convert_ids_to_tokens(token_id) if token_id < len(tokenizer) else None
        use = last[token_id][language] if token_id in last else uses.get(token or "", "")
        table.add_row(str(token_id), token or "∅", repr(tokenizer.decode(token_id)), use)
    return table


def batch(lab: LabFunctions, tokenizer: Any, vocab_size: int, source: str, language: Language) -> RenderableType:
    """Render the first batch: its ids, and each row decoded.

    Raises:
        KitError: the corpus is too small to fill a batch.
    """
    dialogs = lab.get_chat_data(kit.read_dialogs(source), tokenizer, vocab_size)
    dataset = lab.make_dataset(lab.pad_dialogs(dialogs, tokenizer.pad_token_id))
    first = next(iter(dataset), None)
    if first is None:
        raise kit.KitError(
            Bilingual(
                f"{source} 의 대화 {len(dialogs)}개로는 배치를 하나도 채우지 못합니다. 대화가 더 많은 말뭉치를 주세요.",
                f"The {len(dialogs)} dialogs of {source} do not fill a batch: give a larger corpus.",
            ),
        )
    array = np.asarray(first)
    shape = Bilingual("모양", "shape")[language]
    rows = Table.grid(padding=(0, 1))
    rows.add_column(justify="right", style="dim")
    rows.add_column(overflow="fold")
    for number, row in enumerate(array.tolist()):
        rows.add_row(str(number), decoded(row, tokenizer))
    numbers = np.array2string(array, threshold=0, edgeitems=4, max_line_width=78)
    return Group(Text(f"{shape} {array.shape} · {array.dtype}", "bold"), Text(numbers + "\n"), rows)


def decoded(row: Sequence[int], tokenizer: Any) -> Text:
    """Decode a row of ids, writing a run of padding as `<pad>×N`."""
    line = Text()
    for is_pad, group in groupby(row, lambda token_id: token_id == tokenizer.pad_token_id):
        ids = list(group)
        text = f"{tokenizer.pad_token}×{len(ids)}" if is_pad else tokenizer.decode(ids)
        line.append(printable(text, MAX_TEXT), "dim" if is_pad else "")
    return line


def sampling(
    lab: LabFunctions, loaded: Any, tokenizer: Any, questions: Sequence[str], seed: int, language: Language
) -> RenderableType:
    """Render the answers to the same questions with a small and a large `top_k`, from the same seed."""
    import tensorflow as tf

    table = _table(
        [Bilingual("질문", "question")[language], *(f"top_k={top_k}" for top_k in TOP_KS)],
        title=f"seed {seed}",
        lines=True,
    )
    for question in questions:
        check_question(lab.encode_question(question, tokenizer), loaded.config.vocab_size, MAX_LENGTH)
        answers = []
        for top_k in TOP_KS:
            tf.keras.utils.set_random_seed(seed)
            answers.append(lab.return_answer_by_chatbot(question, loaded, tokenizer, MAX_LENGTH, top_k))
        table.add_row(*(printable(text, MAX_TEXT) or EMPTY[language] for text in (question, *answers)))
    return table


def _table(heads: Sequence[str], title: str | None = None, *, lines: bool = False) -> Table:
    """Make an empty table whose texts are never taken for rich's markup."""
    titled = None if title is None else Text(title, "bold")
    table = PlainTable(title=titled, title_justify="left", border_style="dim", show_lines=lines)
    for head in heads:
        table.add_column(Text(head), overflow="fold", justify="right" if head in NUMBERS else "left")
    return table


class PlainTable(Table):
    """A table whose cells are never taken for rich's markup."""

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """Add a row; strings are shown literally."""
        super().add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells), **options)
