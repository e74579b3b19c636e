"""The command `cortex verify`."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.options import (
    JSON,
    TEXT,
    Context,
    FailOn,
    Kubeconfig,
    Least,
    Namespaces,
    Only,
    OptionalStack,
    Output,
    ReportFormat,
    Threshold,
    application,
    duration_option,
    selection,
)
from checks.cli.verification import emit_report, verified, verified_in_cluster
from checks.errors import UncheckedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from checks.results.result import Report

app = application()


@app.command()
def verify(
    stack: OptionalStack = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    in_cluster: Annotated[
        bool,
        typer.Option("--in-cluster", help="In a pod: verify against the declaration that was deployed, without STACK."),
    ] = False,
    publish: Annotated[
        bool,
        typer.Option("--publish", help="With --in-cluster: write the result into the ConfigMap cortex-verification."),
    ] = False,
    deploying: Annotated[
        bool,
        typer.Option("--deploying", help="With --in-cluster: do not check what the deployment will still delete."),
    ] = False,
    output_format: ReportFormat = TEXT,
    output: Output = None,
    only: Only = None,
    namespace: Namespaces = None,
    severity: Least = Threshold.WARNING,
    fail_on: FailOn = Threshold.ERROR,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Create no probe pods: compare NetworkPolicies, but do not test them.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Repeat, as `cortex watch` does.")] = False,
    every: Annotated[
        timedelta | None, duration_option("--every", "With --watch: how long to wait between two rounds.", "30s")
    ] = None,
) -> None:
    """Compare the live cluster with the declaration of a stack.

    Exit code: 0 as declared, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    asked = selection(only, namespace, severity)
    if every is not None and not watch:
        raise UsageError("--every needs --watch")
    if publish and not in_cluster:
        raise UsageError("--publish needs --in-cluster: use --output to write a report elsewhere")
    if deploying and not in_cluster:
        raise UsageError("--deploying needs --in-cluster: the Job that verifies a deployment uses it")
    if publish and str(asked):
        raise UsageError("--publish needs the whole result: omit --only, --namespace and --severity")
    verification: Callable[[], Awaitable[Report]]
    if in_cluster:
        if stack is not None or kubeconfig is not None or context is not None:
            raise UsageError(
                "--in-cluster verifies the cluster that it runs in: omit STACK, --kubeconfig and --context"
            )
        verification = partial(verified_in_cluster, fail_on, asked, deploying=deploying)
    elif stack is None:
        raise UsageError("which STACK? Name one, for instance `cortex verify local`, or use --in-cluster in a pod")
    else:
        verification = partial(verified, stack, kubeconfig, context, fail_on, asked, read_only=read_only or watch)
    if watch:
        _watch(verification, every, output_format, others=publish or output is not None)
    else:
        _once(verification, output_format, output, publish=publish)


def _watch(
    verification: "Callable[[], Awaitable[Report]]", every: timedelta | None, output_format: str, *, others: bool
) -> None:
    from checks.cli.commands.watch import EVERY, repeat

    if others or output_format not in (TEXT, JSON):
        raise UsageError(
            "--watch writes to standard output, as text or JSON: omit --output, --publish and other formats"
        )
    repeat(verification, EVERY if every is None else every, output_format)


def _once(
    verification: "Callable[[], Awaitable[Report]]", output_format: str, output: Path | None, *, publish: bool
) -> None:
    import anyio

    from checks.in_cluster import termination

    report = anyio.run(verification)
    complaint = _published(report) if publish else None
    if publish:
        termination.write(report)
    emit_report(report, output_format, output)
    if complaint:
        typer.echo(f"cortex: {complaint}", err=True)
    # A finding counts more than a failed publication.
    raise typer.Exit(report.exit_code or (UncheckedError.exit_code if complaint else 0))


def _published(report: "Report") -> str | None:
    """Publish the report; return None, or a sentence that says why that failed."""
    import anyio

    from checks.in_cluster import publication
    from checks.kube.connection import from_service_account

    return anyio.run(publication.publish, report, from_service_account())
