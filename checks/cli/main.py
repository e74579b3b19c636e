"""The `cortex` command. What a command needs is imported when it runs, so that help and mistakes answer at once."""

import gc
import logging
import os
import signal
import sys
import traceback
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Annotated, NoReturn

import typer

from checks.cli.plugins import LazyGroup
from checks.errors import INTERRUPTED, CheckError, UsageError
from checks.streams import outlive_readers

DEBUG_VARIABLE = "CORTEX_DEBUG"
"""Environment variable: when set, an internal error shows its traceback, and libraries may log."""

GARBAGE_THRESHOLD = 100_000
"""How many new objects make Python look for garbage."""

app = typer.Typer(
    cls=LazyGroup,
    help="Declares how MCP servers live on Kubernetes, and proves that what was declared is what runs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command()
def version() -> None:
    """Show the version."""
    try:
        typer.echo(f"cortex {installed_version('cortex-on-kubernetes')}")
    except PackageNotFoundError:
        typer.echo("cortex (not installed)")


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="A finding's code, such as server.image.", show_default=False)],
) -> None:
    """Explain a finding's code."""
    from checks.results.catalogue import catalogue, near

    entry = catalogue().get(code)
    if entry is None:
        similar = near(code)
        known = f"did you mean {', '.join(similar)}?" if similar else f"known are {', '.join(catalogue())}"
        raise UsageError(f"no finding has the code {code!r}; {known}")
    typer.echo(f"{entry.code} ({entry.severity}): {entry.title}\n\n{entry.meaning}\n\n{entry.advice()}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the stack files, for editors."""
    from stacks.schema import render

    typer.echo(render(), nl=False)


def main() -> NoReturn:
    """Run the `cortex` command and exit; every error is one sentence on standard error."""
    # What the imports make stays: to look for garbage in it again and again takes a tenth of a short command's time.
    gc.set_threshold(GARBAGE_THRESHOLD)
    if not os.environ.get(DEBUG_VARIABLE):
        # Libraries log what the report says better; without a handler Python would print it.
        logging.getLogger().addHandler(logging.NullHandler())
    outlive_readers()
    try:
        code = _run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    # The interpreter's end removes temporary files: an interrupt would leave them, and show a traceback. One that came
    # meanwhile is raised at the next call, so this stands here and not in a function.
    while True:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            break
        except KeyboardInterrupt:
            continue
    sys.exit(code)


def _run() -> int:
    from stacks.errors import DeclarationError

    try:
        app(prog_name="cortex")
    except (CheckError, DeclarationError) as error:
        return _fail(str(error), getattr(error, "exit_code", UsageError.exit_code))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except BaseException as error:  # noqa: BLE001 - the last resort: whatever went wrong, no traceback reaches a user
        return INTERRUPTED if _is_interrupt(error) else _internal(error)
    return 0


def _is_interrupt(error: BaseException) -> bool:
    """Check whether an interrupt ended the work; a task group puts the second one of two into a group."""
    if isinstance(error, BaseExceptionGroup):
        return any(_is_interrupt(one) for one in error.exceptions)
    return isinstance(error, KeyboardInterrupt)


def _internal(error: BaseException) -> int:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return _fail(
        f"internal error: {type(error).__name__}: this is a fault of cortex; set {DEBUG_VARIABLE}=1 to see where",
        CheckError.exit_code,
    )


def _fail(message: str, code: int) -> int:
    typer.echo(f"cortex: {message}", err=True)
    return code


if __name__ == "__main__":
    main()
