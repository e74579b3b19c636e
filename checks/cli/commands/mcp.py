"""The commands `cortex mcp`: what the MCP servers of a stack answer over the protocol."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from checks.cli.check_command import add_check_command
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

if TYPE_CHECKING:
    from checks.results.result import Report

Type = Annotated[
    str, typer.Argument(metavar="TYPE", help="The server: its key under cortex:servers.", show_default=False)
]

LONGEST = timedelta(minutes=1)

app = application()


def _write_text(report: "Report", out: TextIO, _project: Path | None) -> None:
    from checks.mcp.report import write

    write(report, out)


add_check_command(
    app,
    "list",
    "Ask each MCP server for its tools over the protocol, and compare them with the declaration.",
    "mcp",
    write_text=_write_text,
)


@app.command()
def tools(
    stack: Stack,
    kind: Type,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Show the tools of an MCP server, as all its ready pods describe them.

    Exit code: 0 shown, 1 a pod fails or the pods differ, 2 bad usage, 3 no pod could be asked, or it wants credentials.
    """
    import anyio

    from checks.mcp.tools import tools as ask
    from checks.mcp.tools import write

    report = anyio.run(ask, target(stack, kubeconfig, context), kind)
    show((report, partial(write, report)), output_format, output)


@app.command()
def call(
    stack: Stack,
    kind: Type,
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="The tool.", show_default=False)],
    arguments: Annotated[
        str, typer.Option("--arguments", metavar="JSON", help="The arguments of the tool, a JSON object.")
    ] = "{}",
    timeout: Annotated[timedelta, duration_option("--timeout", "How long the call may take.", "1m")] = LONGEST,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Call a tool of an MCP server on one of its ready pods, and show the result.

    Exit code: 0 called, 1 the tool or the server reported an error, 2 bad usage, or there is no such tool, 3 no pod
    could be asked, or it wants credentials.
    """
    import anyio

    from checks.mcp.call import call as ask
    from checks.mcp.call import write

    given = _json(arguments)
    report = anyio.run(ask, target(stack, kubeconfig, context), kind, tool, given, timeout.total_seconds())
    show((report, partial(write, report)), output_format, output)


@app.command()
def ping(
    stack: Stack,
    kind: Type,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Connect to each ready pod of an MCP server, and show protocol version, server and latency.

    Exit code: 0 all answer, perhaps asking for credentials, 1 one fails, 2 bad usage, 3 one could not be asked.
    """
    import anyio

    from checks.mcp.ping import ping as ask
    from checks.mcp.ping import write

    report = anyio.run(ask, target(stack, kubeconfig, context), kind)
    show((report, partial(write, report)), output_format, output)


@app.command()
def lock(
    stack: Stack,
    kind: Annotated[str, typer.Argument(metavar="[TYPE]", help="Only this server; all others stay as they are.")] = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
) -> None:
    """Write what the MCP servers say of their tools into the file of cortex:toolLock, to be reviewed and committed.

    A verification then finds every tool that is new, gone, or described differently.

    Exit code: 0 written, 2 bad usage, or the stack names no file, 3 a server could not be asked: nothing is written.
    """
    from checks.cli.project import root
    from checks.mcp.lock_file import lock as ask
    from checks.mcp.lock_file import write
    from stacks.loader import settings
    from stacks.tool_lock import lock_file

    folder = root(Path.cwd())
    file = folder / lock_file(settings(stack, folder).settings, f"Pulumi.{stack}.yaml")
    report = ask(target(stack, kubeconfig, context, rewrites_lock=True), kind, file)
    show((report, partial(write, report)), output_format, None)


def _json(arguments: str) -> dict[str, object]:
    import msgspec

    from checks.errors import UsageError

    try:
        return msgspec.json.decode(arguments, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        example = '{"timezone": "UTC"}'
        raise UsageError(f"--arguments: not a JSON object ({error}): write one such as '{example}'") from error
