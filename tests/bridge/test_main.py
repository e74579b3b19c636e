"""The bridge in front of a stdio server, through a real MCP client over HTTP."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread

import anyio
import mcp_types as types
import pytest
import uvicorn
from mcp import Client, MCPError, StdioServerParameters

from bridge.__main__ import main
from bridge.http_app import HttpApp
from bridge.server_process import Limits, ServerProcess
from local.waiting import wait_until
from tests.processes import has_ended

SERVER = [sys.executable, str(Path(__file__).with_name("stdio_server.py"))]
"""Made with the SDK, as most are: it needs a second to start."""
PLAIN = [sys.executable, str(Path(__file__).with_name("plain_server.py"))]
STUBBORN = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', file=sys.stderr, flush=True)\n"
    "while True: time.sleep(1)"
)


@dataclass(frozen=True)
class Bridge:
    """A running bridge."""

    port: int

    def status(self, path: str, host: str = "localhost") -> int:
        """Return the HTTP status of a GET."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except urllib.error.URLError:
            return 0

    def client(self, mode: str = "auto") -> Client:
        """Return a client of its MCP endpoint."""
        return Client(f"http://127.0.0.1:{self.port}/mcp", read_timeout_seconds=20, mode=mode)

    def call(self, tool: str, **arguments: object) -> types.CallToolResult:
        """Call a tool through a new client."""

        async def ask() -> types.CallToolResult:
            async with self.client() as client:
                return await client.call_tool(tool, arguments)

        return anyio.run(ask)

    def refusal(self, tool: str, **arguments: object) -> types.ErrorData:
        """Return the MCP error of a tool call."""

        async def ask() -> types.ErrorData:
            async with self.client() as client:
                with pytest.raises(MCPError) as caught:
                    await client.call_tool(tool, arguments)
                return caught.value.error

        return anyio.run(ask)


@dataclass(frozen=True)
class Process(Bridge):
    """A bridge that is a process of its own."""

    process: subprocess.Popen[str]


def text(result: types.CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, types.TextContent)
    return content.text


def eventually(holds: Callable[[], bool], seconds: float = 15) -> None:
    assert wait_until(holds, seconds, pause=0.02), f"not within {seconds} s"


