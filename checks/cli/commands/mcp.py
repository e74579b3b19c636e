"""Ask each MCP server over the protocol what it can do.

And compare it with what the stack declares.
"""

from typing import TYPE_CHECKING, TextIO

from checks.cli.check_command import command

if TYPE_CHECKING:
    from checks.results.result import Report


def _write(report: "Report", out: TextIO) -> None:
    from checks.mcp.report import write

    write(report, out)


app = command(
    __doc__,
    "mcp",
    write=_write,
)
