"""The `cortex` program: until the command can handle an interrupt, one ends the process without a traceback."""

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the `cortex` command and exit."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from checks.cli import main as cli

    signal.signal(signal.SIGINT, handler)
    cli.main()
