"""The `cortex` program: until the command can handle an interrupt, one ends the process without a traceback.

What `cortex credential` has cached is answered here: kubectl runs it before each call, and the import of the command
would take ten times as long.
"""

import sys


def main() -> None:
    """Run the `cortex` command and exit."""
    if sys.argv[1:2] == ["credential"] and _answered(sys.argv[2:]):
        return
    import signal

    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from checks.cli import main as cli

    signal.signal(signal.SIGINT, handler)
    cli.main()


def _answered(arguments: list[str]) -> bool:
    from checks.kubeconfigs.token_cache import answer

    # A terminal would show the token: the command refuses that.
    if sys.stdout.isatty() or (text := answer(arguments)) is None:
        return False
    sys.stdout.write(text)
    return True
