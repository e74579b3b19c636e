"""Compare the live cluster with what the stack declares."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli import options
from checks.cli.options import (
    Context,
    FailOn,
    Kubeconfig,
    Least,
    Namespaces,
    Only,
    Output,
    Threshold,
    application,
    target,
)
from checks.errors import UncheckedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from checks.formats.source import Source
    from checks.results.result import Report, Selection

app = application()


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    PROMETHEUS = "prometheus"
    JUNIT = "junit"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    HTML = "html"


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
    deploying: Annotated[
        bool,
        typer.Option("--deploying", help="With --in-cluster: leave out what the deployment is still to delete."),
    ] = False,
    output_format: Annotated[Format, typer.Option("--format", help="How to write the report.")] = Format.TEXT,
    output: Output = None,
    only: Only = None,
    namespace: Namespaces = None,
    severity: Least = Threshold.WARNING,
    fail_on: FailOn = Threshold.ERROR,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Make no probe pods: compare NetworkPolicies, but do not try them.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Repeat, as `cortex watch` does.")] = False,
    every: Annotated[
        str | None, typer.Option(metavar="DURATION", help="With --watch: how long to wait between two rounds.")
    ] = None,
) -> None:
    """Compare the live cluster with what the stack declares.

    Exit code: 0 as declared, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    asked = options.selection(only, namespace, severity)
    if every is not None and not watch:
        raise UsageError("--every needs --watch")
    if publish and not in_cluster:
        raise UsageError("--publish needs --in-cluster: use --output to keep a report elsewhere")
    if deploying and not in_cluster:
        raise UsageError("--deploying needs --in-cluster: the Job that verifies a deployment uses it")
    if publish and str(asked):
        raise UsageError("--publish needs the whole result: leave --only, --namespace and --severity out")
    verification: Callable[[], Awaitable[Report]]
    if in_cluster:
        if stack is not None or kubeconfig is not None or context is not None:
            raise UsageError(
                "--in-cluster verifies the cluster that it runs in: leave STACK, --kubeconfig and --context out"
            )
        verification = partial(_verified_inside, fail_on, asked, deploying=deploying)
    elif stack is None:
        raise UsageError("which STACK? Name one, for instance `cortex verify local`, or use --in-cluster in a pod")
    else:
        verification = partial(verified, stack, kubeconfig, context, fail_on, asked, read_only=read_only or watch)
    if watch:
        _watch(verification, every, output_format, others=publish or output is not None)
    else:
        _once(verification, output_format, output, publish=publish)


async def verified(
    stack: str,
    kubeconfig: Path | None,
    context: str | None,
    fail_on: Threshold,
    asked: "Selection",
    *,
    read_only: bool,
) -> "Report":
    """Read the declaration of a stack, and verify its cluster; `read_only` makes no probe pods."""
    from dataclasses import replace

    from checks.results.result import Severity
    from checks.verification.verify import verify

    declared = target(stack, kubeconfig, context)
    connection = replace(declared.connection, read_only=read_only)
    return await verify(stack, declared.declaration, connection, Severity(fail_on), asked)


async def _verified_inside(fail_on: Threshold, asked: "Selection", *, deploying: bool) -> "Report":
    from checks.kube.connection import from_service_account
    from checks.results.result import Severity
    from checks.verification.verify import verify_deployed

    return await verify_deployed(from_service_account(), Severity(fail_on), asked, deploying=deploying)


def _watch(
    verification: "Callable[[], Awaitable[Report]]", every: str | None, output_format: Format, *, others: bool
) -> None:
    from checks.cli.commands.watch import EVERY, repeat

    if others or output_format not in (Format.TEXT, Format.JSON):
        raise UsageError(
            "--watch writes to standard output, as text or JSON: leave --output, --publish and other formats out"
        )
    repeat(verification, options.duration("--every", every or EVERY), options.Format(output_format.value))


def _once(
    verification: "Callable[[], Awaitable[Report]]", output_format: Format, output: Path | None, *, publish: bool
) -> None:
    import anyio

    from checks.in_cluster import termination

    report = anyio.run(verification)
    complaint = _published(report) if publish else None
    if publish:
        termination.leave(report)
    _emit(report, output_format, output)
    if complaint:
        typer.echo(f"cortex: {complaint}", err=True)
    # What was found counts more than that it could not be published.
    raise typer.Exit(report.exit_code or (UncheckedError.exit_code if complaint else 0))


def _published(report: "Report") -> str | None:
    """Publish the report; give None, or why it could not be."""
    import anyio

    from checks.in_cluster import publication
    from checks.kube.connection import from_service_account

    return anyio.run(publication.publish, report, from_service_account())


def _emit(report: "Report", output_format: Format, output: Path | None) -> None:
    from checks.formats import text
    from checks.output import emit

    if output_format is Format.TEXT:
        emit(lambda out: text.write(report, out), output)
    else:
        rendered = _rendered(report, output_format)
        emit(lambda out: print(rendered, end="", file=out), output)


def _rendered(report: "Report", output_format: Format) -> str:
    from checks.formats import html, junit, markdown, sarif
    from checks.formats import prometheus as metrics
    from checks.formats.json import render

    match output_format:
        case Format.PROMETHEUS:
            return metrics.render(report)
        case Format.JUNIT:
            return junit.render(report)
        case Format.SARIF:
            return sarif.render(report, _source(report.stack))
        case Format.MARKDOWN:
            return markdown.render(report)
        case Format.HTML:
            return html.render(report)
        case _:
            return render(report)


def _source(stack: str) -> "Source | None":
    from checks.cli.project import root
    from checks.formats.source import read

    return read(stack, root(Path.cwd())) if stack else None
