"""The options that commands share, and what they lead to: a declaration, and the way to its cluster."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.errors import UsageError

if TYPE_CHECKING:
    from checks.results.result import Selection
    from checks.target import Target

Stack = Annotated[str, typer.Argument(help="The stack: NAME of Pulumi.NAME.yaml.", show_default=False)]
Kubeconfig = Annotated[Path | None, typer.Option(help="The kubeconfig; default $KUBECONFIG or ~/.kube/config.")]
Context = Annotated[str | None, typer.Option(help="The kubeconfig's context; default the stack's own.")]
Output = Annotated[Path | None, typer.Option(help="Write the report to this file instead.")]


class Format(StrEnum):
    """How a command that looks at one side of the cluster writes what it saw."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How to write what was seen.")]


class Threshold(StrEnum):
    """From which severity on."""

    ERROR = "error"
    WARNING = "warning"


FailOn = Annotated[Threshold, typer.Option(help="From which severity on findings give exit code 1.")]
Least = Annotated[Threshold, typer.Option("--severity", help="From which severity on findings are shown.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="CHECK", help="Run only this check. Several: with commas, or repeat the option."),
]
Namespaces = Annotated[
    list[str] | None,
    typer.Option("--namespace", metavar="NAMESPACE", help="Look only at objects of this one. Several: as --only."),
]


def selection(only: list[str] | None, namespaces: list[str] | None, least: Threshold) -> "Selection":
    """Give what was asked for, each name once. An empty name stays: it must not come to mean everything."""
    from checks.results.result import Selection, Severity

    return Selection(_names(only), _names(namespaces), Severity(least))


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for names in given or () for name in names.split(",")))


_DURATION = re.compile(r"(\d{1,6})([smh]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def duration(option: str, text: str) -> float:
    """Read an option's duration such as 30s, 5m or 1h; give its seconds, at least one.

    Raises:
        UsageError: it is none.
    """
    match = _DURATION.fullmatch(text)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if seconds < 1:
        raise UsageError(f"{option}: {text!r} is no duration: write for instance 30s, 5m or 1h")
    return float(seconds)


def application() -> typer.Typer:
    """Make the `app` of a command module: plain help, mistakes in one sentence."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def target(stack: str, kubeconfig: Path | None, context: str | None) -> "Target":
    """Read the declaration of a stack and the kubeconfig.

    Raises:
        DeclarationError: the stack file cannot be read, or is wrong.
        UsageError: this is no project, or the kubeconfig has no such context.
        UncheckedError: the context's credential plugin gave no credential.
    """
    from checks.cli.project import root
    from checks.kube.connection import from_kubeconfig
    from checks.target import Target
    from stacks.loader import load

    declaration = load(stack, root(Path.cwd()))
    return Target(stack, declaration, from_kubeconfig(context or declaration.cluster.context, kubeconfig))
