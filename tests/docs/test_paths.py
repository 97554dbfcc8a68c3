"""Every path, link and make target that the pages, the READMEs and CONTRIBUTING.md name is there."""

import re
import tomllib

import pytest

from docs.build.files import DOCS, LANGUAGES
from grader.paths import PROJECT

TOP = ["README.md", "README.ko.md", "CONTRIBUTING.md", "docs/generated/README.md"]
PAGES = [path.relative_to(PROJECT).as_posix() for language in LANGUAGES for path in (DOCS / language).rglob("*.md")]
FOLDERS = "kit|solution|skeleton|grader|lab|docs|tests|benchmarks|requirements"
# A path begins with a folder of the project; `*` may stand in it, and `:name` behind it is a section to include.
PATH = re.compile(rf"(?<![\w./-])(?:{FOLDERS})/[\w./*-]*[\w*/]", re.ASCII)
TARGET = re.compile(r"\bmake ([a-z][a-z-]*)\b")
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([\w-]+))?\)")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
CONTRIBUTING = "CONTRIBUTING.md"


def text_of(file):
    return (PROJECT / file).read_text(encoding="utf-8")


def divided(file):
    """A file's prose, and its code: what is in code blocks and between backticks."""
    blocks = re.split(r"^ *```.*$", text_of(file), flags=re.MULTILINE)
    pieces = re.split(r"`([^`\n]+)`", "\n".join(blocks[::2]))
    return "".join(pieces[::2]), "\n".join([*blocks[1::2], *pieces[1::2]])


@pytest.mark.parametrize("file", TOP + PAGES)
def test_every_path_that_is_named_exists(file):
    named = set(PATH.findall(text_of(file)))

    assert [path for path in sorted(named) if not any(PROJECT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (
            "see `docs/en/trust.md`, or `tests/submissions/hostile/`.",
            ["docs/en/trust.md", "tests/submissions/hostile/"],
        ),
        ('--8<-- "solution/dialogs.py:encode_dialog"', ["solution/dialogs.py"]),
        (
            "`docs/*/generated/speed.svg` and lab/training/loop.py, all of them",
            ["docs/*/generated/speed.svg", "lab/training/loop.py"],
        ),
        ("https://example.org/docs/page and steps/unk/ and hello-lab/x", []),
    ],
)
def test_paths_are_found_in_a_text(text, paths):
    assert PATH.findall(text) == paths


@pytest.mark.parametrize("file", TOP + PAGES)
def test_every_make_target_that_is_named_exists(file):
    _, code = divided(file)

    assert set(TARGET.findall(code)) - TARGETS == set()


@pytest.mark.parametrize("file", TOP)
def test_every_link_leads_to_a_file_and_a_heading(file):
    prose, _ = divided(file)
    for target, anchor in LINK.findall(prose):
        page = (PROJECT / file).parent / target if target else PROJECT / file
        assert page.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_contributing_names_the_layers_of_the_linter():
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    cells = re.findall(r"^\|(.*)\|(.*)\|$", text_of(CONTRIBUTING), re.MULTILINE)
    rows = [[re.findall(r"`(\w+)`", cell) for cell in row] for row in cells]
    for column, package in enumerate(("grader", "lab")):
        [layers] = [contract["layers"] for contract in contracts if contract.get("containers") == [package]]
        head = rows.index([["grader"], ["lab"]])
        told = [row[column] for row in rows[head + 2 : head + 2 + len(layers)]]

        assert [sorted(layer) for layer in told] == [sorted(layer.split(" | ")) for layer in layers]


def test_contributing_shows_examples_that_are_there():
    """Each line of an example is in one of the files that its section names, but for `...` and imports."""
    for section in re.split(r"^## ", text_of(CONTRIBUTING), flags=re.MULTILINE):
        files = [PROJECT / path for path in set(PATH.findall(section)) if (PROJECT / path).is_file()]
        sources = {line.strip() for path in files for line in path.read_text(encoding="utf-8").splitlines()}
        for example in re.findall(r"^ *```(?:toml|python)\n(.*?)^ *```$", section, re.DOTALL | re.MULTILINE):
            lines = [
                line.strip() for line in example.splitlines() if line.strip() and not line.strip().startswith("from ")
            ]

            assert [line for line in lines if line != "..." and line not in sources] == []
