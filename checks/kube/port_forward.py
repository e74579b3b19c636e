"""Exchange bytes with a port of a pod through the API server, as `kubectl port-forward` does.

The API server transports the bytes over a WebSocket with channels: 0 has the port's data and 1 its errors, and the
first message of each has the port's number (Kubernetes: subprotocol v4.channel.k8s.io of pods/portforward).

`kubernetes.stream.portforward` does not fit: it needs the API classes of that package, so that a DNS query takes 1 s
instead of 15 ms. It also connects without a timeout and loses the HTTP status of a refusal.
"""

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

import websocket

from checks.kube.client import status_message
from checks.kube.connection import Connection
from checks.kube.web_socket import open_web_socket

if TYPE_CHECKING:
    from collections.abc import Generator

_PROTOCOL = "v4.channel.k8s.io"
DATA, _ERROR = 0, 1


class ForwardError(Exception):
    """The port cannot be reached or does not answer. `status` is the HTTP status if the API server refused."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def exchange(
    connection: Connection,
    namespace: str,
    pod: str,
    port: int,
    sent: bytes,
    complete: Callable[[bytes], bool],
    seconds: float,
) -> bytes:
    """Send bytes to a pod's port, and return the complete answer. This function blocks.

    Raises:
        ForwardError: the API server refused, the port cannot be reached, or the answer did not come in time.
    """
    with refusals(seconds):
        channel = open_channel(connection, namespace, pod, port, seconds)
        try:
            channel.send_binary(bytes([DATA]) + sent)
            return _receive(channel, complete)
        finally:
            channel.close(timeout=0)


@contextmanager
def refusals(seconds: float) -> "Generator[None]":
    """Raise ForwardError in place of the library's errors."""
    try:
        yield
    except websocket.WebSocketBadStatusException as refused:
        body = refused.resp_body if isinstance(refused.resp_body, bytes) else b""
        raise ForwardError(status_message(body) or f"HTTP {refused.status_code}", refused.status_code) from refused
    except websocket.WebSocketTimeoutException as late:
        raise ForwardError(f"no complete answer within {seconds:g} s") from late
    except (websocket.WebSocketException, OSError) as error:
        raise ForwardError(str(error) or type(error).__name__) from error


def open_channel(connection: Connection, namespace: str, pod: str, port: int, seconds: float) -> websocket.WebSocket:
    """Return a WebSocket with the channels of a pod's port. Raises the library's errors."""
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}"
    return open_web_socket(connection, path, _PROTOCOL, seconds)


def _receive(channel: websocket.WebSocket, complete: Callable[[bytes], bool]) -> bytes:
    received, begun = b"", set[int]()
    while not complete(received):
        received += next_bytes(channel, begun)
    return received


def next_bytes(channel: websocket.WebSocket, begun: set[int]) -> bytes:
    """Return the next bytes of the port; `begun` are the channels whose first message was received."""
    while True:
        _opcode, frame = channel.recv_data()
        if not frame:
            raise ForwardError("the API server closed the connection to the port")
        number, content = frame[0], frame[1:]
        if number not in begun:
            # The port's number.
            begun.add(number)
        elif number == _ERROR:
            raise ForwardError(content.decode(errors="replace"))
        elif number == DATA:
            return bytes(content)
