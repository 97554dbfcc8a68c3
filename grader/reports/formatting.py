"""Values as a student would see them: ids with their tokens, the first difference marked, long ones cut; points."""

from collections.abc import Callable
from typing import Any

from grader.inside import wire

MAX_SHOWN = 300  # characters of a value in a report
MARK = "«{}»"  # around the first item that differs
KEPT = 3  # items before and behind a difference that stay when a list is too long to be shown

Namer = Callable[[int], str]


class _Verbatim(str):
    """A text that is shown as it is."""

    __slots__ = ()


def number(points: float) -> str:
    """Points as people write them, with two decimals at most: `85`, `7.5`."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def verbatim(text: str) -> str:
    """Let `show` print this text without quotes: a description in place of a value."""
    return _Verbatim(text)


def show(value: Any) -> str:
    """A value as a student would see it, cut where it is long."""
    text = str(value) if type(value) is _Verbatim else _show(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 2] + " …"


def _show(value: Any) -> str:
    match value:
        case wire.Array(kind=kind, values=values):
            return f"{kind} {values.shape} {values.dtype} {values.tolist()}"
        case wire.Integer(value=number):
            return str(number)
        case wire.Other(type=name, text=text):
            return f"{name}: {text}"
        case list():
            return f"[{', '.join(map(_show, value[:200]))}]"
        case tuple():
            return f"({', '.join(map(_show, value[:200]))})"
    return repr(value)


def compare(expected: Any, got: Any, name: Namer | None = None) -> tuple[str, str]:
    """Two values, and where both are lists of ids (or of such lists) the first item that differs is marked.

    Args:
        expected: what should have come.
        got: what came.
        name: gives the token that an id stands for.
    """
    if type(expected) is not list or type(got) is not list:
        return show(expected), show(got)
    return _marked(expected, got, name), _marked(got, expected, name)


def _marked(items: list[Any], other: list[Any], name: Namer | None) -> str:
    """The items, with a mark around the first that differs from the other list; a missing item is marked as `«»`."""
    place = next((i for i, pair in enumerate(zip(items, other, strict=False)) if pair[0] != pair[1]), None)
    if place is None and len(items) != len(other):
        place = min(len(items), len(other))
    texts = [_item(item, name) for item in items]
    if place is not None and place < len(items):
        inner = place < len(other) and type(items[place]) is list and type(other[place]) is list
        texts[place] = _marked(items[place], other[place], name) if inner else MARK.format(texts[place])
    elif place is not None:
        texts.append(MARK.format(""))
    return f"[{', '.join(_around(texts, place or 0))}]"


def _item(item: Any, name: Namer | None) -> str:
    if type(item) is list:
        return f"[{', '.join(_item(inner, name) for inner in item)}]"
    if name is None or type(item) is not int:
        return _show(item)
    return f"{item} {name(item)}".rstrip()


def _around(texts: list[str], place: int) -> list[str]:
    """The texts near a place, with `…` for the others, where all together would be too long."""
    if sum(map(len, texts)) <= MAX_SHOWN:
        return texts
    first, last = max(0, place - KEPT), place + KEPT + 1
    kept = [text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 2] + " …" for text in texts[first:last]]
    return ["…"] * (first > 0) + kept + ["…"] * (last < len(texts))
