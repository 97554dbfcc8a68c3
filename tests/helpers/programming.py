"""Programs that nobody would write: every kind of statement and expression, in each other, with few names."""

import random
import sys

NAMES = ["a", "b", "c", "d", "f"]
TYPED = sys.version_info >= (3, 12)  # has type parameters
DEFAULTS = sys.version_info >= (3, 13)  # which may have defaults


class Writer:
    """Writes programs.

    Args:
        chance: what is drawn from.
        wild: how often something stands where it should not.
        constants: whether conditions may be constants, and jumps stand in the midst of a block.
    """

    def __init__(self, chance: random.Random, *, wild: float, constants: bool) -> None:
        self.chance, self.wild, self.constants = chance, wild, constants
        self.typed = TYPED and self.often(0.5)
        self.names = [*NAMES, "f" if self.typed else "__p"]  # private type parameters differ from Python to Python
        self.room = 40  # how many more statements there may be
        self.kinds = ["module"]  # of the scopes around
        self.loops = [0]  # around, in each of these scopes

    def program(self) -> str:
        """A whole source."""
        head = ["from __future__ import annotations"] if self.often(0.2) else []
        late = ["from __future__ import annotations"] if self.dares(0.3) else []
        return "\n".join([*head, *self.block(3, ""), *late]) + "\n"

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def dares(self, share: float = 1.0) -> bool:
        """Whether to write what may not stand here."""
        return self.often(self.wild * share)

    def pick(self, *options: str) -> str:
        return self.chance.choice(options)

    def a_name(self) -> str:
        return self.chance.choice(self.names)

    def in_function(self) -> bool:
        return self.kinds[-1] in ("function", "async")

    # Statements

    def block(self, depth: int, indent: str) -> list[str]:
        lines = []
        for _ in range(self.chance.randint(1, 4)):
            self.room -= 1
            if self.room > 0:
                lines += self.statement(depth, indent)
            if self.constants and self.often(0.1):
                lines += self.jump(indent)
        return [*lines, *(self.jump(indent) if self.often(0.2) else [f"{indent}pass"])]

    def jump(self, indent: str) -> list[str]:
        options = ["raise", f"raise {self.value(1)}"]
        if self.loops[-1] or self.dares():
            options += ["break", "continue"] * 2
        if self.in_function() or self.dares():
            options += ["return"] * 2
        if self.kinds[-1] == "function" or self.dares():
            options += [f"return {self.value(1)}"] * 2
        return [indent + self.chance.choice(options)]

    def statement(self, depth: int, indent: str) -> list[str]:
        if depth > 0 and self.often(0.6):
            kinds = [self.condition, self.repetition, self.iteration, self.context, self.attempt, self.function]
            kinds += [self.function, self.definition, self.definition, self.matching]
            return self.chance.choice(kinds)(depth - 1, indent)
        return [indent + self.line()]

    def line(self) -> str:
        value, name = self.value, self.a_name
        options = [
            lambda: value(2),
            lambda: f"{self.targets()} = {value(2)}",
            lambda: f"{name()} = {self.targets()} = {value(2)}",
            lambda: f"{self.pick(name(), f'{name()}.b', f'{name()}[{value(0)}]')} += {value(1)}",
            lambda: f"{self.pick(name(), f'({name()})', f'{name()}.b', f'{name()}[{value(0)}]')}: {value(1)}",
            lambda: f"{name()}: {value(1)} = {value(1)}",
            lambda: f"del {self.pick(name(), f'{name()}.b', f'{name()}[{value(0)}]')}",
            lambda: self.pick(f"import {name()}", f"import {name()}.b", f"import b.c as {name()}"),
            lambda: f"from b import c as {name()}, {name()}",
            lambda: f"assert {self.test()}, {value(1)}",
        ]
        if self.kinds[-1] != "module" or self.dares():
            options += [lambda: f"global {name()}", lambda: f"nonlocal {name()}"]
        if self.kinds[-1] == "module" or self.dares():
            options.append(lambda: "from b import *")
        if self.dares():
            options += [lambda: f"*{name()}", lambda: f"{name()} = *{name()}", lambda: f"__debug__ = {name()}"]
        if self.typed:
            options.append(lambda: f"type {name()}{self.types()} = {value(1)}")
        return self.chance.choice(options)()

    def targets(self) -> str:
        name = self.a_name
        star = f"*{name()}, " if self.dares() else ""
        return self.pick(
            name(), f"{name()}.b", f"{name()}[{self.value(1)}]", f"[*{name()}, {star}{name()}]", f"{name()}, {name()}"
        )

    def test(self) -> str:
        if self.constants and self.often(0.5):
            return self.pick("True", "False", "0", "1", "None", "not 1", "__debug__", "not __debug__", "''")
        return self.value(1)

    def condition(self, depth: int, indent: str) -> list[str]:
        lines = [f"{indent}if {self.test()}:", *self.block(depth, indent + " ")]
        if self.often(0.3):
            lines += [f"{indent}elif {self.test()}:", *self.block(depth, indent + " ")]
        return lines + (self.other(depth, indent) if self.often(0.5) else [])

    def other(self, depth: int, indent: str, word: str = "else") -> list[str]:
        return [f"{indent}{word}:", *self.block(depth, indent + " ")]

    def looped(self, head: str, depth: int, indent: str) -> list[str]:
        self.loops[-1] += 1
        body = self.block(depth, indent + " ")
        self.loops[-1] -= 1
        return [indent + head, *body, *(self.other(depth, indent) if self.often(0.3) else [])]

    def repetition(self, depth: int, indent: str) -> list[str]:
        return self.looped(f"while {self.test()}:", depth, indent)

    def asynchronous(self) -> str:
        return "async " if (self.kinds[-1] == "async" and self.often(0.5)) or self.dares() else ""

    def iteration(self, depth: int, indent: str) -> list[str]:
        return self.looped(f"{self.asynchronous()}for {self.targets()} in {self.value(1)}:", depth, indent)

    def context(self, depth: int, indent: str) -> list[str]:
        items = f"{self.value(1)} as {self.a_name()}, {self.value(1)}"
        return [f"{indent}{self.asynchronous()}with {items}:", *self.block(depth, indent + " ")]

    def attempt(self, depth: int, indent: str) -> list[str]:
        lines = self.other(depth, indent, "try")
        group = self.often(0.15)
        star, loops, kinds = "*" if group else "", self.loops[-1], self.kinds[-1]
        if group and not self.dares():
            self.loops[-1], self.kinds[-1] = 0, "handler" if self.in_function() else kinds
        handlers = self.chance.randint(group, 2)
        for _ in range(handlers):
            bound = f" as {self.a_name()}" if self.often(0.5) else ""
            lines += [f"{indent}except{star} {self.value(1)}{bound}:", *self.block(depth, indent + " ")]
        bare = not group and self.often(0.2)
        lines += self.other(depth, indent, "except") if bare else []
        if bare and self.dares():
            lines += [f"{indent}except {self.value(0)}:", *self.block(depth, indent + " ")]
        self.loops[-1], self.kinds[-1] = loops, kinds
        lines += self.other(depth, indent) if (handlers or bare) and self.often(0.3) else []
        return lines + (self.other(depth, indent, "finally") if not (handlers or bare) or self.often(0.3) else [])

    def matching(self, depth: int, indent: str) -> list[str]:
        lines = [f"{indent}match {self.value(1)}:"]
        for _ in range(self.chance.randint(1, 3)):
            guard = f" if {self.value(1)}" if self.often(0.3) else ""
            lines += [f"{indent} case {self.pattern(2)}{guard}:", *self.block(depth, indent + "  ")]
        return lines + ([f"{indent} case _:", *self.block(depth, indent + "  ")] if self.often(0.5) else [])

    def pattern(self, depth: int) -> str:
        name, inner = self.a_name, (lambda: self.pattern(depth - 1)) if depth else lambda: self.pick("1", "'a'")
        options = [
            "1",
            "-1",
            "a.b",
            f"[{inner()}, *{name()}]",
            f"({inner()}) as {name()}",
            f"C({inner()}, b={inner()})",
        ]
        options += [f"{{1: {inner()}, -1: {inner()}, **{name()}}}", "1 | 2", f"[{name()}, 1] | [1, {name()}]"]
        if self.dares() or depth < 2:
            options += [name(), "_", f"[{name()}, {name()}]"]
        return self.chance.choice(options)

    # Scopes

    def inside(self, kind: str, make):
        self.kinds.append(kind)
        self.loops.append(0)
        made = make()
        self.kinds.pop()
        self.loops.pop()
        return made

    def types(self) -> str:
        if not self.typed or self.often(0.7):
            return ""
        default = f" = {self.value(0)}" if DEFAULTS and self.often(0.5) else ""
        return self.pick(f"[{self.a_name()}]", f"[{self.a_name()}: {self.value(1)}]", f"[T, *{self.a_name()}{default}]")

    def function(self, depth: int, indent: str) -> list[str]:
        lines = [f"{indent}@{self.value(1)}"] if self.often(0.2) else []
        kind, word = ("async", "async def") if self.often(0.2) else ("function", "def")
        returns = f" -> {self.value(1)}" if self.often(0.2) else ""
        lines.append(f"{indent}{word} {self.a_name()}{self.types()}({self.parameters(typed=True)}){returns}:")
        return lines + self.inside(kind, lambda: self.block(depth, indent + " "))

    def parameters(self, *, typed: bool) -> str:
        names = self.chance.sample([*NAMES, "e"], 4)
        names[0] = names[1] if self.dares(0.3) else names[0]
        noted = [f"{name}: {self.value(1)}" if typed and self.often(0.2) else name for name in names]
        one, two, three, four = noted
        return self.pick(
            "",
            one,
            f"{one}, /, {two}={self.value(1)}, *{three}, {four}",
            f"{one}, *, {two}={self.value(1)}, **{three}",
            f"*{one}, {two}",
        )

    def definition(self, depth: int, indent: str) -> list[str]:
        lines = [f"{indent}@{self.value(1)}"] if self.often(0.2) else []
        bases = self.pick("", f"({self.value(1)}, *{self.a_name()}, b={self.value(1)})", f"({self.a_name()})")
        lines.append(f"{indent}class {self.pick(self.a_name(), 'C', '_D')}{self.types()}{bases}:")
        return lines + self.inside("class", lambda: self.block(depth, indent + " "))

    # Expressions

    def value(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(self.a_name(), self.a_name(), "1" if self.constants else self.a_name())
        value = lambda: self.value(depth - 1)  # noqa: E731
        options = [
            self.a_name,
            lambda: f"({value()}).b",
            lambda: f"({value()} + {value()})",
            lambda: f"({value()} and {value()} or not {value()})",
            lambda: f"({value()} if {self.test()} else {value()})",
            lambda: f"({value()})({value()}, *{value()}, k={value()}, **{value()})",
            lambda: f"{self.a_name()}[{value()}:{value()}]",
            lambda: f"(f'{{{self.a_name()}!r:{{{self.a_name()}}}}}')",
            lambda: f"({value()}, *{value()})",
            lambda: f"{{{value()}: {value()}, **{value()}}}",
            lambda: f"(lambda {self.parameters(typed=False)}: {self.inside('function', value)})",
            lambda: self.comprehension(depth),
            lambda: self.comprehension(depth),
            lambda: f"({self.a_name()} := {value()})",
            lambda: "super().b",
        ]
        if self.in_function() or self.dares():
            options += [lambda: f"(yield {value()})", lambda: "__class__"]
        if self.kinds[-1] == "function" or self.dares():
            options.append(lambda: f"(yield from {value()})")
        if self.kinds[-1] == "async" or self.dares():
            options.append(lambda: f"(await {value()})")
        if self.dares():
            options.append(lambda: f"a({value()}, b=1, b=2)")
        return self.chance.choice(options)()

    def comprehension(self, depth: int) -> str:
        first = self.value(depth - 1)
        kind = "comprehension in async" if self.kinds[-1].endswith("async") else "comprehension"
        return self.inside(kind, lambda: self.comprehended(depth - 1, first))

    def comprehended(self, depth: int, first: str) -> str:
        word = "async for" if (self.kinds[-1].endswith("async") and self.often(0.3)) or self.dares() else "for"
        rest = f" {word} {self.targets()} in {self.value(depth)}" if self.often(0.3) else ""
        rest += f" if {self.value(depth)}" if self.often(0.3) else ""
        loops = f"{word} {self.targets()} in {first}{rest}"
        one, two = self.value(depth), self.value(depth)
        return self.pick(f"[{one} {loops}]", f"{{{one} {loops}}}", f"{{{one}: {two} {loops}}}", f"({one} {loops})")
