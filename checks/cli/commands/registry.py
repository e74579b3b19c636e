"""Keep and show the registry of MCP servers."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.options import Context, Kubeconfig, Stack, application, target
from checks.errors import UncheckedError, UsageError
from checks.target import Target

if TYPE_CHECKING:
    from datetime import timedelta

    from checks.registry.registry import Registry

app = application()


class Format(StrEnum):
    """How the registry is shown."""

    TEXT = "text"
    JSON = "json"
    SERVER_JSON = "server-json"


@app.command()
def registry(
    stack: Stack,
    kind: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="Show this type alone.", show_default=False)
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output: Annotated[Path, typer.Option(help="The registry's file.")] = Path("mcp-server-registry.json"),
    max_age: Annotated[str, typer.Option(help="How old the file may be before it is made anew.")] = "5m",
    refresh: Annotated[bool, typer.Option("--refresh", help="Make the file anew, however young it is.")] = False,
    output_format: Annotated[
        Format, typer.Option("--format", help="How to show it; server-json is the MCP registry's format.")
    ] = Format.TEXT,
) -> None:
    """Keep and show the registry of MCP servers, mcp-server-registry.json.

    The file is made anew from the cluster when it is missing, too old, of another cluster, or lacks the TYPE asked for.

    Exit code: 0 shown, 1 the TYPE does not run, 2 bad usage or a bad declaration, 3 the cluster could not be read.
    """
    from checks.duration import parse
    from checks.formats.json import render
    from checks.output import show
    from checks.registry.report import text
    from checks.registry.server_json import entries

    age = parse(max_age, "--max-age")
    aim = target(stack, kubeconfig, context)
    if kind is not None and kind not in aim.declaration.servers:
        known = ", ".join(aim.declaration.servers) or "none"
        raise UsageError(f"stack {stack} declares no MCP server of type {kind!r}: it declares {known}")
    kept = _current(aim, output, age, kind, refresh=refresh)
    if kind is not None and kind not in kept.servers:
        raise NotRunningError(f"no pod of the MCP server {kind!r} is running: `cortex health {stack}` tells why")
    if kind is not None:
        kept = kept.only(kind)
    match output_format:
        case Format.SERVER_JSON:
            show(render(entries(kept, aim.declaration)))
        case Format.JSON:
            show(render(kept.servers[kind] if kind else kept))
        case Format.TEXT:
            show(text(kept, output))


class NotRunningError(UncheckedError):
    """The server that was asked for is declared, but does not run."""

    exit_code = 1


def _current(aim: Target, path: Path, max_age: "timedelta", kind: str | None, *, refresh: bool) -> "Registry":
    """Give the registry of the file, or make it anew."""
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
