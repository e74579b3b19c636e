"""The program `launch` between a bridge and a server, each side as a process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.waiting import wait_until
from tests.processes import has_ended

pytestmark = pytest.mark.live

PLAIN = [sys.executable, str(Path(__file__).with_name("plain_server.py"))]
STUBBORN = [
    sys.executable,
    "-c",
    "import os, signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print(os.getpid(), flush=True)\n"
    "while True: time.sleep(1)",
]
LEAVES_A_PROCESS = "sleep 600 & echo $!; exit 7"


class Server:
    """A running `launch run`, as in the server's container."""

    def __init__(self, launch: Path, folder: Path, command: Sequence[str]) -> None:
        self.socket = folder / "server.sock"
        self._launch = launch
        self._log = folder / "log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen([str(launch), "run", str(self.socket), "--", *command], stderr=log)

    @property
    def log(self) -> str:
        return self._log.read_text()

    @contextmanager
    def connected(self) -> Iterator[subprocess.Popen[str]]:
        """A running `launch connect`, as the bridge starts it."""
        command = [str(self._launch), "connect", str(self.socket)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            try:
                yield client
            finally:
                client.kill()


@pytest.fixture
def start(launch: Path, tmp_path: Path) -> Iterator[list[Server]]:
    started: list[Server] = []
    yield started
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def plain(launch: Path, tmp_path: Path, start: list[Server]) -> Server:
    start.append(Server(launch, tmp_path, PLAIN))
    return start[0]


def ask(client: subprocess.Popen[str], tool: str) -> str:
    """Call a tool, and return the answer; empty if the server ends instead."""
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(json.dumps({"id": 1, "method": "tools/call", "params": {"name": tool}}) + "\n")
    client.stdin.flush()
    line = client.stdout.readline()
    return str(json.loads(line)["result"]["content"][0]["text"]) if line else ""


def test_each_connection_has_a_process_of_its_own(plain: Server) -> None:
    with plain.connected() as client:
        first = int(ask(client, "pid"))
        assert int(ask(client, "pid")) == first
    assert wait_until(lambda: has_ended(first), 5)
    with plain.connected() as client:
        assert int(ask(client, "pid")) != first


def test_a_second_connection_waits_for_the_end_of_the_first(plain: Server) -> None:
    with plain.connected() as one:
        first = int(ask(one, "pid"))  # Answered: so it is the first, whichever process starts faster.
        with plain.connected() as other:
            assert one.stdin is not None
            one.stdin.close()
            assert int(ask(other, "pid")) != first
        assert has_ended(first)


def test_the_end_of_the_server_ends_the_connection_and_is_told(plain: Server) -> None:
    with plain.connected() as client:
        assert ask(client, "crash") == ""
        assert client.wait(5) == 0
    assert wait_until(lambda: plain.log == "launch: the server ended: exit code 3\n", 5)
    with plain.connected() as client:
        assert ask(client, "pid")


def test_a_killed_server_is_noticed_while_idle(plain: Server) -> None:
    with plain.connected() as client:
        os.kill(int(ask(client, "pid")), signal.SIGKILL)
        assert client.wait(5) == 0
    assert wait_until(lambda: plain.log == "launch: the server ended: killed\n", 5)


def test_a_killed_bridge_ends_a_hung_server(launch: Path, tmp_path: Path, start: list[Server]) -> None:
    start.append(Server(launch, tmp_path, STUBBORN))
    with start[0].connected() as client:
        assert client.stdout is not None
        stubborn = int(client.stdout.readline())
    assert wait_until(lambda: has_ended(stubborn), 10)
    assert start[0].process.poll() is None


def test_a_bridge_waits_for_a_server_that_starts_later(launch: Path, tmp_path: Path, start: list[Server]) -> None:
    start.append(Server(launch, tmp_path, PLAIN))
    assert wait_until(start[0].socket.exists, 5)
    start[0].process.kill()  # leaves a socket that nobody listens to
    start[0].process.wait()
    with start[0].connected() as client:
        start.append(Server(launch, tmp_path, PLAIN))
        assert ask(client, "pid")


def test_sigterm_ends_the_server_too(plain: Server) -> None:
    with plain.connected() as client:
        server = int(ask(client, "pid"))
        plain.process.terminate()
        assert client.stdin is not None
        client.stdin.close()  # as the bridge does, which is stopped at the same time
        assert plain.process.wait(10) == 0
        assert client.wait(5) == 0
        assert has_ended(server)


def test_sigterm_ends_a_server_that_ignores_it_also_without_the_bridge(
    launch: Path, tmp_path: Path, start: list[Server]
) -> None:
    start.append(Server(launch, tmp_path, STUBBORN))
    with start[0].connected() as client:
        assert client.stdout is not None
        stubborn = int(client.stdout.readline())
        start[0].process.terminate()
        assert start[0].process.wait(18) == 0
        assert has_ended(stubborn)


def test_a_running_call_is_answered_after_sigterm(plain: Server) -> None:
    with plain.connected() as client:
        assert ask(client, "pid")
        plain.process.terminate()
        assert ask(client, "pid")


def test_what_a_server_leaves_behind_ends_with_it(launch: Path, tmp_path: Path, start: list[Server]) -> None:
    start.append(Server(launch, tmp_path, ["sh", "-c", LEAVES_A_PROCESS]))
    with start[0].connected() as client:
        assert client.stdout is not None
        left = int(client.stdout.readline())
        assert client.wait(5) == 0
    assert wait_until(lambda: has_ended(left), 5)
    assert start[0].log == "launch: the server ended: exit code 7\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "{socket}", "--", "no-such-server"], "cannot start the server: exec: "),
        (["run", "/absent/server.sock", "--", "true"], "cannot listen for the bridge: "),
        (["copy", "/absent/launch"], "open /absent/launch.new: no such file or directory"),
        (["run", "true"], "usage: launch copy FILE | launch run SOCKET -- COMMAND"),
    ],
)
def test_failures_are_one_sentence(launch: Path, tmp_path: Path, arguments: list[str], told: str) -> None:
    command = [str(launch), *(one.format(socket=tmp_path / "socket") for one in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"launch: {told}")
    assert done.stderr.count("\n") == 1


def test_it_copies_itself_over_a_running_copy(launch: Path, tmp_path: Path, start: list[Server]) -> None:
    copy = tmp_path / "launch"
    subprocess.run([launch, "copy", copy], check=True)
    start.append(Server(copy, tmp_path, PLAIN))
    subprocess.run([copy, "copy", copy], check=True)
    assert copy.read_bytes() == launch.read_bytes()
    with start[0].connected() as client:
        assert ask(client, "pid")
