"""What the page on speed shows is what the measured figures give."""

import importlib.util

from grader.paths import PROJECT

spec = importlib.util.spec_from_file_location("build_speed", PROJECT / "docs" / "build_speed.py")
build_speed = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build_speed)


def test_tables_and_figures_are_up_to_date(tmp_path):
    build_speed.build(tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert len(written) == 10
    for path in written:
        kept = PROJECT / "docs" / path.relative_to(tmp_path)
        assert path.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), kept
