"""Generate the tables and the bar chart of the page about speed: `python -m docs.build.speed`.

Their figures are in `docs/build/data/`, where `benchmarks/training.py` and `benchmarks/training_tried.py` wrote them
with `--json`.
"""

import json
import statistics
from typing import Any

from docs.build.files import DATA, LANGUAGES, Made, Texts, picture_path, picture_paths, text_path, text_paths, write
from kit.messages import Bilingual, Language

PLAIN, FAST, TORCH = "plain loop", "+ batches by length: --fast", "PyTorch, padded, bfloat16"

# The names of the measured figures, by their English names, which the JSON files use.
WORDS = {
    text.en: text
    for text in (
        Bilingual("평범한 반복문", "plain loop"),
        Bilingual("평범한 반복문, 패딩은 세지 않음", "plain loop, pads not judged"),
        Bilingual("+ 그래프로 컴파일", "+ compiled"),
        Bilingual("+ 직접 쓴 순전파, 한 번에 도는 Adam", "+ own forward pass, fused Adam"),
        Bilingual("+ bfloat16", "+ bfloat16"),
        Bilingual("+ 패딩은 출력층에 가지 않음", "+ pads do not reach the head"),
        Bilingual("+ 길이가 비슷한 배치: --fast", "+ batches by length: --fast"),
        Bilingual("--fast, 무작위 배치", "--fast, batches at random"),
        Bilingual("--fast", "--fast"),
        Bilingual("float32로 계산한 --fast", "--fast in float32"),
        Bilingual("PyTorch, 패딩, float32", "PyTorch, padded, float32"),
        Bilingual("PyTorch, 패딩, bfloat16", "PyTorch, padded, bfloat16"),
        Bilingual("방법", "way"),
        Bilingual("배치 하나 (초)", "seconds a step"),
        Bilingual("초당 대화", "dialogs a second"),
        Bilingual("평범한 반복문의 몇 배", "times the plain loop"),
        Bilingual("PyTorch bfloat16의 몇 배", "times PyTorch, bfloat16"),
        Bilingual("GFLOP/s", "GFLOP/s"),
        Bilingual("최대 속도 대비", "of the peak"),
        Bilingual("에포크", "epochs"),
        Bilingual("모델", "model"),
        Bilingual("KoGPT2의 모양", "KoGPT2's shape"),
        Bilingual("mini", "mini"),
        Bilingual("model.generate", "model.generate"),
        Bilingual("초당 답변", "answers a second"),
        Bilingual("초당 토큰", "tokens a second"),
        Bilingual("model.generate의 몇 배", "times model.generate"),
        Bilingual("해 본 것", "tried"),
        Bilingual("남긴 것", "kept"),
        Bilingual("CPU 초, 해 본 것", "CPU seconds, tried"),
        Bilingual("CPU 초, 남긴 것", "CPU seconds, kept"),
        Bilingual("훈련 한 단계 전체를 XLA로", "the whole step by XLA"),
        Bilingual("XLA 없는 같은 그래프", "the same graph without XLA"),
        Bilingual("TensorFlow의 교차 엔트로피, float32", "TensorFlow's cross-entropy, float32"),
        Bilingual("TensorFlow의 교차 엔트로피, bfloat16", "TensorFlow's cross-entropy, bfloat16"),
        Bilingual("직접 쓴 소프트맥스와 기울기", "softmax and its gradient by hand"),
        Bilingual("Keras의 apply_gradients", "Keras' apply_gradients"),
        Bilingual("가중치마다 한 번에", "one pass over each weight"),
        Bilingual("전치한 가중치를 먼저 늘어놓기", "transposed weights laid out first"),
        Bilingual("곱하면서 전치", "transposed while multiplying"),
    )
}
MEASURED = Bilingual(
    "{date}, {machine}, TensorFlow {tensorflow}. {rounds}번 잰 값의 중앙값, 시작할 때의 부하 {load_before}.",
    "{date}, {machine}, TensorFlow {tensorflow}. Medians of {rounds} rounds; load at the start {load_before}.",
)
PEAK = Bilingual(
    "이 컴퓨터의 bfloat16 행렬 곱 최대 속도: {peak:.0f} GFLOP/s.",
    "This machine's peak in bfloat16 matrix products: {peak:.0f} GFLOP/s.",
)
SEEDS = Bilingual(
    "{date}, {machine}. 대화 {dialogs:,}개로 훈련했고, 값은 다른 {held_out}개의 손실(토큰마다 nat)입니다. "
    "씨앗 세 개의 평균과 범위.",
    "{date}, {machine}. Trained on {dialogs:,} dialogs; loss on {held_out} others (nats a token), mean and "
    "range of three seeds.",
)
CAPTION = Bilingual("초당 대화의 수", "dialogs a second")
BAR, LEFT, WIDTH = 30, 250, 760  # of the chart, in pixels: height of a bar, start of the bars, whole width


def said(word: str, language: Language) -> str:
    """Translate the name of a figure."""
    return WORDS[word][language]


