"""Command line of the bridge: `python -m bridge [--host H] [--port P] [--timeout S] -- COMMAND ARG…`."""

import argparse
import logging
import shutil
import signal
import socket
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import anyio
import uvicorn
from anyio.abc import TaskStatus

from bridge.http_app import HttpApp
from bridge.server_process import Limits, ServerProcess

DRAIN_SECONDS = 1
"""How many seconds open connections have after SIGTERM. Ending a server that ignores signals takes up to 4.5 s more."""


class _LineFormatter(logging.Formatter):
    """Writes one line for each record, without tracebacks: those of the SDK quote messages, which may hold secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return f"bridge: {record.getMessage()}"


class _HttpServer(uvicorn.Server):
    """A uvicorn server without its signal handling, which would end the process with a failure."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Return the exit code: 0 if stopped by a signal, 2 if it cannot start."""
    options = _parser().parse_args(arguments)
    handler = logging.StreamHandler()
    handler.setFormatter(_LineFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("bridge").setLevel(logging.INFO)
    if shutil.which(options.command[0]) is None:
        return _fail(f"the command {options.command[0]} is not on PATH: give the command of the stdio server after --")
    try:
        listener = _listen(options.host, options.port)
    except OSError as error:
        place = f"{options.host} port {options.port}"
        return _fail(f"cannot listen on {place} ({error.strerror}): choose another --host or --port")
    with listener:
        anyio.run(_serve, options.command, Limits(timeout=options.timeout), options.host, listener)
    return 0


async def _serve(command: Sequence[str], limits: Limits, host: str, listener: socket.socket) -> None:
    process = ServerProcess(command, limits)
    config = uvicorn.Config(
        HttpApp(process, host).application(),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    http = _HttpServer(config)
    async with anyio.create_task_group() as group:
        await group.start(_stop_on_signal, http)
        logging.getLogger("bridge").info("listening on port %d", listener.getsockname()[1])
        await http.serve(sockets=[listener])
        group.cancel_scope.cancel()


async def _stop_on_signal(http: uvicorn.Server, *, task_status: TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            http.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # asyncio disables Nagle's algorithm, which costs 40 ms per answer, only if the protocol is given.
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bridge", description="Serves one stdio MCP server over HTTP.")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all addresses)")  # noqa: S104
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 chooses a free port")
    parser.add_argument("--timeout", type=float, default=60.0, help="how many seconds an answer may take")
    parser.add_argument("command", nargs="+", help="the stdio server and its arguments, after --")
    return parser


def _fail(sentence: str) -> int:
    sys.stderr.write(f"bridge: {sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
