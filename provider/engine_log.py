"""Status lines and warnings that the engine shows beside a resource."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from provider.properties import redact

if TYPE_CHECKING:
    from provider.properties import Object

_SECONDS = 5.0
"""How long to wait for the engine. A line that it does not accept in time is dropped."""


class EngineLog:
    """The log of one operation on one resource. Secret values in `properties` are redacted.

    Without an engine, all lines are dropped.
    """

    def __init__(
        self, engine: engine_pb2_grpc.EngineStub | None = None, urn: str = "", properties: Object | None = None
    ) -> None:
        self._engine, self._urn, self._properties = engine, urn, properties or {}
        self._shown = ""

    def status(self, text: str) -> None:
        """Show `text` beside the resource until the next status; '' clears it."""
        if text != self._shown:
            self._shown = text
            self._send(text, engine_pb2.INFO, ephemeral=True)

    def warn(self, text: str) -> None:
        """Show a permanent warning."""
        self._send(text, engine_pb2.WARNING, ephemeral=False)

    def _send(self, text: str, severity: engine_pb2.LogSeverity.ValueType, *, ephemeral: bool) -> None:
        if self._engine is None:
            return
        message = redact(text, self._properties)
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=self._urn, ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError):
            self._engine.Log(request, timeout=_SECONDS)
