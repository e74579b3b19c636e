"""The command `cortex events`."""

from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from checks.cli.options import (
    TEXT,
    Context,
    FormatOption,
    Kubeconfig,
    Output,
    Stack,
    application,
    duration_option,
    target,
)
from checks.cli.view import show

app = application()


class Type(StrEnum):
    """Which events are shown."""

    WARNING = "Warning"
    NORMAL = "Normal"
    ALL = "all"


@app.command()
def events(
    stack: Stack,
    since: Annotated[
        timedelta, duration_option("--since", "How far back, such as 30m; most clusters keep events for an hour.", "1h")
    ] = timedelta(hours=1),
    kind: Annotated[Type, typer.Option("--type", help="The type of the events.")] = Type.ALL,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Show the events of the declared namespaces by time, the newest last, repeated ones together.

    Exit code: 0 shown, 2 bad usage or a bad declaration, 3 the events of a namespace could not be read.
    """
    from datetime import UTC, datetime

    import anyio

    from checks.events.events import read
    from checks.events.report import document, write

    aim = target(stack, kubeconfig, context)
    readings = anyio.run(read, aim.declaration, aim.connection)
    now = datetime.now(UTC)
    report = document(aim, readings, now - since, now, "" if kind is Type.ALL else kind.value)
    show((report, partial(write, report)), output_format, output)
