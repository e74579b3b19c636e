"""The command `cortex registry`."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.options import (
    JSON,
    TEXT,
    Context,
    Kubeconfig,
    Stack,
    application,
    duration_option,
    format_option,
    target,
)
from checks.errors import UncheckedError, UsageError
from checks.target import Target

if TYPE_CHECKING:
    from checks.registry.registry import Registry

app = application()


SERVER_JSON = "server-json"


@app.command()
def registry(
    stack: Stack,
    kind: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="Show only this type.", show_default=False)
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output: Annotated[Path, typer.Option(help="The file of the registry.")] = Path("mcp-server-registry.json"),
    max_age: Annotated[
        timedelta, duration_option("--max-age", "The age from which on the file is written again.", "5m")
    ] = timedelta(minutes=5),
    refresh: Annotated[bool, typer.Option("--refresh", help="Write the file again, whatever its age.")] = False,
    output_format: Annotated[str, format_option([TEXT, JSON, SERVER_JSON])] = TEXT,
) -> None:
    """Keep and show the registry of MCP servers, mcp-server-registry.json.

    The file is written again if it is missing, too old, of another cluster, or without the given TYPE.
    The format server-json is that of the MCP registry.

    Exit code: 0 shown, 1 the TYPE does not run, 2 bad usage or a bad declaration, 3 the cluster could not be read.
    """
    from checks.formats.json import render
    from checks.output import show
    from checks.registry.report import text
    from checks.registry.server_json import entries

    aim = target(stack, kubeconfig, context)
    if kind is not None and kind not in aim.declaration.servers:
        known = ", ".join(aim.declaration.servers) or "none"
        raise UsageError(f"stack {stack} declares no MCP server of type {kind!r}: it declares {known}")
    kept = _current(aim, output, max_age, kind, refresh=refresh)
    if kind is not None and kind not in kept.servers:
        raise NotRunningError(f"no pod of the MCP server {kind!r} is running: `cortex health {stack}` says why")
    if kind is not None:
        kept = kept.only(kind)
    if output_format == SERVER_JSON:
        show(render(entries(kept, aim.declaration)))
    elif output_format == JSON:
        show(render(kept.servers[kind] if kind else kept))
    else:
        show(text(kept, output))


class NotRunningError(UncheckedError):
    """The given server is declared, but does not run."""

    exit_code = 1


def _current(aim: Target, path: Path, max_age: timedelta, kind: str | None, *, refresh: bool) -> "Registry":
    """Return the registry of the file, or a new one."""
    from datetime import UTC, datetime

    import anyio

    from checks.registry.registry import load, register, save
    from checks.servers.discovery import look

    kept, complaint = load(path)
    if complaint:
        typer.echo(f"cortex: {complaint}", err=True)
    found = kept is not None and kept.serves(aim.connection, datetime.now(UTC), max_age)
    if kept is not None and found and not refresh and (kind is None or kind in kept.servers):
        return kept
    sight = anyio.run(look, aim.declaration, aim.connection)
    fresh = register(sight, aim.connection, datetime.now(UTC))
    save(fresh, path)
    return fresh
