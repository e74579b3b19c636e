"""The commands of `cortex secrets` that change one: set, rotate, delete."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from checks.cli.options import Context, Kubeconfig, Stack, application, declared, duration_option, target
from checks.errors import INTERRUPTED, UsageError

app = application()

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The name of the Secret, or its key under cortex:secrets.", show_default=False),
]
Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace, if Secrets of several have the name.")
]
File = Annotated[Path | None, typer.Option("--file", help="The file with the value, as it is.", show_default=False)]
Command = Annotated[
    str,
    typer.Option("--command", metavar="COMMAND", help="A command that prints the value; no shell runs it."),
]
Generate = Annotated[
    int | None, typer.Option("--generate", metavar="LENGTH", help="Generate a value of so many characters.")
]
Alphabet = Annotated[
    str,
    typer.Option(
        "--alphabet", help="Of a generated value: alphanumeric, hex, digits, url, or the characters themselves."
    ),
]
ALPHANUMERIC = "alphanumeric"
_EXTRA = {"allow_extra_args": True}
FIVE_MINUTES, HALF_A_MINUTE = timedelta(minutes=5), timedelta(seconds=30)


@app.command("set", context_settings=_EXTRA)
def set_value(
    given: typer.Context,
    stack: Stack,
    name: Name,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key to set.", show_default=False)],
    file: File = None,
    command: Command = "",
    generate: Generate = None,
    alphabet: Alphabet = ALPHANUMERIC,
    deploy: Annotated[bool, typer.Option("--deploy", help="Deploy the stack afterwards, with `pulumi up`.")] = False,
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Set a key of a Secret: standard input, or one of the options, has the value.

    A value that the stack keeps in Pulumi is encrypted into the stack file; any other is written to the cluster, and
    the pods that read it are restarted.

    Exit code: 0 set, 2 bad usage or a bad value, 3 it could not be read or written, 130 interrupted.
    """
    import anyio

    from checks.cli.project import root
    from checks.rotation import setting
    from checks.rotation.provider import Provider, find, require_changeable
    from checks.rotation.values import ValueSource

    _require_no_value(given)
    source = ValueSource(file, command, generate, alphabet)
    source.require_usable()
    managed = find(declared(stack), name, namespace)
    require_changeable(managed)
    if managed.provider is Provider.PULUMI:
        project = root(Path.cwd())
        _say(anyio.run(setting.set_in_pulumi, stack, project, managed, key, source.read, kubeconfig, deploy, _say))
    else:
        _say(anyio.run(setting.set_live, target(stack, kubeconfig, context), managed, key, source.read, _say))


@app.command(context_settings=_EXTRA)
def rotate(
    given: typer.Context,
    stack: Stack,
    name: Name,
    key: Annotated[str, typer.Option("--key", help="The key to rotate, if there are several.")] = "",
    file: File = None,
    command: Command = "",
    generate: Generate = None,
    alphabet: Alphabet = ALPHANUMERIC,
    before: Annotated[
        str, typer.Option("--before", metavar="COMMAND", help="Run this first: it makes the new credential.")
    ] = "",
    after: Annotated[
        str, typer.Option("--after", metavar="COMMAND", help="Run this last: it revokes the old credential.")
    ] = "",
    grace: Annotated[timedelta, duration_option("--grace", "How long to wait before --after.", "30s")] = HALF_A_MINUTE,
    timeout: Annotated[
        timedelta, duration_option("--timeout", "How long a rollout may take before it is rolled back.", "5m")
    ] = FIVE_MINUTES,
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Replace a value without an outage: write it, roll the pods, ask each of them, and record that.

    If pods do not become ready, or an MCP server does not answer, the old value is brought back. A rotation that was
    interrupted is finished by the same command.

    Exit code: 0 rotated, 1 the new value does not work and the old one is back, 2 bad usage, 3 it could not go on,
    130 interrupted.
    """
    import anyio

    from checks.cli.project import root
    from checks.rotation import command as rotation
    from checks.rotation.provider import find
    from checks.rotation.values import ValueSource

    _require_no_value(given)
    source = ValueSource(file, command, generate, alphabet)
    aim = target(stack, kubeconfig, context)
    managed = find(aim.declaration, name, namespace)
    hooks = rotation.Hooks(before, after, grace.total_seconds())
    try:
        entry = anyio.run(
            rotation.rotated,
            aim,
            root(Path.cwd()),
            managed,
            key,
            source,
            hooks,
            timeout.total_seconds(),
            kubeconfig,
            _say,
        )
    except KeyboardInterrupt:
        _say("interrupted: run the same command again to finish")
        raise
    _say(
        f"rotated {', '.join(entry.keys)} of Secret {entry.namespace}/{entry.name}: {len(entry.pods)} pods run with it"
    )
    for pod in entry.pods:
        _say(f"  pod {pod.namespace}/{pod.name}: ready{f', {pod.answer}' if pod.answer else ''}")


@app.command()
def delete(
    stack: Stack,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the Secret.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Delete a Secret that the stack does not declare and that nothing refers to, in a namespace of the stack.

    Exit code: 0 deleted, 1 not deleted because the answer was no, 2 bad usage, or it is declared or used, 3 it could
    not be read or deleted, 130 interrupted.
    """
    import anyio

    from checks.rotation import deletion

    if not yes and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: give --yes to delete without asking")
    aim = target(stack, kubeconfig, context)
    doomed = anyio.run(deletion.deletable, aim, name, namespace)
    if not yes and not _confirmed(f"Delete {doomed.ref} ({', '.join(doomed.keys)}) from {aim.connection.context}?"):
        _say("nothing was deleted")
        raise typer.Exit(1)
    anyio.run(deletion.delete, aim, doomed, _say)
    _say(f"{doomed.ref} is deleted")


def _confirmed(question: str) -> bool:
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo("\ncortex: nothing was deleted", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _require_no_value(given: typer.Context) -> None:
    """Check that there is no further argument, which could be a value, and which Typer would repeat.

    Raises:
        UsageError: there is one.
    """
    if given.args:
        raise UsageError(
            "there is an argument too many: a value is never an argument, which other users could see: send it to "
            "standard input, and replace it if it was one"
        )


def _say(text: str) -> None:
    typer.echo(f"cortex: {text}", err=True)
