"""Processes that start with their imports done.

The imports of a command take several times the processor time of its work. One process for each program imports what it
needs, and each new process is forked from it. That is a process as any other, with its own id, streams, signals and
exit code; only its parent is another.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path
from threading import Lock
from typing import Any, AnyStr, NoReturn

ROOT = Path(__file__).parent.parent
START = [sys.executable, "-W", "error", "-m"]
"""How a command begins that this runs; a module and its arguments follow."""
REQUEST_BYTES = 1 << 17
CORTEX = [
    *(f"checks.cli.commands.{name}" for name in ("config", "doctor", "health", "kubeconfig", "mcp", "verify")),
    *(f"checks.cli.{name}" for name in ("main", "project", "verification")),
    *(f"checks.formats.{name}" for name in ("formats", "json", "text")),
    *(f"checks.kubeconfigs.{name}" for name in ("choice", "connecting", "importing", "rotation")),
    *(
        "checks.mcp.client",
        "checks.mcp.conversation",
        "checks.mcp.lock_file",
        "checks.repair.run",
        "checks.watch.loop",
        "stacks.loader",
    ),
    *("anyio._backends._asyncio", "dns.asyncresolver", "h11", "h2.connection", "kubernetes.config.kube_config"),
    "pydantic.type_adapter",
]
BRIDGE = [
    *("bridge.http_app", "uvicorn", "uvicorn.lifespan.on", "uvicorn.protocols.http.h11_impl"),
    *("anyio._backends._asyncio", "argparse", "encodings.idna"),
]
PROGRAMS = {
    "bridge": "bridge",
    "tests.command": "cortex",
    "tests.checks.patient": "cortex",
    "tests.checks.dying": "cortex",
}
"""The program of each module that can be run."""
IMPORTS = {"bridge": BRIDGE, "cortex": CORTEX}
"""What a process has imported when it begins to run one of the modules. What is missing here, it imports itself."""
_ONE_AT_A_TIME = Lock()


class Preloaded(subprocess.Popen[AnyStr]):
    """The process of a command that begins with `START`. It handles interrupts even if the tests ignore them."""

    def _execute_child(self, *given: Any) -> None:
        if sys.platform != "linux":
            super()._execute_child(*given)  # type: ignore[misc]
            return
        asked = signature(super()._execute_child).bind(*given).arguments  # type: ignore[misc]
        assert asked["args"][: len(START)] == START, f"the command does not begin with {START}"
        module, *arguments = asked["args"][len(START) :]
        env = dict(os.environ if asked["env"] is None else asked["env"])
        request = {"module": module, "arguments": arguments, "folder": str(asked["cwd"] or Path.cwd()), "env": env}
        streams = [asked[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        inherited: list[int] = [number if stream == -1 else stream for number, stream in enumerate(streams)]
        self._status: int
        self._status, status = os.pipe()
        with _ONE_AT_A_TIME:
            server = _server(PROGRAMS[module])
            socket.send_fds(server, [json.dumps(request).encode()], [*inherited, status])
            self.pid = int(server.recv(REQUEST_BYTES))
        os.close(status)
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(asked[name] for name in pipes))  # type: ignore[attr-defined]

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        with self._waitpid_lock:  # type: ignore[attr-defined]
            if self.returncode is None:
                ended, status = self._try_wait(os.WNOHANG)
                if ended:
                    self._handle_exitstatus(status)  # type: ignore[attr-defined]
        return self.returncode

    def _try_wait(self, flags: int) -> tuple[int, int]:
        """Do what `os.waitpid` does for a child, which this process is not."""
        ready, _, _ = select.select([self._status], [], [], 0 if flags & os.WNOHANG else None)
        if not ready:
            return 0, 0
        status = int(os.read(self._status, REQUEST_BYTES))
        os.close(self._status)
        return self.pid, status


def cortex(*arguments: str) -> list[str]:
    """Return the command that this runs in the place of `cortex`."""
    return [*START, "tests.command", *arguments]


def run(
    command: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    given: str | None = None,
    seconds: float = 300,
    **streams: Any,
) -> subprocess.CompletedProcess[str]:
    """Run a command; return its exit code, and what it wrote to the streams that are not given."""
    pipes = {"stdin": subprocess.DEVNULL if given is None else subprocess.PIPE}
    pipes |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Preloaded(command, cwd=cwd, env=env, text=True, **(pipes | streams)) as process:
        try:
            out, err = process.communicate(given, timeout=seconds)
        finally:
            process.kill()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@cache
def _server(program: str) -> socket.socket:
    """Start the process that the processes of a program are forked from, and return the connection to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [*START, __name__, program, str(theirs.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def stop() -> None:
        ours.close()
        process.wait()

    atexit.register(stop)
    return ours


def _serve(program: str, connection: socket.socket) -> str:
    """Fork a process for each request; return the module that the new process is to run, in that process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for name in IMPORTS[program]:
        import_module(name)
    gc.collect()
    gc.freeze()
    while True:
        text, received, _, _ = socket.recv_fds(connection, REQUEST_BYTES, 4)
        if not text:
            os._exit(0)
        *streams, status = received
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            child = os.fork()
            if child == 0:
                connection.detach()
                return _become(json.loads(text), streams)
            connection.send(str(child).encode())
            _await(child, status)
        for number in received:
            os.close(number)


def _await(child: int, status: int) -> NoReturn:
    """Wait for a process, and write how it ended as `os.waitpid` says it, keeping nothing open that is its own."""
    os.dup2(status, 0)
    os.closerange(1, os.sysconf("SC_OPEN_MAX"))
    os.write(0, str(os.waitpid(child, 0)[1]).encode())
    os._exit(0)


def _become(request: Mapping[str, Any], streams: Sequence[int]) -> str:
    """Set streams, environment, import path, folder, arguments and signals of the new process; return its module."""
    module: str = request["module"]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["folder"])
    sys.path[:0] = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.argv = [module, *request["arguments"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return module


if __name__ == "__main__":
    module = _serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
    runpy.run_module(module, run_name="__main__", alter_sys=True)
