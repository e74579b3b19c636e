"""The command `cortex agent`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.options import Context, Kubeconfig, OptionalStack, application, target
from checks.errors import UsageError

if TYPE_CHECKING:
    from checks.kube.connection import Connection
    from checks.target import Target

app = application()


@app.command()
def agent(
    stack: OptionalStack = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    in_cluster: Annotated[
        bool,
        typer.Option("--in-cluster", help="In a pod: follow the cluster of the deployed declaration, without STACK."),
    ] = False,
    log: Annotated[
        Path | None, typer.Option(help="The folder of the event log; the default is one of the user's for each stack.")
    ] = None,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to serve metrics, health, events and registry.")
    ] = "",
    registry: Annotated[
        Path | None, typer.Option(help="Keep this file current, as `cortex registry` writes it.")
    ] = None,
    webhooks: Annotated[
        Path | None,
        typer.Option(help="Send alerts to the declared webhooks: a folder that has a file with the address of each."),
    ] = None,
) -> None:
    """Follow the cluster of a stack until interrupted: write the event log, react to events, and export metrics.

    Exit code: 0 after SIGTERM, 130 after Ctrl-C, 2 bad usage or a bad declaration, 3 the cluster could not be followed.
    """
    import anyio

    from checks.agent.run import Files, run
    from checks.kube.connection import from_service_account

    if (stack is None) != in_cluster:
        raise UsageError("give a STACK, or --in-cluster in a pod")

    async def followed() -> "Target":
        from checks.declaration.deployed import deployed_target

        return target(stack, kubeconfig, context) if stack is not None else await deployed_target()

    def reload() -> "Connection":
        return from_service_account() if stack is None else target(stack, kubeconfig, context).connection

    anyio.run(run, followed, reload, log, listen, Files(registry, webhooks))
