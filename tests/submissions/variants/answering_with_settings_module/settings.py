import tomllib
from pathlib import Path

_loaded = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
MARKERS = _loaded["markers"]
MAX_LENGTH = _loaded["sampling"]["max_length"]
TOP_K = _loaded["sampling"]["top_k"]


def options(**changed):
    return {**_loaded["sampling"], **changed}
