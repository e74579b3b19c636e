"""Processes that start with their imports done.

The imports of a command take several times the processor time of its work. One process for each program imports what it
needs, and each new process is forked from it. That is a process as any other, with its own id, streams, signals and
exit code, and a child of the tests.
"""

import atexit
import ctypes
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, AnyStr

ROOT = Path(__file__).parent.parent
START = [sys.executable, "-W", "error", "-m"]
"""How a command begins that this runs; a module and its arguments follow."""
REQUEST_BYTES = 1 << 17
PR_SET_CHILD_SUBREAPER = 36
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
PROGRAMS = {"bridge": "bridge", "tests.checks.patient": "cortex", "tests.checks.dying": "cortex"}
"""The program of each module that can be run."""
IMPORTS = {"bridge": BRIDGE, "cortex": CORTEX}
"""What a process has imported when it begins to run one of the modules. What is missing here, it imports itself."""


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
        inherited = [number if stream == -1 else stream for number, stream in enumerate(streams)]
        server = _server(PROGRAMS[module])
        socket.send_fds(server, [json.dumps(request).encode()], inherited)
        self.pid = int(server.recv(REQUEST_BYTES))
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(asked[name] for name in pipes))  # type: ignore[attr-defined]


def run(command: Sequence[str], cwd: Path, env: Mapping[str, str], **streams: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; return its exit code, and what it wrote to the streams that are not given."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Preloaded(command, cwd=cwd, env=env, text=True, **(pipes | streams)) as process:
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@cache
def _server(program: str) -> socket.socket:
    """Start the process that the processes of a program are forked from, and return the connection to it."""
    # Each new process then becomes a child of this one when the process between them has ended.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
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
    for name in IMPORTS[program]:
        import_module(name)
    gc.collect()
    gc.freeze()
    while True:
        text, streams, _, _ = socket.recv_fds(connection, REQUEST_BYTES, 3)
        if not text:
            os._exit(0)
        reader, writer = os.pipe()
        between = os.fork()
        if between == 0:
            if child := os.fork():
                os.write(writer, str(child).encode())
                os._exit(0)
            connection.detach()
            return _become(json.loads(text), streams)
        os.waitpid(between, 0)
        connection.send(os.read(reader, REQUEST_BYTES))
        for number in (reader, writer, *streams):
            os.close(number)


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
