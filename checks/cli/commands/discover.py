"""The command `cortex discover`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.options import JSON, TEXT, Context, FormatOption, Kubeconfig, Output, Stack, application, target
from checks.cli.view import show
from checks.errors import UncheckedError

if TYPE_CHECKING:
    from checks.target import Target

app = application()


@app.command()
def discover(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    cached: Annotated[
        bool, typer.Option("--cached", help="Show the registry that an agent keeps current, and ask no cluster.")
    ] = False,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Find MCP servers by their labels and annotations, whether declared or not.

    With --cached these are the declared servers that run, of mcp-server-registry.json, which `cortex agent STACK
    --registry mcp-server-registry.json` keeps current.

    Exit code: 0 the declared servers are ready and there are no others, 1 otherwise, 2 bad usage or a bad declaration,
    3 something could not be read, or the registry is missing, too old, or of another cluster.
    """
    import anyio

    from checks.servers.discovery import look
    from checks.servers.report import document, write
    from checks.verification.verify import now

    aim = target(stack, kubeconfig, context)
    if cached:
        raise typer.Exit(_cached(aim, output_format, output))
    report = document(aim, anyio.run(look, aim.declaration, aim.connection), now().date())
    show((report, partial(write, report)), output_format, output)


def _cached(aim: "Target", output_format: str, output: Path | None) -> int:
    """Show the registry, and return the exit code: whether all declared servers are healthy in it."""
    from datetime import UTC, datetime

    from checks.formats.json import render
    from checks.output import show as write
    from checks.registry.registry import FILE, MAX_AGE, load
    from checks.registry.report import text

    kept, complaint = load(FILE)
    if kept is None or not kept.serves(aim.connection, datetime.now(UTC), MAX_AGE):
        why = complaint or (f"{FILE} does not exist" if kept is None else f"{FILE} is too old, or of another cluster")
        raise UncheckedError(f"{why}: run `cortex agent {aim.stack} --registry {FILE}`, or leave out --cached")
    write(render(kept) if output_format == JSON else text(kept, FILE), output)
    wanted = [kind for kind, server in aim.declaration.servers.items() if server.replicas]
    healthy = {kind for kind, entry in kept.servers.items() if entry.health_status == "healthy"}
    return 0 if healthy.issuperset(wanted) else 1
