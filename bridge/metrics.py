"""Metrics of the bridge for Prometheus: calls, errors and latency by tool, and starts of the process."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

import mcp_types as types
from anyio import get_cancelled_exc_class
from mcp import MCPError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

_BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_CAUSES = {types.REQUEST_TIMEOUT: "timeout", types.CONNECTION_CLOSED: "process"}
"""Code of an MCP error → the cause that the metrics name; of others it is `refused`."""


class Metrics:
    """The metrics of one bridge."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "mcp_bridge_call_duration_seconds",
            "Duration of a tool call, with the wait for its turn; its count is the number of calls.",
            ["tool"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._errors = Counter(
            "mcp_bridge_call_errors_total",
            "Tool calls without success: tool (its own error), refused (an MCP error), timeout, process (it ended), "
            "cancelled.",
            ["tool", "cause"],
            registry=self._registry,
        )
        self._running = Gauge("mcp_bridge_calls_running", "Tool calls that run or wait.", registry=self._registry)
        self.starts = Counter(
            "mcp_bridge_process_starts_total",
            "How many times the server's process has initialised.",
            registry=self._registry,
        )

    @contextmanager
    def call(self, tool: str) -> Generator[Callable[[BaseModel], BaseModel]]:
        """Measure a call of the tool. It yields a function that takes note of the result and returns it."""

        def result(found: BaseModel) -> BaseModel:
            if isinstance(found, types.CallToolResult) and found.is_error:
                self._errors.labels(tool, "tool").inc()
            return found

        with self._running.track_inprogress(), self._seconds.labels(tool).time():
            try:
                yield result
            except MCPError as error:
                self._errors.labels(tool, _CAUSES.get(error.code, "refused")).inc()
                raise
            except get_cancelled_exc_class():
                self._errors.labels(tool, "cancelled").inc()
                raise

    def expose(self, _: Request) -> Response:
        """Return all metrics in the text format."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
