"""Show what happened in the declared namespaces."""

from enum import StrEnum
from typing import Annotated

import typer

from checks.cli.options import (
    Context,
    Format,
    FormatOption,
    Kubeconfig,
    Output,
    Stack,
    application,
    target,
)

app = application()


class Type(StrEnum):
    """Which events are shown."""

    WARNING = "Warning"
    NORMAL = "Normal"
    ALL = "all"


@app.command()
def events(
    stack: Stack,
    since: Annotated[str, typer.Option(help="How far back: 90s, 30m, 1h; most clusters keep an hour.")] = "1h",
    kind: Annotated[Type, typer.Option("--type", help="Which events.")] = Type.ALL,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show what happened in the declared namespaces: events by time, the newest last, repeated ones together.

    Exit code: 0 shown, 2 bad usage or a bad declaration, 3 the events of a namespace could not be read.
    """
    from datetime import UTC, datetime

    import anyio

    from checks.duration import parse
    from checks.events.events import read
    from checks.events.report import document, text
    from checks.formats.json import render
    from checks.output import show

    span = parse(since, "--since")
    aim = target(stack, kubeconfig, context)
    readings = anyio.run(read, aim.declaration, aim.connection)
    now = datetime.now(UTC)
    seen = document(aim, readings, now - span, now, "" if kind is Type.ALL else kind.value)
    show(render(seen) if output_format is Format.JSON else text(seen), output)
    raise typer.Exit(seen.exit_code)
