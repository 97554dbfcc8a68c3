"""Generate the tables of other graders on the page about trust: `python -m docs.build.trust`.

Their figures are measured by `benchmarks/mutants_vs_peers.py --json docs/build/data/peers.json`. The table of this
grader's own results is written by `make grade-the-grader` (`tests/grade_the_grader.py`).
"""

import json
from typing import Any

from docs.build.files import DATA, LANGUAGES, Made, Texts, text_path, text_paths, write
from grader.assignment import ASSIGNMENT
from kit.messages import Bilingual, Language

TABLE = Made("make grade-the-grader", text_paths("trust", "table.md"), needs="minutes, to run the tests of the grader")
EXCERPTS = Made("python -m docs.build.trust", text_paths("trust", "peers.md"))
OURS = "kogpt2-lab"
THIS = Bilingual("이 채점기", "this grader")
STEP, ALL, CAUGHT = Bilingual("단계", "step"), Bilingual("모두", "all"), Bilingual("잡아냄", "caught")
POINTS = Bilingual(
    "같은 프로세스 안의 공격이 얻은 점수 (100점 만점)",
    "points of 100 that an attack from within got",
)
ATTACKS = {  # the attacks that the page shows, by their names in `benchmarks/peers/attacks.py`
    "an object equal to everything": Bilingual("객체가 무엇과도 같다고 합니다", "an object equal to everything"),
    "lying subclasses of list, str, ndarray": Bilingual(
        "`list`, `str`, `ndarray`의 거짓말하는 하위 클래스", "lying subclasses of `list`, `str`, `ndarray`"
    ),
    "patched numpy and built-ins": Bilingual("NumPy와 내장 함수를 바꿔치기합니다", "patched NumPy and built-ins"),
    "runner patched: tests do not run": Bilingual(
        "테스트가 실행되지 않게 합니다", "the runner is patched: tests do not run"
    ),
    "runner patched: errors are lost": Bilingual("오류가 사라지게 합니다", "the runner is patched: errors are lost"),
    "results rewritten (file, database)": Bilingual("결과 파일을 고쳐 씁니다", "the results are rewritten"),
    "tests overwritten on the disk": Bilingual("디스크의 테스트를 덮어씁니다", "the tests on the disk are overwritten"),
    "tests read from the disk": Bilingual("디스크에서 테스트를 읽습니다", "the tests are read from the disk"),
    "tests read by walking the frames": Bilingual(
        "프레임을 따라가 테스트를 읽습니다", "the tests are read by walking the frames"
    ),
}


def table(lines: list[list[str]]) -> str:
    """Make a Markdown table; the first line is its head."""
    head, *rest = lines
    alignment = "|---|" + "---:|" * (len(head) - 1)
    return "\n".join([f"| {' | '.join(head)} |", alignment, *(f"| {' | '.join(line)} |" for line in rest)]) + "\n"


def caught(figures: dict[str, Any], language: Language) -> str:
    """Make the table of how many wrong submissions of each step each tool caught."""
    names = [THIS[language] if tool == OURS else f"{tool} {result['version']}" for tool, result in figures.items()]
    lines = [[STEP[language], *(f"{name}: {CAUGHT[language]}" for name in names)]]
    for step in ASSIGNMENT.steps:
        counts = [result["steps"][step.id] for result in figures.values()]
        lines.append([step.title[language], *(f"{count['caught']} / {count['total']}" for count in counts)])
    totals = [
        [sum(count[key] for count in result["steps"].values()) for key in ("caught", "total")]
        for result in figures.values()
    ]
    lines.append([f"**{ALL[language]}**", *(f"**{right} / {total}**" for right, total in totals)])
    return table(lines)


def attacked(figures: dict[str, Any], language: Language) -> str:
    """Make the table of the points that each attack got from each tool."""
    lines = [[POINTS[language], *(THIS[language] if tool == OURS else tool for tool in figures)]]
    for name, text in ATTACKS.items():
        lines.append([text[language], *(f"{result['attacks'][name]:g}" for result in figures.values())])
    return table(lines)


def texts() -> Texts:
    """Make the tables in all languages."""
    figures = json.loads((DATA / "peers.json").read_text(encoding="utf-8"))
    return EXCERPTS.signed(
        {
            text_path("trust", language, "peers.md"): f"{caught(figures, language)}\n{attacked(figures, language)}"
            for language in LANGUAGES
        }
    )


if __name__ == "__main__":
    write(texts())
