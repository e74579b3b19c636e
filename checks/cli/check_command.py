"""Makes commands that run some of the checks: they report what `cortex verify --only CHECK` does."""

from functools import partial
from typing import TYPE_CHECKING

import typer

from checks.cli.options import (
    TEXT,
    Context,
    Kubeconfig,
    Output,
    ReportFormat,
    Stack,
    Threshold,
    application,
)
from checks.cli.view import EXIT_CODES

if TYPE_CHECKING:
    from checks.formats.formats import Write


def check_command(
    summary: str, *checks: str, write_text: "Write | None" = None, read_only: bool = False
) -> typer.Typer:
    """Return the application of a command that runs these checks."""
    app = application()
    add_check_command(app, None, summary, *checks, write_text=write_text, read_only=read_only)
    return app


def add_check_command(
    app: typer.Typer,
    name: str | None,
    summary: str,
    *checks: str,
    write_text: "Write | None" = None,
    read_only: bool = False,
) -> None:
    """Add such a command to an application with several commands.

    `write_text` replaces the format `text`. With `read_only` there are no probe pods.
    """

    def command(
        stack: Stack,
        kubeconfig: Kubeconfig = None,
        context: Context = None,
        output_format: ReportFormat = TEXT,
        output: Output = None,
    ) -> None:
        import anyio

        from checks.cli.verification import emit_report, verified
        from checks.results.result import Selection

        asked = Selection(checks=checks)
        report = anyio.run(partial(verified, stack, kubeconfig, context, Threshold.ERROR, asked, read_only=read_only))
        emit_report(report, output_format, output, write_text)
        raise typer.Exit(report.exit_code)

    app.command(name, help=f"{summary}\n\n{EXIT_CODES}")(command)
