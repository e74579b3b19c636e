"""The command `cortex credential`. `checks.start` answers it by itself if the token is cached."""

import sys
from typing import Annotated

import typer

from checks.cli.options import Stack, application
from checks.errors import UsageError

app = application()

Account = Annotated[
    str, typer.Option(metavar="NAMESPACE/NAME", help="Request tokens of this ServiceAccount, valid for an hour.")
]
Audience = Annotated[
    str, typer.Option(help="The audience of the token; the default is the API server.", show_default=False)
]


@app.command()
def credential(stack: Stack, account: Account = "", audience: Audience = "") -> None:
    """Give the credential of the stored kubeconfig of a stack to kubectl, helm or Pulumi, which run this.

    With an account it is a token, which is cached until 5 minutes before it expires; without, the stored credential.
    `cortex kubeconfig exec STACK` makes a kubeconfig that runs this.

    Exit code: 0 given, 2 bad usage, or none is stored, 3 the API server issued no token.
    """
    from checks.output import show

    if audience and not account:
        raise UsageError("--audience is that of a token: name its --account, too")
    if sys.stdout.isatty():
        raise UsageError(
            "a terminal would show the credential: `cortex kubeconfig exec` makes a kubeconfig that uses it"
        )
    if account:
        from checks.kubeconfigs.account_token import account_of, token

        show(token(stack, account_of(account), audience))
    else:
        # The client of the API server is not needed, and its import would take most of the time.
        from checks.kubeconfigs.credential import stored

        show(stored(stack))
