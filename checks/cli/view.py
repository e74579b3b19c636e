"""Makes commands that show one side of a cluster, as text or JSON."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

import typer

from checks.cli.options import JSON, TEXT, Context, FormatOption, Kubeconfig, Output, Stack, application, target

if TYPE_CHECKING:
    from checks.results.document import Document
    from checks.target import Target

EXIT_CODES = "Exit code: 0 as declared, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked."

Shown = tuple["Document", Callable[[TextIO], None]]
"""A report, and what writes it as text."""


def view(summary: str, look: "Callable[[Target], Shown]", exit_codes: str = EXIT_CODES) -> typer.Typer:
    """Return the application of a command that shows the report that `look` makes."""
    app = application()
    add_view(app, None, summary, look, exit_codes)
    return app


def add_view(
    app: typer.Typer,
    name: str | None,
    summary: str,
    look: "Callable[[Target], Shown]",
    exit_codes: str = EXIT_CODES,
) -> None:
    """Add such a command to an application with several commands."""

    def command(
        stack: Stack,
        kubeconfig: Kubeconfig = None,
        context: Context = None,
        output_format: FormatOption = TEXT,
        output: Output = None,
    ) -> None:
        show(look(target(stack, kubeconfig, context)), output_format, output)

    app.command(name, help=f"{summary}\n\n{exit_codes}")(command)


def show(shown: Shown, output_format: str, output: Path | None) -> NoReturn:
    """Write a report, and exit with its exit code."""
    from checks.formats import json
    from checks.output import emit

    document, write = shown
    emit(partial(json.write, document) if output_format == JSON else write, output)
    raise typer.Exit(document.exit_code)


def show_line(item: object, text: str, output_format: str) -> bool:
    """Write an item of what is followed, as text or as a line of JSON; return whether standard output is still read."""
    import msgspec

    from checks.output import emit

    line = msgspec.json.encode(item).decode() if output_format == JSON else text
    return emit(lambda out: print(line, file=out))
