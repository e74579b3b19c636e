"""Run the commands of a two-key rotation: one makes the new credential, one revokes the old one."""

import os
import subprocess
from collections.abc import Mapping

import anyio

from checks.errors import UncheckedError
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
        with anyio.fail_after(HOOK_SECONDS):
            done = await anyio.run_process(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None,
                check=False,
                env={**os.environ, **variables},
            )
    except OSError as error:
        raise UncheckedError(f"{option}: {words[0]} cannot be run ({error.strerror}): correct it") from error
    except TimeoutError:
        raise UncheckedError(f"{option}: {words[0]} has not ended after {HOOK_SECONDS:g} s") from None
    if done.returncode != 0:
        raise UncheckedError(f"{option}: {words[0]} ended with {done.returncode}")
