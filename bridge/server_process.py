"""The process of the stdio server: started, initialised, monitored and restarted.

One process serves all requests, because stdio servers are stateful and slow to start.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

import anyio
import mcp_types as types
from anyio.abc import TaskStatus
from mcp import Client, ClientSession, MCPError
from mcp.client.session import MessageHandlerFnT
from mcp.shared.dispatcher import ProgressFnT
from pydantic import BaseModel, ValidationError

from bridge.stdio_transport import stdio_connection

MAX_RESTART_DELAY = 30.0
"""The longest delay before a restart, in seconds."""
STABLE_AFTER = 60.0
"""A process that ran for this many seconds does not count as a rapid failure when it ends."""
UNHEALTHY_AFTER = 5
"""After this many rapid failures in a row, the health probe fails, so that the kubelet restarts the container."""
PING_SECONDS = 5.0
"""After a request timed out, a process that does not answer a ping within this many seconds is restarted."""
_START_SECONDS = 60.0
"""How many seconds a process has to start and initialise, even if the timeout for calls is shorter."""

_log = logging.getLogger("bridge")
_Result = TypeVar("_Result", bound=BaseModel)


@dataclass(frozen=True)
class Limits:
    """Time and concurrency limits of one server process."""

    timeout: float = 60.0
    """How many seconds each answer may take."""
    calls: int = 32
    """Concurrent requests. Further requests wait, which counts towards their timeout."""
    answer_bytes: int = 16 * 1024 * 1024
    """The size of the largest answer."""
    first_delay: float = 0.5
    """Seconds before the first restart. The delay doubles with each rapid failure."""


@dataclass(frozen=True)
class Listeners:
    """Who is told what the process does on its own."""

    initialised: Callable[[types.ListToolsResult], None]
    """Gets the first page of its tools, once for each process."""
    notified: MessageHandlerFnT
    """Gets its notifications, and what it writes to its output that is not MCP."""


class ServerProcess:
    """The process of a stdio server, and the MCP session with it."""

    def __init__(self, command: Sequence[str], limits: Limits, listeners: Listeners) -> None:
        self._command = command
        self._limits = limits
        self._listeners = listeners
        self._slots = anyio.CapacityLimiter(limits.calls)
        self._session: ClientSession | None = None
        self._alive = False
        self._failures = 0
        self._process_ended = anyio.Event()
        self._suspected = anyio.Event()
        self.initialised = False
        """A process has initialised and listed its tools at least once."""
        self.repeated: dict[str, types.ClientRequest] = {}
        """Requests that set a state of the process, by what they set. A new process gets them again."""

    @property
    def healthy(self) -> bool:
        """Return whether the process is running and has not failed too often in a row."""
        return self._alive and self._failures < UNHEALTHY_AFTER

    @property
    def ready(self) -> bool:
        """Return whether the process has initialised, has listed its tools, and accepts calls."""
        return self._session is not None

    async def run(self, *, task_status: TaskStatus[types.InitializeResult]) -> None:
        """Keep the process running until cancelled, which ends it. Report its first initialisation to `task_status`."""
        while True:
            begun = monotonic()
            reason = await self._run_once(task_status)
            stable = monotonic() - begun >= STABLE_AFTER
            self._failures = 1 if stable else self._failures + 1
            delay = min(self._limits.first_delay * 2 ** (self._failures - 1), MAX_RESTART_DELAY)
            _log.warning("%s; restarting it in %g s (failure %d in a row)", reason, delay, self._failures)
            await anyio.sleep(delay)

    async def request(
        self, request: types.ClientRequest, result: type[_Result], progress: ProgressFnT | None = None
    ) -> _Result:
        """Forward one request to the process and return its result; `progress` gets the progress that it reports.

        A cancelled call cancels the request in the process, too.

        Raises:
            MCPError: The server's own error; or the process is not running, ended or timed out during the request, or
                its answer is not valid MCP.
        """
        session, method = self._session, request.method
        if session is None:
            message = "the server's process is not running: try again in a moment"
            raise MCPError(types.CONNECTION_CLOSED, message)
        try:
            with anyio.fail_after(self._limits.timeout):
                async with self._slots:
                    return await session.send_request(request, result, progress_callback=progress)
        except TimeoutError:
            self._suspected.set()
            message = f"the server did not answer {method} within {self._limits.timeout:g} s"
            raise MCPError(types.REQUEST_TIMEOUT, message) from None
        except ValidationError:
            message = f"the server's answer to {method} is not valid MCP"
            raise MCPError(types.INTERNAL_ERROR, message) from None
        except MCPError as error:
            if error.code != types.CONNECTION_CLOSED:
                raise
            message = f"the server's process ended during {method} and is being restarted: try again in a moment"
            raise MCPError(types.CONNECTION_CLOSED, message) from error

    async def _run_once(self, task_status: TaskStatus[types.InitializeResult]) -> str:
        """Run the process until it ends; return why it ended."""
        self._process_ended, self._suspected = anyio.Event(), anyio.Event()
        pipe = stdio_connection(self._command, self._limits.answer_bytes, started=self._started, ended=self._ended)
        reason = "the server's process ended"
        try:
            # This limits the initialisation, for which the process has to start. `request` limits the time of calls.
            start_seconds = max(self._limits.timeout, _START_SECONDS)
            async with Client(
                pipe,
                mode="legacy",
                read_timeout_seconds=start_seconds,
                cache=None,
                message_handler=self._listeners.notified,
            ) as client:
                await self._initialise(client.session, task_status)
                async with anyio.create_task_group() as group:
                    group.start_soon(self._watch_for_hangs, client.session)
                    await self._process_ended.wait()
                    group.cancel_scope.cancel()
        except* (MCPError, OSError, RuntimeError, ValidationError) as errors:
            reason = f"the server's process failed: {_first(errors)}"
        return reason

    async def _initialise(self, session: ClientSession, task_status: TaskStatus[types.InitializeResult]) -> None:
        greeting = await session.initialize()
        tools = types.ListToolsResult(tools=[])
        if greeting.capabilities.tools is not None:
            tools = await session.send_request(types.ListToolsRequest(), types.ListToolsResult)
        for request in self.repeated.values():
            with suppress(MCPError):
                await session.send_request(request, types.EmptyResult)
        self._listeners.initialised(tools)
        self._session = session
        if not self.initialised:
            self.initialised = True
            task_status.started(greeting)

    async def _watch_for_hangs(self, session: ClientSession) -> None:
        """End a process that no longer answers."""
        while True:
            await self._suspected.wait()
            try:
                with anyio.fail_after(min(PING_SECONDS, self._limits.timeout)), suppress(MCPError):
                    await session.send_request(types.PingRequest(), types.EmptyResult)
            except TimeoutError:
                _log.warning("the server's process does not answer a ping")
                self._ended()
            self._suspected = anyio.Event()

    def _started(self) -> None:
        self._alive = True

    def _ended(self) -> None:
        self._alive = False
        self._session = None
        self._process_ended.set()


def _first(errors: BaseExceptionGroup[BaseException]) -> str:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}".splitlines()[0]
