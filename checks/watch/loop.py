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
    tell: Callable[[Round, Report | None], bool],
    wait: Callable[[], Awaitable[None]],
    clock: Clock = now,
) -> None:
    """Verify, tell, wait, and again, as long as `tell` says that somebody listens.

    A round that cannot be made is told of, and the watch goes on: a stack file may be half saved, or a credential have
    to be renewed.

    Raises:
        CheckError: the first round could not be made.
        DeclarationError: the same, for the declaration is wrong.
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
            told = rounds.failed(" ".join(str(error).splitlines()), code, rfc3339(clock()))
        else:
            told = rounds.after(report)
        if not tell(told, report):
            return
        await wait()
