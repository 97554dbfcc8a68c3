"""The lock of the extra `kogpt2` goes together with the project's own."""

import re
import tomllib

from packaging.requirements import Requirement

from grader.paths import PROJECT

PINNED = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def versions(name):
    """The versions of each package in a lock."""
    pinned = {}
    for package, version in PINNED.findall((PROJECT / "requirements" / name).read_text(encoding="utf-8")):
        pinned.setdefault(package, set()).add(version)
    return pinned


def test_torch_is_in_the_extras_range():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [torch] = map(Requirement, project["optional-dependencies"]["kogpt2"])

    assert all(torch.specifier.contains(version) for version in versions("kogpt2.txt")["torch"])


def test_what_both_locks_hold_they_hold_alike():
    base, extra = versions("lock.txt"), versions("kogpt2.txt")
    shared = base.keys() & extra.keys()

    assert "filelock" in shared
    assert {name: base[name] for name in shared} == {name: extra[name] for name in shared}


def test_every_pin_has_hashes_and_no_address():
    text = (PROJECT / "requirements" / "kogpt2.txt").read_text(encoding="utf-8")

    assert "://" not in text
    assert all("--hash=sha256:" in pin for pin in re.split(r"\n(?=[a-z])", text.strip()))
