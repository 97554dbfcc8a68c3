"""Making HTML pages: each loads nothing, and its security policy allows its own style and script alone."""

import base64
import hashlib
import re
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.assignment import ASSIGNMENT
from grader.errors import GraderError
from grader.reports.formatting import number
from grader.reports.report import StepReport
from grader.reports.terminal import DIFFERENCE, MARKS, WORDS
from kit.files import write_whole
from kit.messages import Bilingual, Language

TEMPLATES = Path(__file__).with_name("templates")
LANGUAGES: tuple[Language, ...] = ("ko", "en")
STATES = {
    "passed": Bilingual("통과", "passed"),
    "failed": Bilingual("틀린 값", "wrong value"),
    "error": Bilingual("오류가 남", "raised an error"),
    "timeout": Bilingual("시간 초과", "out of time"),
    "missing": Bilingual("함수가 없음", "no such function"),
    "not_implemented": Bilingual("아직 작성하지 않음", "not written yet"),
}
SIGNS = {status: mark for status, (mark, _) in MARKS.items()} | {"timeout": "∞"}  # few fonts have the terminal's


@cache
def environment(*folders: Path) -> Environment:
    """An environment of templates that escapes what submissions say; an unknown name in a template is an error.

    Args:
        folders: of further templates.
    """
    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["both"] = both
    return made


def both(text: Bilingual | dict[Language, str]) -> Markup:
    """A text in both languages; the page's style shows one."""
    return Markup('<span lang="ko">{}</span><span lang="en">{}</span>').format(text["ko"], text["en"])


@cache
def shell(*styles: str) -> dict[str, str]:
    """What `base.html` needs: a page's style and script, and the policy that lets these two run and nothing else.

    Args:
        styles: further files of style, in this folder or by their whole path.
    """
    style = "".join(text_of(name) for name in ("style.css", *styles))
    script = text_of("script.js")
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    rules = ["default-src 'none'", f"style-src 'sha256-{hashes[0]}'", f"script-src 'sha256-{hashes[1]}'"]
    rules += ["img-src data:", "base-uri 'none'", "form-action 'none'"]
    return {"style": style, "script": script, "policy": "; ".join(rules)}


def text_of(name: str) -> str:
    """A file of style or script."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def write_page(path: Path, page: str) -> None:
    """Write a page; the text of a submission in it may hold half characters.

    Raises:
        GraderError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, page.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise GraderError(
            Bilingual(
                f"{path} 을(를) 쓸 수 없습니다 ({error.strerror}). 폴더가 있고 쓸 수 있는지 확인해 주세요.",
                f"{path} cannot be written ({error.strerror}): check that its folder exists and may be written to.",
            ),
        ) from error


def rendered(name: str, /, *folders: Path, **values: Any) -> str:
    """A template filled in.

    Args:
        name: its file's name.
        folders: where to look for it before this room's own.
        values: what it speaks of, beside what all that show a report speak of.
    """
    known = {
        "marked": marked,
        "number": number,
        "states": STATES,
        "words": WORDS,
        "signs": SIGNS,
        "diagnosis": diagnosis_text,
    }
    page: str = environment(*folders).get_template(name).render(shell() | known | values)
    return page


def notebook_part(
    steps: Sequence[StepReport], language: Language, notes: Sequence[str] = (), told: Collection[str] = ()
) -> str:
    """The reports of some steps, or notes alone, for a notebook to show: HTML that brings its own style.

    Nothing of the style reaches what else the notebook shows: it is nested in the part's own class.

    Args:
        steps: what was graded.
        language: the only one that it speaks.
        notes: sentences in front.
        told: outcomes of which the notes say enough.
    """
    style = text_of("style.css").replace(":root", "&") + text_of("notebook.css")
    return rendered(
        "notebook.html",
        both=lambda text: text[language],
        style=style,
        steps=steps,
        notes=notes,
        points=sum(step.points for step in steps),
        most=sum(step.max_points for step in steps),
        **left_to_do(steps, told),
    )


def left_to_do(steps: Sequence[StepReport], told: Collection[str] = ()) -> dict[str, list[Any]]:
    """What is left to do: mistakes, and steps with blocks that are not written yet.

    Args:
        steps: what was graded.
        told: outcomes that are left out of the mistakes, as something else tells them.
    """
    checks = [(step, check) for step in steps for check in step.checks]
    return {
        "mistakes": [(step, check) for step, check in checks if check.is_mistake and check.status not in told],
        "unwritten": [step for step in steps if any(check.status == "not_implemented" for check in step.checks)],
    }


def diagnosis_text(name: str) -> Bilingual:
    """A diagnosis in words, or its id where this version does not know it."""
    return ASSIGNMENT.diagnoses.get(name, Bilingual(name, name))


def marked(value: str) -> Markup:
    """A value, the part that differs marked."""
    return Markup(re.sub(DIFFERENCE, r"<mark>\g<0></mark>", str(escape(value))))  # noqa: S704 - escaped just before
