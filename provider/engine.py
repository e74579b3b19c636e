"""What the user sees of a resource while it is worked on: the engine's log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from provider.properties import redact

if TYPE_CHECKING:
    from provider.properties import Object

_SECONDS = 5.0
"""To wait for the engine; a line that it does not take is lost, and nothing else."""


class Log(Protocol):
    """Where one resource's operation tells what it does."""

    def status(self, text: str) -> None:
        """Shows `text` beside the resource until the next one; '' clears it."""

    def warn(self, text: str) -> None:
        """Shows a lasting warning."""


class Silence:
    """A Log that nobody reads."""

    def status(self, text: str) -> None:
        """Nothing."""

    def warn(self, text: str) -> None:
        """Nothing."""


class Engine:
    """The engine that started us."""

    def __init__(self, address: str) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def log(self, urn: str, properties: Object) -> Log:
        """A log of one resource, which never shows the secret values in its `properties`."""
        return _ResourceLog(self._stub, urn, properties)


class _ResourceLog:
    def __init__(self, stub: engine_pb2_grpc.EngineStub, urn: str, properties: Object) -> None:
        self._stub, self._urn, self._properties = stub, urn, properties
        self._shown = ""

    def status(self, text: str) -> None:
        if text != self._shown:
            self._shown = text
            self._tell(text, engine_pb2.INFO, ephemeral=True)

    def warn(self, text: str) -> None:
        self._tell(text, engine_pb2.WARNING, ephemeral=False)

    def _tell(self, text: str, severity: engine_pb2.LogSeverity.ValueType, *, ephemeral: bool) -> None:
        message = redact(text, self._properties)
        request = engine_pb2.LogRequest(severity=severity, message=message, urn=self._urn, ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError):
            self._stub.Log(request, timeout=_SECONDS)
