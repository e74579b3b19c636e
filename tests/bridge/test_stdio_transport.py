"""The connection to the process, with real processes."""

import os
import re
import signal
import sys
from pathlib import Path

import anyio
import mcp_types as types
import pytest
from mcp.shared.message import SessionMessage

from bridge.stdio_transport import stdio_connection
from tests.bridge.serving import eventually
from tests.processes import has_ended

LARGEST = 500_000
LEFT_BEHIND = """
import subprocess, sys
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "w").write(str(left.pid))
print('{"jsonrpc": "2.0", "method": "up"}', flush=True)
sys.stdin.read()
"""


def written(script: str, *arguments: str, count: int) -> list[object]:
    """Return the first messages of a process, and what it told about itself at last."""
    told: list[object] = []

    async def read() -> None:
        command = [sys.executable, "-c", script, *arguments]
        with anyio.fail_after(20):
            async with stdio_connection(
                command, LARGEST, started=lambda: told.append("started"), ended=lambda: told.append("ended")
            ) as (messages, _):
                told.extend([await anext(aiter(messages)) for _ in range(count)])

    anyio.run(read)
    return told


def name(found: object) -> str:
    """Return the method of a message, or the kind of an error."""
    if isinstance(found, SessionMessage) and isinstance(found.message, types.JSONRPCNotification):
        return found.message.method
    return type(found).__name__


def test_messages_in_pieces_and_many_in_one_piece() -> None:
    script = """
import sys, time
one = '{"jsonrpc": "2.0", "method": "%s"}\\n'
for piece in (one % "a" + one % "b" + (one % "c")[:9], (one % "c")[9:20], (one % "c")[20:] + "nonsense\\n\\xff\\n"):
    sys.stdout.write(piece)
    sys.stdout.flush()
    time.sleep(0.05)
"""
    started, *found, last = written(script, count=5)
    assert (started, last) == ("started", "ended")
    assert [name(one) for one in found[:5]] == ["a", "b", "c", "ValidationError", "ValidationError"]


@pytest.mark.parametrize(
    ("line", "request_id"),
    [
        ('{"jsonrpc": "2.0", "id": 7, "result": {"id": 1, "text": "%s", "last": {"id": 2}}}', 7),
        ('{"result": {"id": 1, "text": "%s", "last": {"id": 2}}, "jsonrpc": "2.0", "id": 7}', 7),
        ('{"result": {"id": 1, "text": "%s", "last": {"id": 2}}}', None),
    ],
)
def test_a_line_that_is_too_large_is_an_error_of_its_request(line: str, request_id: int | None) -> None:
    script = "import sys; sys.stdout.write(sys.argv[1] % ('x' * 900_000) + '\\n'); print('{}', flush=True)"
    _, found, following, *_ = written(script, line, count=2)
    said = "the server's answer has 9000[0-9]{2} bytes: the bridge passes on at most 500000"
    if request_id is None:
        assert isinstance(found, ValueError)
        assert re.fullmatch(said, str(found))
    else:
        assert isinstance(found, SessionMessage)
        assert isinstance(found.message, types.JSONRPCError)
        assert found.message.id == request_id
        assert re.fullmatch(said, found.message.error.message)
    assert name(following) == "ValidationError"


def test_the_end_of_the_output_is_told_at_once() -> None:
    async def run() -> None:
        gone = anyio.Event()
        with anyio.fail_after(20):
            async with stdio_connection(
                [sys.executable, "-c", ""], LARGEST, started=lambda: None, ended=gone.set
            ) as streams:
                await gone.wait()
                assert [one async for one in streams[0]] == []

    anyio.run(run)


def test_processes_that_are_left_behind_end_with_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    assert len(written(LEFT_BEHIND, str(pid), count=1)) > 1
    eventually(lambda: has_ended(int(pid.read_text())))


def test_a_process_that_closes_its_input_ends_the_session() -> None:
    script = 'import os, time; os.close(0); print(\'{"jsonrpc": "2.0", "method": "up"}\', flush=True); time.sleep(60)'
    ping = SessionMessage(types.JSONRPCRequest(jsonrpc="2.0", id=1, method="ping"))

    async def run() -> None:
        command = [sys.executable, "-c", script]
        with anyio.fail_after(20):
            async with stdio_connection(command, LARGEST, started=lambda: None, ended=lambda: None) as (read, write):
                assert isinstance(await anext(aiter(read)), SessionMessage)
                await write.send(ping)
                assert [one async for one in read] == []

    anyio.run(run)


def test_an_absent_command_is_an_error() -> None:
    async def run() -> None:
        async with stdio_connection(["no-such-server"], LARGEST, started=lambda: None, ended=lambda: None):
            pass

    with pytest.raises(FileNotFoundError):
        anyio.run(run)


def test_a_killed_process_is_noticed() -> None:
    script = 'import os; print(\'{"jsonrpc": "2.0", "method": "\' + str(os.getpid()) + \'"}\', flush=True); input()'

    async def run() -> None:
        gone = anyio.Event()
        with anyio.fail_after(20):
            async with stdio_connection(
                [sys.executable, "-c", script], LARGEST, started=lambda: None, ended=gone.set
            ) as (
                read,
                _,
            ):
                os.kill(int(name(await anext(aiter(read)))), signal.SIGKILL)
                await gone.wait()

    anyio.run(run)
