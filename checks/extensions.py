"""What other distributions add to `cortex` through entry points: commands, checks, formats and reactors."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from checks.errors import UncheckedError

COMMANDS = "cortex.commands"
"""A `typer.Typer` by the command's name."""

CHECKS = "cortex.checks"
"""A `Check`, in a module that has its `codes.yaml` beside it."""

FORMATS = "cortex.formats"
"""A function that writes a report, by the format's name."""

REACTORS = "cortex.reactors"
"""A function that reacts to events, by their reason."""


@cache
def extensions(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name.

    Raises:
        UncheckedError: two of them have the same name.
    """
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        first = found.setdefault(entry.name, entry)
        if first.value != entry.value:
            raise UncheckedError(f"{described(first)} and {described(entry)} have the same name: uninstall one of them")
    return found


def load(entry: EntryPoint) -> object:
    """Return the object that an entry point names.

    Raises:
        UncheckedError: it cannot be imported.
    """
    try:
        loaded: object = entry.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise UncheckedError(f"{described(entry)} cannot be loaded: {error}: repair or uninstall it") from error
    return loaded


def described(entry: EntryPoint) -> str:
    """Return what an error message calls an extension."""
    kind = entry.group.removeprefix("cortex.").removesuffix("s")
    origin = f" of {entry.dist.name}" if entry.dist else ""
    return f"the {kind} {entry.name!r} ({entry.value}{origin})"


def folder(entry: EntryPoint) -> Path:
    """Return the folder of an entry point's module; nothing is imported but packages around it.

    Raises:
        UncheckedError: there is no such module.
    """
    try:
        spec = find_spec(entry.module)
    except ImportError:
        spec = None
    if spec is None or spec.origin is None:
        raise UncheckedError(f"{described(entry)} cannot be found: repair or uninstall it")
    return Path(spec.origin).parent
