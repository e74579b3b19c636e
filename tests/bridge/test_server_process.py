"""The supervision of the server's process, tested without HTTP."""

import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
from mcp.client.session import IncomingMessage

from bridge.server_process import UNHEALTHY_AFTER, Limits, Listeners, ServerProcess

SERVER = Path(__file__).with_name("plain_server.py")
FLAKY = """
import pathlib, runpy, sys
tries = pathlib.Path(sys.argv[1])
count = len(tries.read_text()) if tries.exists() else 0
tries.write_text("x" * (count + 1))
if count < int(sys.argv[2]):
    sys.exit(1)
sys.argv = [sys.argv[3]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def child(tmp_path: Path, failures: int) -> ServerProcess:
    """Return a server that ends immediately `failures` times before it works."""
    command = [sys.executable, "-c", FLAKY, str(tmp_path / "tries"), str(failures), str(SERVER)]
    return process(command, Limits(timeout=20, first_delay=0.01))


def process(command: Sequence[str], limits: Limits) -> ServerProcess:
    """Return a process to which nobody listens."""

    async def ignored(message: IncomingMessage) -> None:
        await anyio.lowlevel.checkpoint()

    return ServerProcess(command, limits, Listeners(lambda _: None, ignored))


async def health_once_up(child: ServerProcess) -> bool:
    async with anyio.create_task_group() as group:
        await group.start(child.run)
        assert child.ready
        assert child.initialised
        healthy = child.healthy
        group.cancel_scope.cancel()
    assert not child.ready
    return healthy


def test_a_few_rapid_failures_are_forgiven(tmp_path: Path) -> None:
    async def live() -> bool:
        return await health_once_up(child(tmp_path, UNHEALTHY_AFTER - 1))

    assert anyio.run(live)


def test_a_process_that_starts_slower_than_its_calls_may_take_is_waited_for(tmp_path: Path) -> None:
    slow = "import runpy, sys, time; time.sleep(1); runpy.run_path(sys.argv[1], run_name='__main__')"
    (tmp_path / "slow.py").write_text(slow)
    command = [sys.executable, str(tmp_path / "slow.py"), str(SERVER)]

    async def live() -> bool:
        with anyio.fail_after(30):
            return await health_once_up(process(command, Limits(timeout=0.5, first_delay=0.01)))

    assert anyio.run(live)


def test_many_rapid_failures_need_a_new_pod_even_while_the_process_lives(tmp_path: Path) -> None:
    async def live() -> bool:
        return await health_once_up(child(tmp_path, UNHEALTHY_AFTER))

    assert not anyio.run(live)
