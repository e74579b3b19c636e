"""Make a short-lived kubeconfig for an account of the stack."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from checks.cli.options import Context, Kubeconfig, Stack, application, target
from checks.errors import UsageError

app = application()


@app.command()
def kubeconfig(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    account: Annotated[
        str | None, typer.Option(help="A declared ServiceAccount; default the resource manager's.", show_default=False)
    ] = None,
    namespace: Annotated[
        str | None, typer.Option(help="Its namespace, where two have the same name.", show_default=False)
    ] = None,
    duration: Annotated[str, typer.Option(help="How long the token lasts: 10m to 24h.")] = "1h",
    output: Annotated[
        Path | None, typer.Option(help="Write it into this new file, which only you may read.", show_default=False)
    ] = None,
) -> None:
    """Make a kubeconfig for an account of the stack, with a token that ends by itself.

    It holds a secret, so it is not shown on a terminal: name a file, or send it down a pipe.
    """
    import anyio

    from checks.output import emit
    from checks.rbac import account_kubeconfig as made
    from stacks.model import names

    lasting = made.seconds(duration)
    if output is None and sys.stdout.isatty():
        raise UsageError("a kubeconfig holds a token, which a terminal would show: name a file with --output")
    declared = target(stack, kubeconfig, context)
    chosen = made.find(declared.declaration, account or names.RESOURCE_MANAGER, namespace)
    ticket = anyio.run(made.issue, declared.declaration, declared.connection, chosen, lasting)
    if output is None:
        emit(lambda out: _written(out.write(ticket.content)), None)
    else:
        made.save(ticket.content, output)
    typer.echo(f"cortex: whoever has it acts as {chosen} until {ticket.expires:%Y-%m-%d %H:%M:%S} UTC", err=True)


def _written(_count: int) -> None:
    """Drop the count that `write` returns."""
