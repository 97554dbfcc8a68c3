"""`lab chat`: talk with a fine-tuned model."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from kit.checkpoints import prepared
from kit.messages import Bilingual
from lab import console
from lab.console import say, tensorflow_imported
from lab.errors import LabError
from lab.package import (
    MAX_SEED,
    LabFunctions,
    Package,
    check_question,
    check_text,
    loading_explained,
    unwritten_blocks_explained,
)
from lab.training.run import newest_run


def chat(
    question: Annotated[str | None, typer.Argument(help="질문 하나만 / just one question")] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            help="폴더, 허브의 이름 (기본값: 가장 최근의 runs/…) / a folder, a hub name (default: the newest run)"
        ),
    ] = None,
    package: Annotated[Package, typer.Option(help="누구의 코드로 / whose code")] = "solution",
    top_k: Annotated[int, typer.Option(min=1, help="표집할 후보의 수 / candidates to sample from")] = 20,
    max_length: Annotated[int, typer.Option(min=4, help="전체 토큰 수의 한계 / limit on all tokens")] = 50,
    greedy: Annotated[bool, typer.Option("--greedy", help="가장 그럴듯한 답변 / the likeliest answer")] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, max=MAX_SEED, help="같은 값이면 같은 답변 / same seed, same answers")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="같은 표집을 더 빨리 / the same sampling, faster")] = False,
) -> None:
    """훈련한 모델과 대화합니다. / Talk with the model that you trained."""
    folder = prepared(checkpoint or newest_run(), tensorflow_imported)
    with tensorflow_imported(), unwritten_blocks_explained(package):
        import tensorflow as tf

        if seed is not None:
            tf.keras.utils.set_random_seed(seed)
        lab = LabFunctions(package)
        model, tokenizer = _load(lab, folder, max_length, fast=fast)

        def answer(text: str) -> str:
            check_text(text)
            check_question(lab.encode_question(text, tokenizer), model.config.vocab_size, max_length)
            if greedy:
                return _greedy_answer(lab, text, model, tokenizer, max_length)
            return str(lab.return_answer_by_chatbot(text, model, tokenizer, max_length, top_k))

        if question is not None:
            console.out.print(answer(question))
        else:
            _converse(answer)


def _load(lab: LabFunctions, folder: str, max_length: int, *, fast: bool) -> tuple[Any, Any]:
    """Load model and tokenizer; checks that the model has positions for `max_length` tokens."""
    with loading_explained(folder):
        tokenizer, model = lab.load_tokenizer(folder), lab.load_model(folder)
    if max_length > model.config.n_positions:
        raise LabError(
            Bilingual(
                f"--max-length {max_length}: 이 모델은 토큰을 {model.config.n_positions}개까지 다룹니다.",
                f"--max-length {max_length}: this model takes {model.config.n_positions} tokens at most.",
            ),
        )
    if fast:
        from lab.fast.generation import FastGenerator

        model = FastGenerator(model)
    return model, tokenizer


def _greedy_answer(lab: LabFunctions, question: str, model: Any, tokenizer: Any, max_length: int) -> str:
    output = model.generate(lab.encode_question(question, tokenizer), max_length=max_length, do_sample=False)
    return str(lab.extract_answer(tokenizer.decode(output[0])))


def _converse(answer: Callable[[str], str]) -> None:
    """Answer questions typed at the terminal until Ctrl-D."""
    say(Bilingual("질문을 쓰고 Enter를 누르세요. 끝내려면 Ctrl-D.", "Type a question and press Enter; Ctrl-D ends."))
    while True:
        try:
            text = console.out.input("[bold cyan]> [/]").strip()
        except EOFError:
            return
        if not text:
            continue
        try:
            console.out.print(answer(text))
        except LabError as error:
            console.err.print(str(error), style="yellow")
