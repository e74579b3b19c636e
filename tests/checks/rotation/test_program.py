"""A program of the user ends when it is interrupted, takes too long or prints too much."""

import asyncio
import time

import anyio
import pytest

from checks.rotation.program import run

LONG = ["sleep", "60"]
SOON_SECONDS = 30
"""A busy machine ends a program within this time, and not by its own end."""


def test_it_ends_when_its_user_interrupts() -> None:
    async def main() -> None:
        # An interrupt cancels so: once, and without a scope.
        running = asyncio.create_task(run(LONG, 600))
        await asyncio.sleep(0.2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < SOON_SECONDS


def test_it_ends_when_its_time_is_up() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        anyio.run(run, LONG, 0.2)
    assert time.monotonic() - began < SOON_SECONDS


def test_output_is_kept_to_one_byte_more_than_asked_for() -> None:
    async def main() -> tuple[int, bytes]:
        return await run(["yes"], 60, kept_bytes=5)

    code, printed = anyio.run(main)
    assert (code < 0, printed) == (True, b"y\ny\ny\n")


def test_it_gets_its_variables_and_its_output_is_dropped_unless_it_is_kept() -> None:
    async def main(kept: int) -> tuple[int, bytes]:
        return await run(["sh", "-c", 'printf "$A"; exit 3'], 60, kept_bytes=kept, variables={"A": "b"})

    assert (anyio.run(main, 9), anyio.run(main, 0)) == ((3, b"b"), (3, b""))
