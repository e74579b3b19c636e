"""The command `cortex watch`."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.options import (
    JSON,
    TEXT,
    Context,
    FailOn,
    FormatOption,
    Kubeconfig,
    Least,
    Namespaces,
    Only,
    Stack,
    Threshold,
    application,
    duration_option,
    selection,
)
from checks.cli.verification import verified
from checks.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from checks.results.result import Report
    from checks.watch.rounds import Round

EVERY = timedelta(seconds=30)
_LEAST = timedelta(seconds=1)

app = application()


@app.command()
def watch(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    every: Annotated[timedelta, duration_option("--every", "How long to wait between two rounds.", "30s")] = EVERY,
    output_format: FormatOption = TEXT,
    only: Only = None,
    namespace: Namespaces = None,
    severity: Least = Threshold.WARNING,
    fail_on: FailOn = Threshold.ERROR,
) -> None:
    """Verify again and again until interrupted, and show what changes.

    After Ctrl-C, the exit code is that of the last round, as in `cortex verify`.
    """
    asked = selection(only, namespace, severity)
    repeat(
        partial(verified, stack, kubeconfig, context, fail_on, asked, read_only=True),
        every,
        output_format,
    )


def repeat(verify: "Callable[[], Awaitable[Report]]", every: timedelta, output_format: str) -> None:
    """Verify again and again until interrupted; then exit with the code of the last round.

    Raises:
        UsageError: the wait is too short.
        KeyboardInterrupt: the interrupt came before the end of the first round.
    """
    import anyio

    from checks.watch.loop import watch

    if every < _LEAST:
        raise UsageError("--every: the shortest wait is 1s")
    shown = _Output(output_format)
    try:
        anyio.run(watch, verify, shown.show, partial(anyio.sleep, every.total_seconds()))
    except KeyboardInterrupt:
        if shown.exit_code is None:
            raise
    raise typer.Exit(shown.exit_code or 0)


class _Output:
    """Writes each round to standard output, and keeps the exit code of the last one."""

    def __init__(self, output_format: str) -> None:
        self.exit_code: int | None = None
        self._format = output_format

    def show(self, current: "Round", report: "Report | None") -> bool:
        """Write the round, the first one as a whole report; return whether standard output is still read."""
        from checks.formats import text
        from checks.output import emit
        from checks.watch import report as rounds

        self.exit_code = current.exit_code
        if self._format == JSON:
            return emit(lambda out: print(rounds.line(current), end="", file=out))
        if current.round == 1 and report is not None:
            return emit(lambda out: text.write(report, out))
        return emit(lambda out: rounds.write(current, out))
