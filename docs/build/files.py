"""Where the pages and what they show lie."""

from kit.messages import Language
from lab.places import ROOT

DOCS = ROOT / "docs"
LANGUAGES: tuple[Language, ...] = ("ko", "en")
