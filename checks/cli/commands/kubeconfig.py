"""The commands `cortex kubeconfig`: make one for an account of a stack, and keep them."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from checks.cli import kubeconfig_store, kubeconfig_use
from checks.cli.options import Context, Kubeconfig, Stack, application, duration_option, target
from checks.errors import UsageError

app = application()


@app.callback()
def _kubeconfig() -> None:
    """Keep the kubeconfigs of stacks, encrypted with age, renew their credentials, and make short-lived ones."""


@app.command()
def make(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    account: Annotated[
        str | None,
        typer.Option(
            help="A declared ServiceAccount; the default is that of the resource manager.", show_default=False
        ),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option(help="Its namespace, if several accounts have the same name.", show_default=False)
    ] = None,
    duration: Annotated[
        timedelta, duration_option("--duration", "How long the token is valid: 10m to 24h.", "1h")
    ] = timedelta(hours=1),
    output: Annotated[
        Path | None, typer.Option(help="Write it into this new file, which only you can read.", show_default=False)
    ] = None,
) -> None:
    """Make a kubeconfig for an account of the stack, with a token that expires.

    It is secret, and so not shown on a terminal: name a file, or use a pipe.
    """
    import anyio

    from checks.output import show
    from checks.rbac import account_kubeconfig as made
    from stacks.model import names

    made.require_valid(duration)
    if output is None and sys.stdout.isatty():
        raise UsageError("a kubeconfig has a token, which a terminal would show: name a file with --output")
    declared = target(stack, kubeconfig, context)
    chosen = made.find(declared.declaration, account or names.RESOURCE_MANAGER, namespace)
    ticket = anyio.run(made.issue, declared.declaration, declared.connection, chosen, duration)
    if output is None:
        show(ticket.content)
    else:
        made.save(ticket.content, output)
    typer.echo(
        f"cortex: the kubeconfig has the permissions of {chosen} until {ticket.expires:%Y-%m-%d %H:%M:%S} UTC", err=True
    )


# Without a name, the commands of an application join those of this one.
app.add_typer(kubeconfig_store.app)
app.add_typer(kubeconfig_use.app)
