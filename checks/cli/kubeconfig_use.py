"""The commands of `cortex kubeconfig` that use a stored one: exec, rotate, check."""

from pathlib import Path
from typing import Annotated

import typer

from checks.cli.commands.credential import Account, Audience
from checks.cli.options import JSON, TEXT, FormatOption, Output, Stack, application
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
    from checks.kubeconfigs.account_token import account_of
    from checks.output import show
    from checks.rbac.account_kubeconfig import save

    if account:
        account_of(account)
    elif audience:
        raise UsageError("--audience is that of a token: name its --account, too")
    content = credential.with_plugin(stack, account, audience).text()
    if output is None:
        show(content)
    else:
        save(content, output)


@app.command()
def rotate(
    stack: Stack,
    confirm: Annotated[
        bool,
        typer.Option("--confirm", help="Delete the old credential of the last rotation, and revoke it if possible."),
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the old credential of the last rotation.")] = False,
) -> None:
    """Give the stored kubeconfig a new credential of the same account: a client certificate, or a token.

    The new one is tried on the cluster before it replaces the old one, which is kept until you confirm.

    Exit code: 0 done, 2 bad usage, or it cannot be renewed, 3 the cluster gave no new one, or it does not work.
    """
    from checks.kubeconfigs import rotation

    if confirm and undo:
        raise UsageError("--confirm deletes the old credential, and --undo takes it back: leave one of the two out")
    work = rotation.confirm if confirm else rotation.undo if undo else rotation.rotate
    typer.echo(f"cortex: {work(stack)}", err=True)


@app.command()
def check(stack: Stack, output_format: FormatOption = TEXT, output: Output = None) -> None:
    """Check the stored kubeconfig of a stack: its file, its cluster, its account, what it may do, and for how long.

    Exit code: 0 it works, 1 it expires soon, others can enter its folder, or another stack is on the cluster, 2 bad
    usage, or it cannot be read, 3 something could not be asked.
    """
    import anyio

    from checks.formats.json import render
    from checks.kubeconfigs import inspection
    from checks.output import show

    report = anyio.run(inspection.inspect, stack)
    show(render(report) if output_format == JSON else inspection.text(report), output)
    raise typer.Exit(report.exit_code)
