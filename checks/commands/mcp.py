"""Ask each MCP server over the protocol what it can do, and compare it with what the stack declares."""

from typing import TYPE_CHECKING, TextIO

from checks.part import command

if TYPE_CHECKING:
    from checks.findings import Report


def _write(report: "Report", out: TextIO) -> None:
    from checks.reports.mcp import write

    write(report, out)


app = command(
    "Ask each MCP server over the protocol what it can do, and compare it with what the stack declares.",
    "mcp",
    write=_write,
)
