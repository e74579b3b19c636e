"""The typed declaration of a stack, its loader, and the Pulumi program that deploys it.

The names of `__all__` are the public API (docs/api.md). Each is imported when it is first used, so that programs that
only read a declaration do not need Pulumi.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacks.errors import DeclarationError
    from stacks.loader import load
    from stacks.model.declaration import Declaration
    from stacks.program import deploy

__all__ = ["Declaration", "DeclarationError", "deploy", "load"]

_MODULES = {
    "Declaration": "stacks.model.declaration",
    "DeclarationError": "stacks.errors",
    "deploy": "stacks.program",
    "load": "stacks.loader",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
