"""Scopes: what each function, class and comprehension binds and reads, and which names that leaves to the module."""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(eq=False)
class Scope:
    """A module, class, function or comprehension, and its names.

    Attributes:
        kind: "module", "class", "function" (a lambda too), "comprehension", or "types" (around type parameters).
        around: the scope that it stands in.
        owner: the nearest class around: `__name` is a private name of it.
        at_once: whether its code is executed together with the top-level statement.
        bound: names that it binds, parameters included.
        read: names that its code reads.
        met: names that have been bound or read so far, in the order in which the compiler goes.
        of_module: names that it declares `global`.
        of_outer: names that it declares `nonlocal`.
        targets: of a comprehension, names in what its values are assigned to.
        rebound: of a comprehension, names that a `:=` in it binds in the function around.
    """

    kind: str
    around: "Scope | None"
    owner: str
    at_once: bool
    bound: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    of_module: set[str] = field(default_factory=set)
    of_outer: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    rebound: set[str] = field(default_factory=set)

    def spelled(self, name: str) -> str:
        """A name as the compiler spells it: `__name` in a class is private."""
        owner = self.owner.lstrip("_")
        is_private = owner and name.startswith("__") and not name.endswith("__") and "." not in name
        return f"_{owner}{name}" if is_private else name

    def bind(self, name: str) -> None:
        """Note a name that is bound or deleted here."""
        self.bound.add(self.spelled(name))
        self.met.add(self.spelled(name))


class Spot(NamedTuple):
    """Where code stands: its scope, and whether it can be reached."""

    scope: Scope
    live: bool

    def unless(self, *, dead: bool) -> "Spot":
        """The same place, or one that cannot be reached."""
        return Spot(self.scope, live=False) if dead else self

    def use(self, name: str) -> None:
        """Note a name that is read here; where nothing is reached, it counts for the order only."""
        spelled = self.scope.spelled(name)
        self.scope.met.add(spelled)
        if self.live and name != "__debug__":  # which is a constant
            self.scope.read.add(spelled)


def of_module(scopes: list[Scope]) -> frozenset[str]:
    """The names that are read in some scopes and looked up in the module, as no scope around has them.

    Args:
        scopes: those that stand in each other, the outer ones first.
    """
    looked_up: set[str] = set()
    left: dict[Scope, set[str]] = {}  # to a scope: what those inside do not have
    for scope in reversed(scopes):
        names = left.pop(scope, set())
        own = scope.bound - scope.of_outer
        if scope.around is None:
            looked_up |= names | scope.read
            break
        if scope.kind == "class":  # only itself sees what it has, and looks in the module until it has it
            own |= scope.of_module
            looked_up |= scope.read & own
            names.discard("__class__")
            names |= scope.read - own
        elif scope.kind == "types":  # it sees a class around, by rules that differ from Python to Python
            looked_up |= scope.read - own
            names -= own
        else:
            names |= scope.read
            looked_up |= names & scope.of_module
            names -= own | scope.of_module
        more, fewer = sorted((names, left.get(scope.around, set())), key=len, reverse=True)
        more |= fewer
        left[scope.around] = more
    return frozenset(looked_up)


def is_unbound(scope: Scope, name: str) -> bool:
    """Whether no function around binds a name that a scope declares `nonlocal`."""
    around = scope.around
    while around is not None and around.around is not None:
        if around.kind == "class":
            if name == "__class__":
                return False
        elif name in around.of_module or (around.kind == "types" and name in around.bound):
            return True
        elif name in around.bound and name not in around.of_outer:
            return False
        around = around.around
    return True
