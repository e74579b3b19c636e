"""The `cortex` command. What a command needs is imported when it runs, so that help and mistakes answer at once."""

import logging
import os
import sys
import traceback
from enum import StrEnum
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from checks.errors import CheckError, UncheckedError, UsageError
from checks.plugins import LazyGroup

if TYPE_CHECKING:
    from checks.findings import Report

DEBUG_VARIABLE = "CORTEX_DEBUG"
"""Environment variable: when set, an internal error shows its traceback, and libraries may log."""

INTERRUPTED = 130

app = typer.Typer(
    cls=LazyGroup,
    help="Declares how MCP servers live on Kubernetes, and proves that what was declared is what runs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    PROMETHEUS = "prometheus"


class FailOn(StrEnum):
    """From which severity on findings fail a verification."""

    ERROR = "error"
    WARNING = "warning"


def _show_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command()
def version() -> None:
    """Show the version."""
    try:
        typer.echo(f"cortex {installed_version('cortex-on-kubernetes')}")
    except PackageNotFoundError:
        typer.echo("cortex (not installed)")


@app.command()
def verify(
    stack: Annotated[
        str | None, typer.Argument(help="The stack: NAME of Pulumi.NAME.yaml.", show_default=False)
    ] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(help="The kubeconfig; default $KUBECONFIG or ~/.kube/config.")
    ] = None,
    context: Annotated[str | None, typer.Option(help="The kubeconfig's context; default the stack's own.")] = None,
    in_cluster: Annotated[
        bool, typer.Option("--in-cluster", help="In a pod: verify the declaration that was deployed; names no STACK.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="With --in-cluster: leave the result in ConfigMap cortex-verification.")
    ] = False,
    output_format: Annotated[Format, typer.Option("--format", help="How to write the report.")] = Format.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file instead.")] = None,
    fail_on: Annotated[FailOn, typer.Option(help="From which severity on findings give exit code 1.")] = FailOn.ERROR,
) -> None:
    """Compare the live cluster with what the stack declares.

    Exit code: 0 as declared, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    if in_cluster:
        if stack is not None or kubeconfig is not None or context is not None:
            raise UsageError(
                "--in-cluster verifies the cluster that it runs in: leave STACK, --kubeconfig and --context out"
            )
        report, complaint = _verify_inside(fail_on, publish=publish)
    elif publish:
        raise UsageError("--publish needs --in-cluster: use --output to keep a report elsewhere")
    elif stack is None:
        raise UsageError("which STACK? Name one, for instance `cortex verify local`, or use --in-cluster in a pod")
    else:
        report, complaint = _verify_stack(stack, kubeconfig, context, fail_on), None
    _emit(report, output_format, output)
    unpublished = _fail(complaint, UncheckedError.exit_code) if complaint else 0
    # What was found counts more than that it could not be published.
    raise typer.Exit(report.exit_code or unpublished)


def _verify_stack(stack: str, kubeconfig: Path | None, context: str | None, fail_on: FailOn) -> "Report":
    import anyio

    from checks.access import from_kubeconfig
    from checks.findings import Severity
    from checks.project import root
    from checks.verify import verify
    from stacks.loader import load

    declaration = load(stack, root(Path.cwd()))
    access = from_kubeconfig(context or declaration.cluster.context, kubeconfig)
    return anyio.run(verify, stack, declaration, access, Severity(fail_on))


def _verify_inside(fail_on: FailOn, *, publish: bool) -> "tuple[Report, str | None]":
    """Give the report, and why it could not be published."""
    import anyio

    from checks import publication
    from checks.access import from_service_account
    from checks.findings import Severity
    from checks.verify import verify_deployed

    access = from_service_account()
    report = anyio.run(verify_deployed, access, Severity(fail_on))
    return report, anyio.run(publication.publish, report, access) if publish else None


def _emit(report: "Report", output_format: Format, output: Path | None) -> None:
    from checks.output import emit
    from checks.reports import document, metrics, text

    match output_format:
        case Format.JSON:
            emit(lambda out: _written(out.write(document.render(report))), output)
        case Format.PROMETHEUS:
            emit(lambda out: _written(out.write(metrics.render(report))), output)
        case Format.TEXT:
            emit(lambda out: text.write(report, out), output)


def _written(_count: int) -> None:
    """Drop the count that `write` returns."""


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="A finding's code, such as server.image.", show_default=False)],
) -> None:
    """Explain a finding's code."""
    from checks.catalogue import catalogue, near

    entry = catalogue().get(code)
    if entry is None:
        similar = near(code)
        known = f"did you mean {', '.join(similar)}?" if similar else f"known are {', '.join(catalogue())}"
        raise UsageError(f"no finding has the code {code!r}; {known}")
    typer.echo(f"{entry.code} ({entry.severity}): {entry.title}\n\n{entry.meaning}\n\nWhat to do: {entry.hint}.")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the stack files, for editors and other tools."""
    from stacks.schema import render

    typer.echo(render(), nl=False)


def main() -> NoReturn:
    """Run the `cortex` command and exit; every error is one sentence on standard error."""
    if not os.environ.get(DEBUG_VARIABLE):
        # Libraries log what the report says better; without a handler Python would print it.
        logging.getLogger().addHandler(logging.NullHandler())
    sys.exit(_run())


def _run() -> int:
    from stacks.errors import DeclarationError

    try:
        app(prog_name="cortex")
    except (CheckError, DeclarationError) as error:
        return _fail(str(error), getattr(error, "exit_code", UsageError.exit_code))
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except Exception as error:  # noqa: BLE001 - the last resort: whatever went wrong, no traceback reaches a user
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        return _fail(
            f"internal error: {type(error).__name__}: this is a fault of cortex; set {DEBUG_VARIABLE}=1 to see where",
            CheckError.exit_code,
        )
    return 0


def _fail(message: str, code: int) -> int:
    typer.echo(f"cortex: {message}", err=True)
    return code


if __name__ == "__main__":
    main()
