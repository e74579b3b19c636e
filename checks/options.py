"""The options that commands share, and what they lead to: a declaration, and the way to its cluster."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from checks.access import Access
    from stacks.model import Declaration

Stack = Annotated[str, typer.Argument(help="The stack: NAME of Pulumi.NAME.yaml.", show_default=False)]
Kubeconfig = Annotated[Path | None, typer.Option(help="The kubeconfig; default $KUBECONFIG or ~/.kube/config.")]
Context = Annotated[str | None, typer.Option(help="The kubeconfig's context; default the stack's own.")]
Output = Annotated[Path | None, typer.Option(help="Write the report to this file instead.")]


class Format(StrEnum):
    """How a command that looks at one side of the cluster writes what it saw."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How to write what was seen.")]


def application() -> typer.Typer:
    """Make the `app` of a command module: plain help, mistakes in one sentence."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


@dataclass(frozen=True)
class Target:
    """A stack's declaration, and the way to the cluster that should be as it says."""

    stack: str
    declaration: "Declaration"
    access: "Access"


def target(stack: str, kubeconfig: Path | None, context: str | None) -> Target:
    """Read the declaration of a stack and the kubeconfig.

    Raises:
        DeclarationError: the stack file cannot be read, or is wrong.
        UsageError: this is no project, or the kubeconfig has no such context.
        UncheckedError: the context's credential plugin gave no credential.
    """
    from checks.access import from_kubeconfig
    from checks.project import root
    from stacks.loader import load

    declaration = load(stack, root(Path.cwd()))
    return Target(stack, declaration, from_kubeconfig(context or declaration.cluster.context, kubeconfig))
