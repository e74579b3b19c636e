"""Repeats a verification until it is interrupted."""

from collections.abc import Awaitable, Callable

from checks.errors import CheckError, UsageError
from checks.results.result import Report
from checks.times import rfc3339
from checks.verification.verify import Clock, now
from checks.watch.rounds import Round, Rounds
from stacks.errors import DeclarationError


async def watch(
    verify: Callable[[], Awaitable[Report]],
    show: Callable[[Round, Report | None], bool],
    wait: Callable[[], Awaitable[None]],
    clock: Clock = now,
) -> None:
    """Verify, show the round, wait, and repeat, as long as `show` returns True.

    A failed round is shown, and the watch goes on: a stack file may be half written, or a credential expired.

    Raises:
        CheckError: the first round failed.
        DeclarationError: the first round failed, because the declaration is wrong.
    """
    rounds = Rounds()
    while True:
        report = None
        try:
            report = await verify()
        except (CheckError, DeclarationError) as error:
            if not rounds.count:
                raise
            code = getattr(error, "exit_code", UsageError.exit_code)
            current = rounds.failed(" ".join(str(error).splitlines()), code, rfc3339(clock()))
        else:
            current = rounds.after(report)
        if not show(current, report):
            return
        await wait()
