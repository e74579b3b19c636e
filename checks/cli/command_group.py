"""The group of all commands: our own and those of other distributions. A command is imported when it runs."""

from functools import cache
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from checks.cli.command_list import COMMANDS
from checks.errors import UncheckedError
from checks.extensions import COMMANDS as GROUP
from checks.extensions import described, extensions, load

if TYPE_CHECKING:
    from typer._click import Command, Context

_SUMMARIES = {command.name: command.summary for command in COMMANDS}


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and summary."""

    def list_commands(self, ctx: "Context") -> list[str]:
        """Return the names of all commands: our own, then the others."""
        return list(dict.fromkeys([*entries(), *super().list_commands(ctx)]))

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        """Return a command; one that does not run has only its name and summary."""
        entry = entries().get(cmd_name)
        if cmd_name in self.commands or entry is None:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(cmd_name, help=_summary(entry))

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        """Load the command that is to run."""
        entry = entries().get(args[0])
        if entry is not None and entry.name not in self.commands:
            self.add_command(_load(entry), entry.name)
        return super().resolve_command(ctx, args)


@cache
def entries() -> dict[str, EntryPoint]:
    """Return the entry points of all commands by name: our own, then the others.

    Raises:
        UncheckedError: an extension has the name of another command.
    """
    found = {
        command.name: EntryPoint(command.name, f"{command.module}:app", GROUP)
        for command in COMMANDS
        # The image has no package `local`.
        if find_spec(command.module.partition(".")[0])
    }
    for name, entry in extensions(GROUP).items():
        if name in found:
            raise UncheckedError(f"{described(entry)} has the name of another command: rename it")
        found[name] = entry
    return found


def _load(entry: EntryPoint) -> "Command":
    app = load(entry)
    if not isinstance(app, typer.Typer):
        raise UncheckedError(f"{described(entry)} is of type {type(app).__name__}, not typer.Typer")
    return get_command(app)


def _summary(entry: EntryPoint) -> str:
    """Return the summary of a command; that of an extension is the one of its distribution."""
    if entry.name in _SUMMARIES:
        return _SUMMARIES[entry.name]
    return entry.dist.metadata["Summary"] if entry.dist and "Summary" in entry.dist.metadata else ""
