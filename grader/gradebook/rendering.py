"""How pages are made: a page loads nothing, and its policy forbids what its own style and script are not."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.assignment import Text
from grader.errors import GraderError
from kit.messages import Language

TEMPLATES = Path(__file__).with_name("templates")


@cache
def environment(*folders: Path) -> Environment:
    """Templates that escape what hand-ins say, and know of no name that is not there.

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


def both(text: Text | dict[Language, str]) -> Markup:
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
    """Write a page; the text of a hand-in in it may hold half characters.

    Raises:
        GraderError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise GraderError(
            f"{path} 을(를) 쓸 수 없습니다 ({error.strerror}). 폴더가 있고 쓸 수 있는지 확인해 주세요.",
            f"{path} cannot be written ({error.strerror}): check that its folder exists and may be written to.",
        ) from error