@contextmanager
def running(command: Sequence[str], **env: str) -> Iterator[Process]:
    """A bridge on a free port; ended when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "--host", "127.0.0.1", "--port", "0", "--", *command],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | env,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"listening on port (\d+)", line)
        assert found, line
        yield Process(int(found[1]), process)
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextmanager
def served(
    command: Sequence[str], *, timeout: float = 60, host: str = "127.0.0.1", delay: float = Limits.first_delay
) -> Iterator[Bridge]:
    """A bridge in a thread of this process, which starts sooner."""
    app = HttpApp(ServerProcess(command, Limits(timeout=timeout, first_delay=delay)), host)
    config = uvicorn.Config(app.application(), log_config=None, access_log=False, timeout_graceful_shutdown=1)
    http = uvicorn.Server(config)
    with socket.create_server((host, 0)) as listener:
        thread = Thread(target=anyio.run, args=(partial(http.serve, sockets=[listener]),))
        thread.start()
        try:
            yield Bridge(listener.getsockname()[1])
        finally:
            http.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with running(SERVER, SAMPLE_SETTING="from the pod") as running_bridge:
        eventually(lambda: running_bridge.status("/ready") == 200)
        yield running_bridge


def test_probes_answer_when_the_server_has_listed_its_tools(bridge: Bridge) -> None:
    assert [bridge.status(path) for path in ("/health", "/ready", "/startup")] == [200, 200, 200]
    assert bridge.status("/else") == 404


def test_server_and_schemas_pass_untouched(bridge: Bridge) -> None:
    async def compare() -> None:
        direct = StdioServerParameters(command=SERVER[0], args=SERVER[1:])
        async with Client(direct, mode="legacy") as over_stdio:
            tools = (await over_stdio.list_tools()).tools
            [echo] = [tool for tool in tools if tool.name == "echo"]
            assert echo.input_schema["properties"]["note"]["default"] is None
            for mode in ("auto", "legacy"):
                async with bridge.client(mode=mode) as over_http:
                    assert over_http.server_info == over_stdio.server_info
                    assert over_http.instructions == over_stdio.instructions == "Ask for echo."
                    assert (await over_http.list_tools()).tools == tools

    anyio.run(compare)


def test_calls(bridge: Bridge) -> None:
    assert text(bridge.call("echo", text="ho", times=3)) == "ho ho ho"
    assert bridge.call("pair", left=1).structured_content == {"left": 1, "right": None}


def test_failing_tool_is_a_result_not_an_error(bridge: Bridge) -> None:
    result = bridge.call("fail")
    assert result.is_error
    assert "as asked" in text(result)


def test_environment_reaches_the_server(bridge: Bridge) -> None:
    assert text(bridge.call("environment", name="SAMPLE_SETTING")) == "from the pod"


def test_prompts_and_resources_pass(bridge: Bridge) -> None:
    async def ask() -> None:
        async with bridge.client() as client:
            assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["greet"]
            prompt = await client.get_prompt("greet", {"name": "Ada"})
            assert "Say hello to Ada." in prompt.messages[0].model_dump_json()
            assert [str(found.uri) for found in (await client.list_resources()).resources] == ["sample://motto"]
            [motto] = (await client.read_resource("sample://motto")).contents
            assert isinstance(motto, types.TextResourceContents)
            assert motto.text == "as declared"

    anyio.run(ask)


def test_calls_run_side_by_side(bridge: Bridge) -> None:
    async def ask() -> float:
        async with bridge.client() as client:
            begun = time.monotonic()
            async with anyio.create_task_group() as group:
                for _ in range(8):
                    group.start_soon(client.call_tool, "sleep", {"seconds": 1})
            return time.monotonic() - begun

    assert anyio.run(ask) < 7


def test_a_server_that_ends_fails_its_calls_and_comes_back() -> None:
    # Long enough to see that it is gone, also on a busy machine.
    with served(PLAIN, delay=3) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        first = text(bridge.call("pid"))
        error = bridge.refusal("crash")
        assert error.message.startswith(
            "the server's process ended during tools/call and is being restarted: try again"
        )
        assert bridge.status("/ready") == 503
        assert bridge.status("/startup") == 200
        assert "not running" in bridge.refusal("pid").message
        eventually(lambda: bridge.status("/ready") == 200)
        assert bridge.status("/health") == 200
        assert text(bridge.call("pid")) != first


def test_a_server_that_ends_while_idle_is_noticed() -> None:
    with served(PLAIN) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        os.kill(int(text(bridge.call("pid"))), signal.SIGKILL)
        eventually(lambda: bridge.status("/ready") == 503)
        eventually(lambda: bridge.status("/ready") == 200)


def test_a_hung_server_times_out_and_is_replaced() -> None:
    with served(PLAIN, timeout=1.5) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        first = int(text(bridge.call("pid")))
        error = bridge.refusal("hang")
        assert error.code == types.REQUEST_TIMEOUT
        assert error.message == "the server did not answer tools/call within 1.5 s"
        eventually(lambda: has_ended(first))
        eventually(lambda: bridge.status("/ready") == 200)
        assert int(text(bridge.call("pid"))) != first


def test_a_slow_tool_times_out_and_its_server_lives_on() -> None:
    with served(PLAIN, timeout=2) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        first = text(bridge.call("pid"))
        assert bridge.refusal("sleep", seconds=4).code == types.REQUEST_TIMEOUT
        # Together they take longer than the ping that tells a slow process from one that hangs.
        for _ in range(5):
            assert text(bridge.call("sleep", seconds=0.5)) == "awake"
        assert text(bridge.call("pid")) == first


def test_a_server_that_never_initialises_is_never_ready() -> None:
    with served([sys.executable, "-c", "import sys; sys.stdin.read()"]) as bridge:
        eventually(lambda: bridge.status("/health") == 200)
        assert bridge.status("/ready") == 503
        assert bridge.status("/startup") == 503
        assert bridge.status("/mcp") == 503


def test_any_host_name_is_served_on_all_addresses() -> None:
    with served(PLAIN, host="0.0.0.0") as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        asked = bridge.status("/mcp", host="time-mcp-server.cortex-mcp.svc:8080")
        assert asked == bridge.status("/mcp", host="10.2.3.4:8080") == 406


def test_other_host_names_are_refused_on_loopback(bridge: Bridge) -> None:
    assert bridge.status("/mcp", host="evil.example") == 421


def test_sigterm_ends_both_processes() -> None:
    with running(PLAIN) as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        child = int(text(bridge.call("pid")))
        bridge.process.terminate()
        assert bridge.process.wait(timeout=20) == 0
        assert has_ended(child)


def test_sigterm_ends_a_child_that_ignores_it() -> None:
    with running([sys.executable, "-c", STUBBORN]) as bridge:
        assert bridge.process.stderr is not None
        assert bridge.process.stderr.readline() == "up\n"
        bridge.process.terminate()
        assert bridge.process.wait(timeout=20) == 0


def test_an_absent_command_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--host", "127.0.0.1", "--", "no-such-server"]) == 2
    told = "bridge: the command no-such-server is not on PATH: give the command of the stdio server after --\n"
    assert capsys.readouterr() == ("", told)


def test_a_taken_port_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--port", port, "--host", "127.0.0.1", "--", *PLAIN]) == 2
    told = f"bridge: cannot listen on 127.0.0.1 port {port} (Address already in use): choose another --host or --port\n"
    assert capsys.readouterr() == ("", told)
