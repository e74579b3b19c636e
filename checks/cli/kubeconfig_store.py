"""The commands of `cortex kubeconfig` that keep kubeconfigs: import, list, seal, unseal, export, remove."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from checks.cli.options import JSON, TEXT, FormatOption, Output, Stack, application
from checks.errors import UsageError

app = application()

Recipients = Annotated[
    list[str] | None,
    typer.Option("--recipient", help="A public key (age1…, ssh-ed25519 …) that can read it; repeat it for several."),
]
RecipientsFiles = Annotated[
    list[Path] | None,
    typer.Option("--recipients-file", help="A file with public keys, one a line; repeat it for several."),
]


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="The kubeconfig, plain or encrypted with age; - is standard input.")],
    stack: Stack,
    context: Annotated[
        str | None, typer.Option(help="Its context; the default is the one that the stack declares, or the only one.")
    ] = None,
    recipient: Recipients = None,
    recipients_file: RecipientsFiles = None,
    plain: Annotated[bool, typer.Option("--plain", help="Store it without encryption, for its owner alone.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the one that is stored.")] = False,
    allow_exec: Annotated[
        list[str] | None,
        typer.Option("--allow-exec", metavar="PROGRAM", help="Allow this credential plugin; repeat it for several."),
    ] = None,
    allow_insecure: Annotated[
        bool, typer.Option("--allow-insecure", help="Allow a connection without TLS, or without its verification.")
    ] = False,
) -> None:
    """Store a kubeconfig for a stack, encrypted with age. Only one context is kept, and its certificates with it.

    Without a recipient it is encrypted to your own keys: those of $CORTEX_AGE_IDENTITY, or of a file in your
    configuration folder, which is made if it is missing.

    Exit code: 0 stored, 2 bad usage, or a kubeconfig that is wrong or not allowed.
    """
    from checks.kubeconfigs import encryption, importing, store

    given = encryption.recipients(recipient or [], recipients_file or [])
    if plain and given:
        raise UsageError("--plain stores it without encryption, so it has no recipients: leave one of the two out")
    if store.file_of(stack).exists() and not replace:
        raise UsageError(f"a kubeconfig of stack {stack} is stored already: replace it with --replace")
    declared = _declared_context(stack)
    found = importing.read(file, context or declared, declared, plugins=allow_exec or [], insecure=allow_insecure)
    with store.locked(stack):
        found = store.as_plain(found) if plain else store.with_recipients(found, given or list(found.recipients))
        store.write(stack, found)
        store.previous_file(stack).unlink(missing_ok=True)
    typer.echo(f"cortex: stored {store.file_of(stack)}, {'plain' if plain else 'encrypted'}", err=True)


def _declared_context(stack: str) -> str | None:
    """Return the context that the stack declares; None if this is not the folder of a project."""
    from checks.cli.options import declared
    from checks.cli.project import root

    try:
        root(Path.cwd())
    except UsageError:
        return None
    return declared(stack).cluster.context


@app.command("list")
def list_stored(output_format: FormatOption = TEXT, output: Output = None) -> None:
    """List the stored kubeconfigs, without their credentials.

    Exit code: 0 listed.
    """
    from checks.formats.json import render
    from checks.kubeconfigs.listing import stock, text
    from checks.output import show

    found = stock()
    show(render(found) if output_format == JSON else text(found), output)


@app.command()
def seal(stack: Stack, recipient: Recipients = None, recipients_file: RecipientsFiles = None) -> None:
    """Encrypt the stored kubeconfig of a stack, to other recipients if some are named.

    Exit code: 0 encrypted, 2 bad usage, or it cannot be read or written.
    """
    from checks.kubeconfigs import encryption, store

    given = encryption.recipients(recipient or [], recipients_file or [])
    with store.locked(stack):
        store.require_confirmed(stack)
        stored = store.read(stack).kubeconfig
        sealed = store.with_recipients(stored, given or list(stored.recipients))
        store.write(stack, sealed)
    number = len(sealed.recipients)
    typer.echo(f"cortex: {store.file_of(stack)} is encrypted to {number} {'key' if number == 1 else 'keys'}", err=True)


@app.command()
def unseal(stack: Stack) -> None:
    """Store the kubeconfig of a stack without encryption, in a file that only you can read.

    Exit code: 0 decrypted, 2 bad usage, or it cannot be read or written.
    """
    from checks.kubeconfigs import store

    with store.locked(stack):
        store.require_confirmed(stack)
        store.write(stack, store.as_plain(store.read(stack).kubeconfig))
    typer.echo(f"cortex: {store.file_of(stack)} is not encrypted any more", err=True)


@app.command()
def export(
    stack: Stack,
    sealed: Annotated[bool, typer.Option("--sealed", help="Export it encrypted, as a backup.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Write it into this new file; with --sealed, also into a folder, again and again."),
    ] = None,
) -> None:
    """Write out the stored kubeconfig of a stack; `import` reads what it writes.

    Exit code: 0 written, 2 bad usage, or it cannot be read or written.
    """
    from checks.kubeconfigs import exporting
    from checks.output import show
    from checks.rbac.account_kubeconfig import save

    if sealed:
        if output is None:
            show(exporting.sealed(stack))
        else:
            typer.echo(f"cortex: wrote {exporting.backup(stack, output)}, encrypted", err=True)
        return
    if output is None and sys.stdout.isatty():
        raise UsageError("a kubeconfig has a credential, which a terminal would show: name a file with --output")
    content = exporting.plain(stack, output)
    if output is None:
        show(content)
    else:
        save(content, output)


@app.command()
def remove(stack: Stack) -> None:
    """Delete the stored kubeconfig of a stack. Its credential stays valid until it expires.

    Exit code: 0 deleted, 2 there is none.
    """
    from checks.kubeconfigs import store

    with store.locked(stack):
        store.remove(stack)
    typer.echo(f"cortex: removed {store.file_of(stack)}; its credential is valid until it expires", err=True)
