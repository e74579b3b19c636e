"""Commands that are loaded only when used: the modules of checks/cli/commands, and what entry points join to them."""

import ast
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from checks.cli import commands
from checks.errors import UncheckedError

if TYPE_CHECKING:
    from typer._click import Command, Context

GROUP = "cortex.commands"


class LazyGroup(TyperGroup):
    """A command group that knows the joined commands by name and help text, and imports one only to run it."""

    def list_commands(self, ctx: "Context") -> list[str]:
        """Name all commands: our own, then the joined ones."""
        own = super().list_commands(ctx)
        return [*own, *(name for name in sorted(_joined()) if name not in own)]

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        """Give a command; of a joined one that has not been loaded only its name and help text."""
        entry = _joined().get(cmd_name)
        if cmd_name in self.commands or entry is None:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(cmd_name, help=_summary(entry))

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        """Load a joined command when it is to run."""
        entry = _joined().get(args[0])
        if entry is not None and entry.name not in self.commands:
            self.add_command(_load(entry), entry.name)
        return super().resolve_command(ctx, args)


@cache
def _joined() -> dict[str, EntryPoint]:
    ours = [EntryPoint(m.name, f"{commands.__name__}.{m.name}:app", GROUP) for m in iter_modules(commands.__path__)]
    return {entry.name: entry for entry in [*entry_points(group=GROUP), *ours]}


def _load(entry: EntryPoint) -> "Command":
    try:
        app = entry.load()
    except (ImportError, AttributeError) as error:
        raise UncheckedError(
            f"the command {entry.name!r} ({entry.value}) cannot be loaded: {error}: run `make setup`"
        ) from error
    if not isinstance(app, typer.Typer):
        raise UncheckedError(f"the command {entry.name!r} ({entry.value}) is no typer application")
    return get_command(app)


def _summary(entry: EntryPoint) -> str:
    """Give the first line of the module's docstring, read without importing the module."""
    try:
        spec = find_spec(entry.module)
    except ImportError:
        return ""
    if spec is None or spec.origin is None:
        return ""
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8")))
    return text.splitlines()[0] if text else ""
