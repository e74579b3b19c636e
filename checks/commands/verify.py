"""Compare the live cluster with what the stack declares."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.errors import UncheckedError, UsageError
from checks.options import Context, Kubeconfig, Output, application, target

if TYPE_CHECKING:
    from checks.findings import Report

app = application()


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    PROMETHEUS = "prometheus"


class FailOn(StrEnum):
    """From which severity on findings fail a verification."""

    ERROR = "error"
    WARNING = "warning"


@app.command()
def verify(
    stack: Annotated[
        str | None, typer.Argument(help="The stack: NAME of Pulumi.NAME.yaml.", show_default=False)
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    in_cluster: Annotated[
        bool, typer.Option("--in-cluster", help="In a pod: verify the declaration that was deployed; names no STACK.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="With --in-cluster: leave the result in ConfigMap cortex-verification.")
    ] = False,
    output_format: Annotated[Format, typer.Option("--format", help="How to write the report.")] = Format.TEXT,
    output: Output = None,
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
    if complaint:
        typer.echo(f"cortex: {complaint}", err=True)
    # What was found counts more than that it could not be published.
    raise typer.Exit(report.exit_code or (UncheckedError.exit_code if complaint else 0))


def _verify_stack(stack: str, kubeconfig: Path | None, context: str | None, fail_on: FailOn) -> "Report":
    import anyio

    from checks.findings import Severity
    from checks.verify import verify

    declared = target(stack, kubeconfig, context)
    return anyio.run(verify, stack, declared.declaration, declared.access, Severity(fail_on))


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
