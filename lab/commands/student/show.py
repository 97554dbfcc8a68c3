"""`lab show`: look at the model, its tokens, the data, a batch, or sampling."""

from typing import Annotated, Literal, get_args

import typer
from rich.console import RenderableType

import kit
from kit.checkpoints import prepared
from kit.corpus import SONGYS_FILE
from kit.messages import Bilingual, language
from lab import console
from lab.errors import LabError
from lab.package import MAX_SEED, LabFunctions, Package, loading_explained, unwritten_blocks_explained

Topic = Literal["model", "tokens", "data", "batch", "sampling"]
TOPICS: dict[Topic, Bilingual] = {
    "model": Bilingual("모델의 층과 파라미터, 설정", "the model's layers, parameters and config"),
    "tokens": Bilingual("특수 토큰과 어휘의 끝", "the special tokens and the end of the vocabulary"),
    "data": Bilingual("말뭉치의 첫 행들과 label의 수", "the first rows of the corpus, and its labels"),
    "batch": Bilingual("배치 하나와 그것을 디코딩한 글", "one batch, and what it decodes to"),
    "sampling": Bilingual(
        "같은 질문에 top_k=10과 top_k=20으로 답하기", "the same questions with top_k=10 and top_k=20"
    ),
}


def show(
    topic: Annotated[str | None, typer.Argument(metavar="|".join(TOPICS), help="볼 것 / what to look at")] = None,
    questions: Annotated[list[str] | None, typer.Argument(help="sampling의 질문 / questions for sampling")] = None,
    model: Annotated[str | None, typer.Option(help="mini, 폴더, 허브의 이름 / mini, a folder, a hub name")] = None,
    data: Annotated[str | None, typer.Option(help="bundled, songys, CSV 파일 / or a CSV file")] = None,
    package: Annotated[Package, typer.Option(help="누구의 코드로 / whose code")] = "solution",
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="같은 값이면 같은 결과 / same seed, same result")] = 0,
) -> None:
    """모델, 토큰, 데이터, 배치, 표집을 들여다봅니다. / Look at the model, tokens, data, a batch, sampling."""
    if topic is None:
        for name, meaning in TOPICS.items():
            console.out.print(f"  [cyan]lab show {name:<9}[/] {meaning}", markup=True)
    elif topic not in get_args(Topic):
        names = ", ".join(TOPICS)
        raise LabError(
            Bilingual(
                f"{topic} 은(는) 볼 수 없습니다. 이 가운데 하나를 쓰세요: {names}",
                f"There is no {topic} to look at; use one of these: {names}",
            ),
        )
    elif questions and topic != "sampling":
        raise LabError(
            Bilingual("질문은 `lab show sampling` 뒤에만 씁니다.", "Questions are for `lab show sampling` alone.")
        )
    elif topic == "data":
        from lab import topics

        console.out.print(topics.data([data] if data is not None else _local_corpora(), language()))
    else:
        with console.tensorflow_imported(), unwritten_blocks_explained(package):
            console.out.print(_computed(topic, questions or [], model, data or "bundled", package, seed))


def _local_corpora() -> list[str]:
    """List the corpora that need no download."""
    return ["bundled", "songys"] if (kit.cache_dir() / SONGYS_FILE).exists() else ["bundled"]


def _computed(
    topic: str, questions: list[str], name: str | None, data: str, package: Package, seed: int
) -> RenderableType:
    """Render a topic that needs TensorFlow."""
    import tensorflow as tf

    from lab import topics

    tf.keras.utils.set_random_seed(seed)
    lab, name = LabFunctions(package), name or _checkpoint(topic)
    checkpoint = prepared(name)
    with loading_explained(checkpoint):
        tokenizer, model = lab.load_tokenizer(checkpoint), lab.load_model(checkpoint)
    vocab_size = model.config.vocab_size
    if topic == "model":
        return topics.model(model, language())
    if topic == "tokens":
        return topics.tokens(tokenizer, vocab_size, language())
    if topic == "batch":
        return topics.batch(lab, tokenizer, vocab_size, data, language())
    return topics.sampling(lab, model, tokenizer, questions or topics.QUESTIONS, seed, language())


def _checkpoint(topic: str) -> str:
    """Return the default checkpoint: the newest run for sampling, if there is one; else `mini`."""
    from lab.training.run import newest_run

    if topic != "sampling":
        return "mini"
    try:
        name = newest_run()
    except LabError:
        console.say(
            Bilingual(
                "아직 훈련한 모델이 없어, 미세 조정하지 않은 mini입니다.",
                "Nothing is trained yet: this is mini, not fine-tuned.",
            ),
        )
        return "mini"
    console.say(Bilingual(name, name))
    return name
