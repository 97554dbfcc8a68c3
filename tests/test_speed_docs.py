"""What the page on speed shows is what the measured figures give."""

from docs.build import speed
from tests.conftest import ROOT


def test_tables_and_figures_are_up_to_date(tmp_path):
    speed.build(tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert len(written) == 10
    for path in written:
        kept = ROOT / "docs" / path.relative_to(tmp_path)
        assert path.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), kept
