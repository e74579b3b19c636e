"""What the user sees of a resource while it is worked on: the engine's log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from provider.properties import redact

if TYPE_CHECKING:
    from provider.properties import Object

_SECONDS = 5.0
"""To wait for the engine; a line that it does not take is lost, and nothing else."""


class EngineLog:
    """Where one resource's operation tells what it does, without the secrets in its `properties`.

    Without an engine nobody hears it.
    """

    def __init__(
        self, engine: engine_pb2_grpc.EngineStub | None = None, urn: str = "", properties: Object | None = None
    ) -> None:
        self._engine, self._urn, self._properties = engine, urn, properties or {}
        self._shown = ""

    def status(self, text: str) -> None:
        """Shows `text` beside the resource until the next one; '' clears it."""
        if text != self._shown:
            self._shown = text
            self._tell(text, engine_pb2.INFO, ephemeral=True)

    def warn(self, text: str) -> None:
        """Shows a lasting warning."""
        self._tell(text, engine_pb2.WARNING, ephemeral=False)

    def _tell(self, text: str, severity: engine_pb2.LogSeverity.ValueType, *, ephemeral: bool) -> None:
        if self._engine is None:
            return
        message = redact(text, self._properties)
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=self._urn, ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError):
            self._engine.Log(request, timeout=_SECONDS)
