"""Starting a fork server: modules are found as Python finds them, and afterwards everything is as it was."""

# What pathlib stands on is what is tested:
# ruff: noqa: PTH112, PTH123, PTH208

import builtins
import importlib.machinery
import importlib.util
import io
import os
import pkgutil
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.inside import fast_imports
from grader.inside.fast_imports import QuickFinder, quick_imports

USUAL = [(importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)]
USUAL += [(importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES)]
USUAL += [(importlib.machinery.SourcelessFileLoader, importlib.machinery.BYTECODE_SUFFIXES)]
FOLDERS = [Path(os.__file__).parent, *map(Path, np.__path__), Path(np.__path__[0]).parent]


@pytest.fixture
def library(tmp_path):
    """A folder with a module, a package, a folder of any content, and what is none of these."""
    (tmp_path / "alone.py").write_text("value = 'ㄱ'\n", encoding="utf-8")
    (tmp_path / "both.py").write_text("value = 'module'\n")
    for package in ("both", "whole"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("value = 'package'\n")
        (tmp_path / package / "inner.py").write_text("value = 'inner'\n")
    (tmp_path / "any").mkdir()
    (tmp_path / "any" / "part.py").write_text("value = 'part'\n")
    (tmp_path / "text.txt").write_text("no module\n")
    (tmp_path / "folder.py").mkdir()
    fast_imports.listed.cache_clear()
    return tmp_path


def facts(spec):
    """What of a spec the import system goes by."""
    if spec is None:
        return None
    kind = None if spec.loader is None else next(c for c, _ in USUAL if isinstance(spec.loader, c))
    places = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
    return spec.name, spec.origin, spec.cached, places, kind


def agree(folder, name):
    usual = importlib.machinery.FileFinder(str(folder), *USUAL).find_spec(name)
    return facts(QuickFinder(str(folder)).find_spec(name)) == facts(usual)


@pytest.mark.parametrize("name", ["alone", "both", "whole", "any", "text", "folder", "absent", "package.whole"])
def test_finds_what_python_finds(library, name):
    assert agree(library, name)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_finds_every_module_of_real_libraries(folder):
    names = [module.name for module in pkgutil.iter_modules([str(folder)])]
    assert len(names) > 20
    assert [name for name in names if not agree(folder, name)] == []


def test_imports_and_then_forgets(library, monkeypatch):
    monkeypatch.syspath_prepend(str(library))
    before = [*sys.path_hooks], os.listdir, os.path.isdir, io.open, builtins.open
    with quick_imports():
        import alone
        import any.part
        import whole.inner
    assert (alone.value, any.part.value, whole.inner.value) == ("ㄱ", "part", "inner")
    assert before == ([*sys.path_hooks], os.listdir, os.path.isdir, io.open, builtins.open)
    (library / "later.py").write_text("value = 'later'\n")
    import later

    assert later.value == "later"
    for name in ("alone", "any", "any.part", "whole", "whole.inner", "later"):
        monkeypatch.delitem(sys.modules, name)


def test_is_over_also_after_an_error(library, monkeypatch):
    monkeypatch.syspath_prepend(str(library))
    (library / "broken.py").write_text("1 / 0\n")
    usual = builtins.open
    with pytest.raises(ZeroDivisionError), quick_imports():
        import broken  # noqa: F401
    assert builtins.open is usual
    assert not fast_imports.quick()


def test_what_a_library_kept_sees_later_files(library):
    with quick_imports():
        listing, is_folder, opened = os.listdir, os.path.isdir, open
        assert "later" not in listing(str(library))
    (library / "later").mkdir()
    assert "later" in listing(str(library))
    assert is_folder(str(library / "later"))
    with opened(library / "alone.py", encoding="utf-8") as file:
        assert file.fileno() > 2


def test_lists_and_tells_folders_apart(library):
    with quick_imports():
        assert sorted(os.listdir(str(library))) == sorted(fast_imports.list_folder(library))
        assert {name for name in os.listdir(str(library)) if os.path.isdir(f"{library}/{name}")} == {
            *("both", "whole", "any", "folder.py")
        }
        assert not os.path.isdir(f"{library}/absent")
        with pytest.raises(FileNotFoundError):
            os.listdir(f"{library}/absent")
        with pytest.raises(FileNotFoundError):
            open(f"{library}/absent")  # noqa: SIM115


@given(text=st.text(), encoding=st.sampled_from(["utf-8", "utf-16"]), newline=st.sampled_from([None, "", "\n"]))
def test_reads_what_open_reads(tmp_path_factory, text, encoding, newline):
    path = tmp_path_factory.mktemp("read") / "file"
    path.write_bytes(
        text.encode(encoding, "surrogatepass") if encoding == "utf-8" else text.encode(encoding, "replace")
    )
    arguments = {"encoding": encoding, "newline": newline, "errors": "replace"}
    with open(path, **arguments) as file:
        expected = list(file)
    with quick_imports(), open(path, **arguments) as file:
        assert list(file) == expected
    with quick_imports(), open(path, "rb") as file:
        assert file.read() == path.read_bytes()


def test_writes_as_ever(library):
    with quick_imports(), open(library / "new", "w", encoding="utf-8") as file:
        file.write("새")
    assert (library / "new").read_text(encoding="utf-8") == "새"
