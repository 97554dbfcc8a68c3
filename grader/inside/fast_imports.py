"""Starting a fork server with few system calls.

The sandbox's supervisor looks at every `stat`, `open`, `lseek`, `mmap` and listing, which takes 45 to 100 µs each. The
imports of TensorFlow and transformers make about 100,000 of them, and would take three times as long as outside.
"""

import builtins
import contextlib
import functools
import io
import linecache
import os
import sys
from collections.abc import Iterator
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import spec_from_file_location
from types import ModuleType
from typing import Any

BLOCK = 2**20  # bytes read at once
STACK = 2**16  # values that the outermost frame has room for
list_folder, is_folder, open_file, check_lines = os.listdir, os.path.isdir, io.open, linecache.checkcache


class QuickLoader(SourceFileLoader):
    """Reads a module with one `open`, and no question about the file's size and kind."""

    def get_data(self, path: Any) -> bytes:
        """The content of a file."""
        return content(path)


def content(path: Any) -> bytes:
    """The content of a file.

    Raises:
        OSError: it cannot be read.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return b"".join(iter(lambda: os.read(file, BLOCK), b""))
    finally:
        os.close(file)


@functools.cache
def listed(folder: str) -> dict[str, bool] | None:
    """What is in a folder the first time it is asked for: names, and whether each is a folder; `None`: it is none."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.is_dir() for entry in entries}
    except PermissionError:
        return {}
    except OSError:
        return None


LOADERS = (
    *((suffix, ExtensionFileLoader) for suffix in EXTENSION_SUFFIXES),
    *((suffix, QuickLoader) for suffix in SOURCE_SUFFIXES),
    *((suffix, SourcelessFileLoader) for suffix in BYTECODE_SUFFIXES),
)


class QuickFinder(FileFinder):
    """Finds a module by what is listed in its folder, without a look at any file."""

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        """The module's spec: of a package, else of a file, else, as Python has it, of a folder of any content."""
        name = fullname.rpartition(".")[2]
        names, folder = listed(self.path) or {}, f"{self.path}/{name}"
        within = listed(folder) if names.get(name) else None
        for suffix, loader in LOADERS:
            if within and within.get(f"__init__{suffix}") is False:
                place = f"{folder}/__init__{suffix}"
                loading = loader(fullname, place)
                return spec_from_file_location(fullname, place, loader=loading, submodule_search_locations=[folder])
        for suffix, loader in LOADERS:
            if names.get(name + suffix) is False:
                place = folder + suffix
                return spec_from_file_location(fullname, place, loader=loader(fullname, place))
        if within is None:
            return None
        spec = ModuleSpec(fullname, None)
        spec.submodule_search_locations = [folder]
        return spec


def quick_finder(path: str) -> QuickFinder:
    """A hook for `sys.path_hooks`.

    Raises:
        ImportError: the path is no folder.
    """
    if listed(path) is None:
        raise ImportError(path)
    return QuickFinder(path)


def quick() -> bool:
    """Whether this is the time for it: a library may keep one of the functions below for good."""
    return quick_finder in sys.path_hooks


def quick_list(path: Any = ".") -> list[Any]:
    """`os.listdir`."""
    names = listed(path) if quick() and isinstance(path, str) else None
    return list_folder(path) if names is None else list(names)


def quick_is_folder(path: Any) -> bool:
    """`os.path.isdir`."""
    parent, _, name = path.rpartition("/") if quick() and isinstance(path, str) else ("", "", "")
    names = listed(parent) if parent else None
    return names[name] if names and name in names else is_folder(path)


def quick_open(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kwargs: Any) -> Any:
    """`open`."""
    if not quick() or mode != "r" or not isinstance(file, (str, os.PathLike)):
        return open_file(file, mode, buffering, *args, **kwargs)
    return io.TextIOWrapper(io.BytesIO(content(file)), *args, **kwargs)


def quick_check(filename: str | None = None) -> None:
    """`linecache.checkcache`, which TensorFlow has called 2,000 times."""
    if not quick():
        check_lines(filename)


REPLACED = (
    (linecache, "checkcache", quick_check),
    (os, "listdir", quick_list),
    (os.path, "isdir", quick_is_folder),
    (io, "open", quick_open),
    (builtins, "open", quick_open),
)


@contextlib.contextmanager
def quick_imports() -> Iterator[None]:
    """Import in this way for a while, from folders that nobody changes meanwhile; then again as Python always does."""
    usual = [getattr(module, name) for module, name, _ in REPLACED]
    sys.path_hooks.insert(0, quick_finder)
    sys.path_importer_cache.clear()
    for module, name, replacement in REPLACED:
        setattr(module, name, replacement)
    try:
        yield
    finally:
        for (module, name, _), function in zip(REPLACED, usual, strict=True):
            setattr(module, name, function)
        sys.path_hooks.remove(quick_finder)
        sys.path_importer_cache.clear()
        listed.cache_clear()


def main(text: str) -> None:
    """Prepare what the children will need, then relay.

    Args:
        text: `grader.inside.messages.Settings` as JSON.
    """
    import msgspec

    from grader.inside.messages import Settings

    settings = msgspec.json.decode(text, type=Settings)
    with quick_imports() if settings.confine else contextlib.nullcontext():
        from grader.inside import child, relay

        streams = relay.take_over_standard_streams(debug=settings.debug)
        child.prepare(settings)
    relay.serve(settings, *streams)


# Python keeps frames in chunks of 16 KiB, and gets and gives back one with `mmap` and `munmap` at every call across a
# chunk's edge, 20,000 times in these imports. A frame that is large itself makes its chunk large, and all that it calls
# fits in.
main.__code__ = main.__code__.replace(co_stacksize=STACK)
