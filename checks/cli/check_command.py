"""Makes commands that show a part of a verification: what `cortex verify --only ROW` says, under a name of its own."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TextIO

import typer

from checks.cli.options import (
    Context,
    Format,
    FormatOption,
    Kubeconfig,
    Output,
    Stack,
    Threshold,
    application,
)

if TYPE_CHECKING:
    from checks.results.result import Report

_EXIT_CODES = (
    "Exit code: 0 as declared, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked."
)

Write = Callable[["Report", TextIO], None]


def as_text(report: "Report", out: TextIO) -> None:
    """Write the report as `cortex verify` does."""
    from checks.formats import text

    text.write(report, out)


def command(summary: str | None, *results: str, write: Write = as_text, read_only: bool = False) -> typer.Typer:
    """Make the application of a command that verifies these rows; `summary` is its module's docstring.

    With `read_only` it makes no probe pods.
    """
    app = application()

    def look(
        stack: Stack,
        kubeconfig: Kubeconfig = None,
        context: Context = None,
        output_format: FormatOption = Format.TEXT,
        output: Output = None,
    ) -> None:
        import anyio

        from checks.cli.commands.verify import verified
        from checks.formats.json import render
        from checks.output import emit
        from checks.results.result import Selection

        asked = Selection(checks=results)
        report = anyio.run(partial(verified, stack, kubeconfig, context, Threshold.ERROR, asked, read_only=read_only))
        if output_format is Format.JSON:
            emit(lambda out: out.writelines([render(report)]), output)
        else:
            emit(partial(write, report), output)
        raise typer.Exit(report.exit_code)

    app.command(help=f"{summary}\n\n{_EXIT_CODES}")(look)
    return app