def table(language: Language, head: list[str], lines: list[list[str]]) -> str:
    """Make a Markdown table, translating the cells that name a figure."""
    cells = [[said(cell, language) if cell in WORDS else cell for cell in line] for line in [head, *lines]]
    cells.insert(1, ["---", *("---:" for _ in head[1:])])
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def speed(figures: dict[str, Any], language: Language) -> str:
    """Make the table of training speeds, a line for each way of training."""
    ways = figures["ways"]
    head = ["way", "seconds a step", "dialogs a second", "times the plain loop", "times PyTorch, bfloat16"]
    lines = [
        [
            name,
            f"{way['median']:.2f}",
            f"{way['examples_per_second']:.1f}",
            f"{ways[PLAIN]['median'] / way['median']:.1f}",
            f"{ways[TORCH]['median'] / way['median']:.1f}",
            f"{way['arithmetic_per_second'] / 1e9:.0f}",
            f"{way['share_of_peak']:.0%}",
        ]
        for name, way in ways.items()
    ]
    about = f"{MEASURED[language].format(**figures)} {PEAK[language].format(peak=figures['peak'] / 1e9)}"
    return table(language, [*head, "GFLOP/s", "of the peak"], lines) + f"\n{about}\n"


def loss(figures: dict[str, Any], language: Language) -> str:
    """Make the table of held-out losses, a line for each epoch."""
    lines = []
    for epoch in range(figures["epochs"] + 1):
        of_ways = [[run["losses"][epoch] for run in runs] for runs in figures["ways"].values()]
        cells = [f"{statistics.fmean(x):.3f} ({min(x):.3f} … {max(x):.3f})" for x in of_ways]
        lines.append([str(epoch), *cells])
    head = ["epochs", *figures["ways"]]
    return table(language, head, lines) + f"\n{SEEDS[language].format(**figures)}\n"


def generation(figures: dict[str, Any], language: Language) -> str:
    """Make the table of generation speeds, a line for each model and way of generating."""
    lines = []
    for model, ways in figures["models"].items():
        for way, rates in ways.items():
            ratio = rates["tokens_per_second"] / ways["model.generate"]["tokens_per_second"]
            rate = [f"{rates['answers_per_second']:.2f}", f"{rates['tokens_per_second']:.1f}", f"{ratio:.1f}"]
            lines.append([model, way, *rate])
    head = ["model", "way", "answers a second", "tokens a second", "times model.generate"]
    return table(language, head, lines) + f"\n{MEASURED[language].format(**figures)}\n"


def tried(figures: dict[str, Any], language: Language) -> str:
    """Make the table of alternatives that were tried, with their times."""
    lines = [
        [one["tried"], one["kept"], f"{one['seconds_tried']:.3f}", f"{one['seconds_kept']:.3f}"]
        for one in figures["attempts"]
    ]
    head = ["tried", "kept", "CPU seconds, tried", "CPU seconds, kept"]
    return table(language, head, lines) + f"\n{MEASURED[language].format(**figures)}\n"


def bars(figures: dict[str, Any], language: Language) -> str:
    """Draw the chart of training speeds as SVG, a bar for each way of training."""
    rates = {name: way["examples_per_second"] for name, way in figures["ways"].items()}
    scale = (WIDTH - LEFT - 60) / max(rates.values())
    parts = []
    for row, (name, rate) in enumerate(rates.items()):
        middle = BAR * row + BAR * 0.65
        colour = "#ff6e40" if name == FAST else "#9fa8da" if "PyTorch" in name else "#3f51b5"
        length = rate * scale
        parts.append(
            f'<text x="{LEFT - 10}" y="{middle:.1f}" text-anchor="end">{said(name, language)}</text>\n'
            f'<rect x="{LEFT}" y="{BAR * row + 5}" width="{length:.1f}" height="{BAR - 10}" rx="3" fill="{colour}"/>\n'
            f'<text x="{LEFT + length + 8:.1f}" y="{middle:.1f}">{rate:.1f}</text>\n'
        )
    height = BAR * (len(rates) + 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="sans-serif" font-size="13" fill="#212121">\n'
        f'<title>{CAPTION[language]}</title>\n<rect width="{WIDTH}" height="{height}" rx="6" fill="#fafafa"/>\n'
        f'{"".join(parts)}<text x="{LEFT}" y="{height - 10}" fill="#616161">{CAPTION[language]}</text>\n</svg>\n'
    )


PARTS = {"speed": speed, "loss": loss, "generation": generation, "tried": tried}
EXCERPTS = Made(
    "python -m docs.build.speed", text_paths("speed", *(f"{name}.md" for name in PARTS)) + picture_paths("speed.svg")
)


def texts() -> Texts:
    """Make all tables and charts."""
    figures = {name: json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")) for name in PARTS}
    files: Texts = {}
    for language in LANGUAGES:
        files |= {
            text_path("speed", language, f"{name}.md"): part(figures[name], language) for name, part in PARTS.items()
        }
        files[picture_path(language, "speed.svg")] = bars(figures["speed"], language)
    return EXCERPTS.signed(files)


if __name__ == "__main__":
    write(texts())
