"""What the pages show, as it is kept."""

from docs.build.files import DOCS


def kept(made):
    """What the files that a command writes hold now."""
    return {path: (DOCS / path).read_text(encoding="utf-8") for path in made.files}
