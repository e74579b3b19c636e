"""The `cortex` command. A command imports what it needs when it runs, so that help and usage errors are fast."""

import gc
import logging
import os
import signal
import sys
import traceback
import warnings
from typing import Annotated, NoReturn

import typer

from checks.cli.command_group import LazyGroup
from checks.cli.commands.version import version
from checks.errors import INTERRUPTED, CheckError, UsageError, innermost
from checks.streams import ignore_closed_readers, open_missing_input
from stacks import private_memory

DEBUG_VARIABLE = "CORTEX_DEBUG"
"""Environment variable: if it is set, an internal error shows its traceback, and libraries log."""

GARBAGE_THRESHOLD = 100_000
"""How many new objects start the garbage collection."""

app = typer.Typer(
    cls=LazyGroup,
    help="Checks that Kubernetes clusters run the MCP servers that a stack declares.",
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


def main() -> NoReturn:
    """Run the `cortex` command and exit; every error is one sentence on standard error."""
    private_memory.protect()
    # Searching the objects of the imports for garbage takes a tenth of the time of a short command.
    gc.set_threshold(GARBAGE_THRESHOLD)
    if not os.environ.get(DEBUG_VARIABLE):
        # The report has what libraries log; without a handler, Python would print it.
        logging.getLogger().addHandler(logging.NullHandler())
    ignore_closed_readers()
    open_missing_input()
    ignore_interrupted_exits()
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


def ignore_interrupted_exits() -> None:
    """Do not warn of the exit of an `async with` that was not awaited: only an interrupt just before it leaves one."""
    message = r"coroutine '\w+\.__aexit__' was never awaited"
    warnings.filterwarnings("ignore", message=message, category=RuntimeWarning)


def _run() -> int:
    from stacks.errors import DeclarationError

    try:
        app(prog_name="cortex")
    except (CheckError, DeclarationError) as error:
        return _fail(str(error), getattr(error, "exit_code", UsageError.exit_code))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except BaseException as error:  # noqa: BLE001 - no error may end in a traceback
        return INTERRUPTED if _is_interrupt(error) else _internal(error)
    return 0


def _is_interrupt(error: BaseException) -> bool:
    """Check whether an interrupt ended the work.

    A task group puts the second one of two into a group. Another error that was raised while an interrupt was handled
    has the interrupt as its context: the second one can come anywhere, also in the middle of the event loop's own end.
    """
    if isinstance(error, BaseExceptionGroup) and any(map(_is_interrupt, error.exceptions)):
        return True
    return isinstance(error, KeyboardInterrupt) or (error.__context__ is not None and _is_interrupt(error.__context__))


def _internal(error: BaseException) -> int:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    return _fail(
        f"internal error: {type(innermost(error)).__name__}: "
        f"this is a bug in cortex; set {DEBUG_VARIABLE}=1 to see the traceback",
        CheckError.exit_code,
    )


def _fail(message: str, code: int) -> int:
    typer.echo(f"cortex: {message}", err=True)
    return code


if __name__ == "__main__":
    main()
