"""Command line of the bridge: `python -m bridge [OPTION…] -- COMMAND ARG…`.

An image with the bridge in front of a server fixes the command line, so the variable BRIDGE_OPTIONS has options, too.
"""

import argparse
import logging
import os
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import anyio
import uvicorn
from anyio.abc import TaskStatus

from bridge.admission import LOOPBACK, Admission, read_tokens, service_names
from bridge.http_app import HttpApp
from bridge.server_process import Limits
from bridge.tool_lists import ToolLists

CLOSE_SECONDS = 1
"""How many seconds connections have that are still open after `DRAIN_SECONDS` of the application. Ending a server that
ignores signals takes up to 4.5 s more."""
OPTIONS_VARIABLE = "BRIDGE_OPTIONS"
_RESOLV_CONF = Path("/etc/resolv.conf")


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
    parser = _parser()
    try:
        first = shlex.split(os.environ.get(OPTIONS_VARIABLE, ""))
    except ValueError as error:
        parser.error(f"{OPTIONS_VARIABLE}: {error}: write it as in a shell")
    options = parser.parse_args([*first, *(sys.argv[1:] if arguments is None else arguments)])
    handler = logging.StreamHandler()
    handler.setFormatter(_LineFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("bridge").setLevel(logging.INFO)
    if shutil.which(options.command[0]) is None:
        return _fail(f"the command {options.command[0]} is not on PATH: give the command of the stdio server after --")
    if options.token_file is not None and (trouble := _token_trouble(options.token_file)):
        return _fail(trouble)
    try:
        listener = _listen(options.host, options.port)
    except OSError as error:
        place = f"{options.host} port {options.port}"
        return _fail(f"cannot listen on {place} ({error.strerror}): choose another --host or --port")
    with listener:
        tools = ToolLists(allow=options.allow_tool or ("*",), deny=options.deny_tool)
        limits = Limits(timeout=options.timeout, answer_bytes=options.max_answer_bytes)
        app = HttpApp(options.command, limits, _admission(options), tools)
        anyio.run(_serve, app, listener)
    return 0


async def _serve(app: HttpApp, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app.application(),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=CLOSE_SECONDS,
    )
    http = _HttpServer(config)
    async with anyio.create_task_group() as group:
        await group.start(_stop_on_signal, app, http)
        logging.getLogger("bridge").info("listening on port %d", listener.getsockname()[1])
        await http.serve(sockets=[listener])
        group.cancel_scope.cancel()


async def _stop_on_signal(app: HttpApp, http: uvicorn.Server, *, task_status: TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            # The socket stays open meanwhile: a refused connection would tell clients less than an answer.
            await app.drain()
            http.should_exit = True


def _admission(options: argparse.Namespace) -> Admission:
    resolv_conf = _RESOLV_CONF.read_text() if _RESOLV_CONF.exists() else ""
    names = LOOPBACK | service_names(socket.gethostname(), resolv_conf) | frozenset(options.allow_host)
    return Admission(names, options.host in LOOPBACK, options.token_file, options.max_request_bytes)


def _token_trouble(file: Path) -> str | None:
    try:
        tokens = read_tokens(file)
    except OSError as error:
        return f"cannot read the tokens in {file} ({error.strerror}): give another --token-file"
    return None if tokens else f"the file {file} has no token: write one into it, or leave out --token-file"


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
    add = parser.add_argument
    add("--host", default="0.0.0.0", help="address to listen on (default: all addresses)")  # noqa: S104
    add("--port", type=int, default=8080, help="port to listen on; 0 chooses a free port")
    add("--timeout", type=float, default=60.0, help="how many seconds an answer may take")
    add("--max-request-bytes", type=_size, default=Admission.max_bytes, metavar="N", help="size of the largest request")
    add("--max-answer-bytes", type=_size, default=Limits.answer_bytes, metavar="N", help="size of the largest answer")
    add("--allow-tool", action="append", metavar="PATTERN", help="serve only tools with such names; may be repeated")
    add("--deny-tool", action="append", default=[], metavar="PATTERN", help="serve no tools with such names")
    add("--token-file", type=Path, metavar="FILE", help="file with bearer tokens, one a line; clients need one of them")
    add("--allow-host", action="append", default=[], metavar="NAME", help="name of this server in browsers")
    parser.add_argument("command", nargs="+", help="the stdio server and its arguments, after --")
    return parser


def _size(given: str) -> int:
    if not given.isdecimal() or int(given) == 0:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of bytes")
    return int(given)


def _fail(sentence: str) -> int:
    sys.stderr.write(f"bridge: {sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
