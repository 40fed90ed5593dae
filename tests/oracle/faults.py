"""All faults: each in a file of its own under tests/faults, named by it, in a function of that name.

A fault heals what it broke before it returns. Where this machine cannot have it, its left_out() says why.
"""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Final

import tests.faults
from tests.oracle.world import World

_MODULES: Final = {
    name: import_module(f"tests.faults.{name}")
    for _, name, _ in pkgutil.iter_modules(tests.faults.__path__)
    if not name.startswith("test_")
}
FAULTS: Final[dict[str, Callable[[World], None]]] = {
    name: getattr(module, name) for name, module in _MODULES.items()
}  # fmt: skip


def inflict(world: World, name: str) -> None:
    """It goes wrong, and is over."""
    FAULTS[name](world)


def left_out(world: World, name: str) -> str:
    """Why this machine cannot have a fault; empty where it can."""
    why: Callable[[World], str] = getattr(_MODULES[name], "left_out", lambda _world: "")
    return why(world)


def possible(world: World) -> list[str]:
    """The faults that can be had here."""
    return [name for name in FAULTS if not left_out(world, name)]
