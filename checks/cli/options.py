"""The options that commands share."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from typer.models import OptionInfo

    from checks.results.result import Selection
    from checks.target import Target
    from stacks.model.declaration import Declaration

Stack = Annotated[str, typer.Argument(help="The stack: NAME of Pulumi.NAME.yaml.", show_default=False)]
OptionalStack = Annotated[str | None, typer.Argument(help="The stack: NAME of Pulumi.NAME.yaml.", show_default=False)]
"""The stack of a command that also runs in a pod, with --in-cluster."""
Kubeconfig = Annotated[
    Path | None, typer.Option(help="The kubeconfig; the default is $KUBECONFIG, the stored one, or ~/.kube/config.")
]
Context = Annotated[
    str | None, typer.Option(help="The context of the kubeconfig; the default is the one that the stack declares.")
]
Output = Annotated[Path | None, typer.Option(help="Write the report into this file.")]

TEXT, JSON = "text", "json"
"""The formats that every report has."""


def format_option(names: Iterable[str]) -> "OptionInfo":
    """Return the option --format of a command that knows these formats."""
    known = list(names)

    def chosen(name: str) -> str:
        from checks.formats.formats import require_known

        return require_known(name, known)

    text = f"The format: {', '.join(known)}."
    option: OptionInfo = typer.Option("--format", metavar="FORMAT", help=text, callback=chosen)
    return option


FormatOption = Annotated[str, format_option([TEXT, JSON])]


def _report_format(name: str) -> str:
    from checks.formats.formats import OWN, formats, require_known

    require_known(name, formats())
    if name not in OWN:
        # A faulty extension ends the command now, not after the verification.
        formats()[name].load()
    return name


ReportFormat = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        callback=_report_format,
        help="The format: text, json, junit, sarif, markdown, html, prometheus, or one of an extension.",
    ),
]


class Threshold(StrEnum):
    """The least severity."""

    ERROR = "error"
    WARNING = "warning"


FailOn = Annotated[Threshold, typer.Option(help="The least severity of findings that give exit code 1.")]
Least = Annotated[Threshold, typer.Option("--severity", help="The least severity of findings that are shown.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="CHECK", help="Run only this check. For several, use commas or repeat the option."),
]
Namespaces = Annotated[
    list[str] | None,
    typer.Option(
        "--namespace",
        metavar="NAMESPACE",
        help="Check only objects of this namespace. For several, use commas or repeat the option.",
    ),
]


def selection(only: list[str] | None, namespaces: list[str] | None, least: Threshold) -> "Selection":
    """Return the selection, each name once. An empty name is kept: without it, the selection would mean everything."""
    from checks.results.result import Selection, Severity

    return Selection(_names(only), _names(namespaces), Severity(least))


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for names in given or () for name in names.split(",")))


def duration_option(name: str, text: str, default: str) -> "OptionInfo":
    """Return an option that takes a duration."""

    def parse(given: str | timedelta) -> timedelta:
        from checks.times import duration

        # Typer parses the default value, too.
        return given if isinstance(given, timedelta) else duration(name, given)

    option: OptionInfo = typer.Option(name, metavar="DURATION", help=text, parser=parse, show_default=default)
    return option


def application() -> typer.Typer:
    """Return the `app` of a command's module: its help is plain text."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def declared(stack: str, *, rewrites_lock: bool = False) -> "Declaration":
    """Return the declaration of a stack; warnings go to standard error.

    With `rewrites_lock` it is without its tool lock.

    Raises:
        DeclarationError: the stack file cannot be read, or is wrong.
        UsageError: this folder is not in a project.
    """
    from checks.cli.project import root
    from stacks.loader import read

    loaded = read(stack, root(Path.cwd()), rewrites_lock=rewrites_lock)
    for warning in loaded.warnings:
        typer.echo(f"cortex: warning: {warning}", err=True)
    return loaded.declaration


def target(stack: str, kubeconfig: Path | None, context: str | None, *, rewrites_lock: bool = False) -> "Target":
    """Return the declaration of a stack, and the connection of its context; warnings go to standard error.

    With `rewrites_lock` the declaration is without its tool lock.

    Raises:
        DeclarationError: the stack file cannot be read, or is wrong.
        UsageError: this folder is not in a project, or the kubeconfig has no such context.
        UncheckedError: the context's credential plugin gave no credential.
    """
    from checks.kubeconfigs.choice import choose
    from checks.target import Target

    declaration = declared(stack, rewrites_lock=rewrites_lock)
    return Target(stack, declaration, choose(stack, context or declaration.cluster.context, kubeconfig))
