"""`lab trace`: follow one dialog through the whole lab."""

from pathlib import Path
from typing import Annotated

import typer

from kit.messages import Bilingual, language
from lab import console
from lab.package import MAX_SEED, Package


def trace(
    question: Annotated[str, typer.Argument(help="질문 / the question")],
    answer: Annotated[str, typer.Argument(help="답변 / the answer")],
    model: Annotated[str, typer.Option(help="mini, 폴더, 허브의 이름 / mini, a folder, a hub name")] = "mini",
    package: Annotated[Package, typer.Option(help="누구의 코드로 / whose code")] = "skeleton",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="보고서에 넣을 페이지 / a page for reports")] = None,
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="같은 값이면 같은 결과 / same seed, same trace")] = 0,
) -> None:
    """대화 하나가 실습의 모든 단계를 지나는 모습을 보여 줍니다. / Follow one dialog through the whole lab."""
    with console.tensorflow_imported():
        from lab.tracing.journey import collect

        result = collect(question, answer, model, package, seed)
    from lab.tracing import terminal

    console.out.print(terminal.shown(result, language()))
    if html is not None:
        from grader.reports.html import write_page
        from lab.tracing.page import page

        write_page(html, page(result, language()))
        console.say(
            Bilingual(f"{html} 에 저장했습니다. 브라우저로 열어 보세요.", f"Saved as {html}: open it in a browser.")
        )
