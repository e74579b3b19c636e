"""The commands `cortex talos status` and `cortex talos kubeconfig`."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli import talos_bootstrap
from checks.cli.options import TEXT, Context, FormatOption, Kubeconfig, Output, Stack, application, declared, target
from checks.cli.view import show
from checks.errors import UsageError

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


@app.command()
def kubeconfig(
    stack: Stack,
    talosconfig: Talosconfig = None,
    output: Annotated[
        Path | None, typer.Option(help="Write it into this new file, which only you can read.", show_default=False)
    ] = None,
) -> None:
    """Fetch a kubeconfig of an administrator from a control-plane node.

    It is checked first: it reaches the cluster of that node, and its certificate lasts. Its context has the declared
    name. It is secret, and so not shown on a terminal: name a file, or use a pipe.
    """
    import anyio

    from checks.output import show as write
    from checks.rbac.account_kubeconfig import save

    if output is None and sys.stdout.isatty():
        raise UsageError("a kubeconfig has a key, which a terminal would show: name a file with --output")
    from checks.talos.kubeconfig import fetch

    fetched = anyio.run(fetch, declared(stack), talosconfig)
    if output is None:
        write(fetched.content)
    else:
        save(fetched.content, output)
    days = (fetched.expires - datetime.now(UTC)).days
    typer.echo(
        f"cortex: the kubeconfig of {fetched.node} has the permissions of an administrator at {fetched.server} "
        f"for {days} days",
        err=True,
    )


talos_bootstrap.add(app)


def _target(stack: str, kubeconfig: Path | None, context: str | None, talosconfig: Path | None) -> "Target":
    """Return the target; a talosconfig that was named must be right."""
    aim = target(stack, kubeconfig, context)
    if talosconfig is not None:
        from checks.talos.talosconfig import load

        load(talosconfig, aim.declaration.talos.context if aim.declaration.talos else None)
    return replace(aim, connection=replace(aim.connection, talosconfig=talosconfig))
