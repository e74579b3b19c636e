"""The command `cortex config set`: it validates a value, shows what changes, asks, and writes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.config_map import Name, Namespace
from checks.cli.options import Context, Kubeconfig, Stack, application, target
from checks.errors import INTERRUPTED, UsageError

if TYPE_CHECKING:
    from checks.config.edit import Edit
    from checks.target import Target

app = application()


@app.command("set")
def set_value(
    stack: Stack,
    name: Name,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key to set.", show_default=False)],
    file: Annotated[
        Path | None, typer.Option("--file", help="The file with the value; without it, the value is standard input.")
    ] = None,
    namespace: Namespace = "",
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Set a key of a ConfigMap that the stack does not declare, in one of its namespaces; a declared one is refused.

    Values of keys such as a.json and a.yaml are validated first.

    Exit code: 0 written or as it was, 1 not written because the answer was no, 2 bad usage, a bad value, or a ConfigMap
    that is not set here, 3 it could not be read or written, 130 interrupted.
    """
    import anyio

    from checks.config.edit import Edit, require_settable, require_valid, write
    from checks.config.live import find

    _require_answer(file, yes=yes)
    aim = target(stack, kubeconfig, context)
    live = anyio.run(find, aim, name, namespace)
    edit = Edit(live, key, _value(file))
    _refuse_declared(aim, edit)
    require_valid(key, edit.value)
    require_settable(live, key)
    if edit.is_done:
        typer.echo(f"cortex: {key} of {live.ref} has this value already", err=True)
        return
    _show_edit(edit)
    if not yes and not _confirmed(aim, edit):
        typer.echo("cortex: nothing was written", err=True)
        raise typer.Exit(1)
    try:
        anyio.run(write, aim.connection, edit)
    except KeyboardInterrupt:
        shown = f"cortex config get {stack} {live.metadata.name} {key} -n {live.metadata.namespace}"
        typer.echo(f"cortex: interrupted while it was written, as a whole or not at all: `{shown}` shows it", err=True)
        raise
    typer.echo(f"cortex: {key} of {live.ref} was set", err=True)


def _require_answer(file: Path | None, *, yes: bool) -> None:
    """Check that there is a value to read, and a terminal to ask on.

    Raises:
        UsageError: one of them is missing.
    """
    terminal = sys.stdin.isatty()
    if file is None and terminal:
        raise UsageError("there is no value: name a file with --file, or send the value to standard input")
    if not yes and not terminal:
        raise UsageError("there is no terminal to ask on: give --yes to write without asking")


def _value(file: Path | None) -> str:
    try:
        return (file.read_bytes() if file else sys.stdin.buffer.read()).decode()
    except OSError as error:
        raise UsageError(f"--file: {file} cannot be read ({error.strerror}): name another file") from error
    except UnicodeDecodeError as error:
        raise UsageError("the value is not UTF-8: write it as text") from error


def _refuse_declared(aim: "Target", edit: "Edit") -> None:
    """Refuse a value that the stack writes, with the place where it is written.

    Raises:
        UsageError: the stack writes it.
    """
    from checks.cli.project import root
    from checks.config.declared import origin
    from stacks.loader import settings

    from_stack = origin(aim.declaration, aim.stack, edit.live, edit.key)
    if from_stack is None:
        return
    if not from_stack.setting:
        raise UsageError(from_stack.reason)
    layered = settings(aim.stack, root(Path.cwd())).layered
    raise UsageError(layered.line(f"{from_stack.setting}: {from_stack.reason}"))


def _show_edit(edit: "Edit") -> None:
    from checks.config.text import diff_lines
    from checks.output import show as write

    write("".join(f"{line}\n" for line in (str(edit.live.ref), *diff_lines(edit.change, "live", "new"))))


def _confirmed(aim: "Target", edit: "Edit") -> bool:
    try:
        return typer.confirm(f"Write {edit.key} of {edit.live.ref} to {aim.connection.context}?", err=True)
    except typer.Abort:
        typer.echo("\ncortex: nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from None
