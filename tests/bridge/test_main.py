"""The bridge in front of a stdio server, through a real MCP client over HTTP."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters

from bridge.__main__ import main
from tests.bridge.serving import PLAIN, SERVER, Bridge, eventually, running, served, text
from tests.processes import has_ended

STUBBORN = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', file=sys.stderr, flush=True)\n"
    "while True: time.sleep(1)"
)


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


def test_options_come_from_a_variable_too() -> None:
    with running(PLAIN, "--deny-tool", "s*", BRIDGE_OPTIONS="--deny-tool 'p*' --max-request-bytes 900") as bridge:
        eventually(lambda: bridge.status("/ready") == 200)
        for tool in ("pid", "sleep"):
            assert f"the tool {tool} is not offered here" in bridge.refusal(tool).message
        assert bridge.send({"padding": "x" * 900})[0] == 413


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--max-request-bytes 0", "argument --max-request-bytes: '0' is not a number of bytes"),
        ("--deny-tool 'a", "BRIDGE_OPTIONS: No closing quotation: write it as in a shell"),
    ],
)
def test_wrong_options_are_one_sentence(
    options: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BRIDGE_OPTIONS", options)
    with pytest.raises(SystemExit) as ended:
        main(["--", *PLAIN])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"bridge: error: {told}"


def test_a_file_without_a_token_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "token"
    arguments = ["--token-file", str(file), "--", *PLAIN]
    assert main(arguments) == 2
    file.write_text("\n \n")
    assert main(arguments) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"bridge: cannot read the tokens in {file} (No such file or directory): give another --token-file",
        f"bridge: the file {file} has no token: write one into it, or leave out --token-file",
    ]
