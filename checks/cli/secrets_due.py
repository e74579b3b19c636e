"""The command of the rotator: `cortex secrets rotate-due --in-cluster`."""

from typing import Annotated

import typer

from checks.cli.options import application
from checks.errors import UsageError

app = application()


@app.command("rotate-due")
def rotate_due(
    in_cluster: Annotated[
        bool, typer.Option("--in-cluster", help="In a pod: rotate the Secrets of the deployed declaration.")
    ] = False,
) -> None:
    """Rotate the Secrets with `rotation` that are due, as the CronJob of `cortex:rotator` does.

    A rotation that was interrupted is finished first. Each one that ends is a JSON line.

    Exit code: 0 nothing is due any more, 1 a new value does not work and the old one is back, 2 bad usage, 3 a rotation
    could not go on, and the next run finishes it.
    """
    import anyio

    from checks.declaration.deployed import deployed_target
    from checks.rotation import due

    if not in_cluster:
        raise UsageError(
            "give --in-cluster in a pod of the rotator; from outside the cluster, `cortex secrets rotate STACK NAME` "
            "rotates a Secret"
        )

    async def run() -> None:
        out = due.Out(lambda text: typer.echo(f"cortex: {text}", err=True), typer.echo)
        await due.rotate_due(await deployed_target(), out)

    anyio.run(run)
