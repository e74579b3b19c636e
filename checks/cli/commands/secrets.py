"""The commands `cortex secrets`: the Secrets of a stack on the cluster, without their values."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from checks.cli import secrets_change, secrets_due
from checks.cli.options import (
    TEXT,
    Context,
    FormatOption,
    Kubeconfig,
    Output,
    Stack,
    application,
    declared,
    target,
)
from checks.cli.secrets_change import Name, Namespace
from checks.cli.view import Shown, add_view, show
from checks.errors import UsageError

if TYPE_CHECKING:
    from checks.target import Target

app = application()


@app.callback()
def _secrets() -> None:
    """Show, set and rotate the Secrets of a stack; no output has a value."""


def _look(target: "Target") -> Shown:
    import anyio

    from checks.secrets.inventory import secrets_report
    from checks.secrets.report import write

    report = anyio.run(secrets_report, target)
    return report, partial(write, report)


add_view(
    app,
    "list",
    "List the Secrets of a stack, without their values, and check them as `cortex verify` does.",
    _look,
)


@app.command()
def describe(
    stack: Stack,
    name: Name,
    namespace: Namespace = "",
    reveal: Annotated[bool, typer.Option("--reveal", help="Show the values, too; only at a terminal.")] = False,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Show where the values of a Secret are from, who reads it, how old it is, and what was done to it.

    Exit code: 0 shown, 1 it lacks declared keys, 2 bad usage, 3 it could not be read.
    """
    import anyio

    from checks.rotation import description
    from checks.rotation.provider import find

    if reveal and (output_format != TEXT or output is not None or not sys.stdout.isatty()):
        raise UsageError("--reveal shows values only at a terminal: omit it, or omit --format and --output")
    aim = target(stack, kubeconfig, context)
    managed = find(aim.declaration, name, namespace)
    report = anyio.run(description.describe, aim, managed)
    values = anyio.run(description.values, aim, managed) if reveal else {}

    def write(out: TextIO) -> None:
        description.write(report, out)
        description.write_values(values, out)

    show((report, write), output_format, output)


@app.command()
def history(
    stack: Stack,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Only this Secret: its name, or its key.")] = "",
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Show what was done to the Secrets of a stack: who, what, when, and the outcome.

    It shows what was done from this account, and the rotations in the cluster if the stack has a rotator.

    Exit code: 0 shown, 2 bad usage, 3 the log is damaged, or the rotations in the cluster could not be read.
    """
    import anyio

    from checks.kubeconfigs.choice import choose
    from checks.rotation import history as log

    declaration = declared(stack)
    rotates = declaration.rotator is not None
    connection = choose(stack, context or declaration.cluster.context, kubeconfig) if rotates else None
    report = anyio.run(log.history, stack, declaration, connection, name, namespace)
    show((report, partial(log.write, report)), output_format, output)


# Without a name, the commands of an application join those of this one.
app.add_typer(secrets_change.app)
app.add_typer(secrets_due.app)
