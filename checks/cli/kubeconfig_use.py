"""The command `cortex kubeconfig exec`: a kubeconfig that gets its credential from the store."""

from pathlib import Path
from typing import Annotated

import typer

from checks.cli.commands.credential import Account, Audience
from checks.cli.options import Stack, application
from checks.errors import UsageError

app = application()


@app.command("exec")
def with_plugin(
    stack: Stack,
    account: Account = "",
    audience: Audience = "",
    output: Annotated[
        Path | None, typer.Option(help="Write it into this new file, which only you can read.", show_default=False)
    ] = None,
) -> None:
    """Make a kubeconfig that runs `cortex credential` for its credential, for kubectl, helm and Pulumi.

    It has no secret itself.

    Exit code: 0 made, 2 bad usage, or none is stored.
    """
    from checks.kubeconfigs import credential
    from checks.output import show
    from checks.rbac.account_kubeconfig import save

    if account:
        credential.account_of(account)
    elif audience:
        raise UsageError("--audience is that of a token: name its --account, too")
    content = credential.with_plugin(stack, account, audience).text()
    if output is None:
        show(content)
    else:
        save(content, output)
