"""Run a program of the user for a bounded time, in the foreground: it may ask on the terminal."""

import os
import subprocess
from collections.abc import Mapping, Sequence

import anyio


async def run(
    words: Sequence[str], seconds: float, *, kept_bytes: int = 0, variables: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Return the exit code of a program, and what it prints to standard output, of which so many bytes are kept.

    It is ended when it prints more, takes longer, or the user interrupts. Without bytes to keep, its output is dropped.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it took longer.
    """
    process = await anyio.open_process(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if kept_bytes else subprocess.DEVNULL,
        stderr=None,
        env={**os.environ, **(variables or {})},
    )
    printed = b""
    try:
        with anyio.fail_after(seconds):
            if process.stdout is not None:
                async for part in process.stdout:
                    printed += part
                    if len(printed) > kept_bytes:
                        process.kill()
                        break
            return await process.wait(), printed[: kept_bytes + 1]
    finally:
        # `anyio.run_process` would wait for the program's end after an interrupt.
        if process.returncode is None:
            process.kill()
        await process.aclose()
