"""The commands `cortex talos status` and `cortex talos kubeconfig`."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.options import TEXT, Context, FormatOption, Kubeconfig, Output, Stack, application, target
from checks.cli.view import show

if TYPE_CHECKING:
    from checks.target import Target

app = application()

Talosconfig = Annotated[
    Path | None, typer.Option(help="The talosconfig; the default is $TALOSCONFIG or ~/.talos/config.")
]


@app.callback()
def _talos() -> None:
    """Ask the Talos API of the nodes, over gRPC with the client certificate of a talosconfig."""


@app.command()
def status(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    talosconfig: Talosconfig = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Show one status of Kubernetes and Talos: nodes, services, etcd, versions, clocks, workloads.

    The status is healthy, degraded, unhealthy (etcd has lost its quorum) or unknown (not everything could be asked).

    Exit code: 0 healthy, 1 degraded or unhealthy, 2 bad usage or a bad declaration, 3 something could not be asked.
    """
    import anyio

    from checks.talos.report import write
    from checks.talos.status import look

    report = anyio.run(look, _target(stack, kubeconfig, context, talosconfig))
    show((report, partial(write, report)), output_format, output)


def _target(stack: str, kubeconfig: Path | None, context: str | None, talosconfig: Path | None) -> "Target":
    """Return the target; a talosconfig that was named must be right."""
    declared = target(stack, kubeconfig, context)
    if talosconfig is not None:
        from checks.talos.talosconfig import load

        load(talosconfig, declared.declaration.talos.context if declared.declaration.talos else None)
    return replace(declared, connection=replace(declared.connection, talosconfig=talosconfig))
