"""Run the commands of a two-key rotation: one makes the new credential, one revokes the old one."""

from collections.abc import Mapping

from checks.errors import UncheckedError
from checks.rotation import program
from checks.rotation.values import split

HOOK_SECONDS = 300.0


async def run(command: str, option: str, variables: Mapping[str, str]) -> None:
    """Run a command without a shell. What it prints is dropped, as it may be secret; its errors are shown.

    Raises:
        UsageError: it is not a command.
        UncheckedError: it failed.
    """
    words = split(command, option)
    try:
        code, _ = await program.run(words, HOOK_SECONDS, variables=variables)
    except OSError as error:
        raise UncheckedError(f"{option}: {words[0]} cannot be run ({error.strerror}): correct it") from error
    except TimeoutError:
        raise UncheckedError(f"{option}: {words[0]} has not ended after {HOOK_SECONDS:g} s") from None
    if code != 0:
        raise UncheckedError(f"{option}: {words[0]} ended with {code}")
