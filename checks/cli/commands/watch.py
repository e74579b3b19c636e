"""Verify again and again, and tell what changes."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.commands.verify import verified
from checks.cli.options import (
    Context,
    FailOn,
    Format,
    FormatOption,
    Kubeconfig,
    Least,
    Namespaces,
    Only,
    Stack,
    Threshold,
    application,
    duration,
    selection,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from checks.results.result import Report
    from checks.watch.rounds import Round

EVERY = "30s"

app = application()


@app.command()
def watch(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    every: Annotated[str, typer.Option(metavar="DURATION", help="How long to wait between two rounds.")] = EVERY,
    output_format: FormatOption = Format.TEXT,
    only: Only = None,
    namespace: Namespaces = None,
    severity: Least = Threshold.WARNING,
    fail_on: FailOn = Threshold.ERROR,
) -> None:
    """Verify again and again until interrupted, and tell what changes.

    Ctrl-C ends it with the exit code of the last round, as `cortex verify` would have given it.
    """
    asked = selection(only, namespace, severity)
    repeat(
        partial(verified, stack, kubeconfig, context, fail_on, asked, read_only=True),
        duration("--every", every),
        output_format,
    )


def repeat(verify: "Callable[[], Awaitable[Report]]", seconds: float, output_format: Format) -> None:
    """Verify again and again until interrupted; then exit with the code of the last round.

    Raises:
        KeyboardInterrupt: the interrupt came before the end of the first round.
    """
    import anyio

    from checks.watch.loop import watch

    teller = _Teller(output_format)
    try:
        anyio.run(watch, verify, teller.tell, partial(anyio.sleep, seconds))
    except KeyboardInterrupt:
        if teller.exit_code is None:
            raise
    raise typer.Exit(teller.exit_code or 0)


class _Teller:
    """Writes each round to standard output, and remembers the exit code of the last."""

    def __init__(self, output_format: Format) -> None:
        self.exit_code: int | None = None
        self._format = output_format

    def tell(self, told: "Round", report: "Report | None") -> bool:
        """Write the round, the first one for people with the whole report; tell whether anybody reads on."""
        from checks.formats import text
        from checks.output import emit
        from checks.watch import report as rounds

        self.exit_code = told.exit_code
        if self._format is Format.JSON:
            return emit(lambda out: print(rounds.line(told), end="", file=out))
        if told.round == 1 and report is not None:
            return emit(lambda out: text.write(report, out))
        return emit(lambda out: rounds.write(told, out))
