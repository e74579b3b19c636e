"""A WebSocket: what is tried again, and what is not."""

from functools import partial

import pytest
import websocket
from anyio.abc import ByteStream

from checks.kube.connection import Connection
from checks.kube.web_socket import open_web_socket
from tests.checks.mcp.socket_server import Headers, Peer, answer, handle, listening


async def talk(peer: Peer) -> None:
    async for _ in peer.messages():
        return


def opened(port: int, retries: int) -> str:
    channel = open_web_socket(Connection("test", f"http://127.0.0.1:{port}", connect_retries=retries), "/", "mcp", 5)
    try:
        return channel.getsubprotocol() or ""
    finally:
        channel.shutdown()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("closed", [1, 2])
def test_connection_that_is_closed_in_the_handshake_is_tried_again(closed: int) -> None:
    accepted: list[int] = []

    async def serve(stream: ByteStream) -> None:
        accepted.append(1)
        await handle(stream, talk, lambda *_: b"" if len(accepted) <= closed else None)

    with listening(serve) as port:
        if closed == 1:
            assert opened(port, 1) == "mcp"
        else:
            with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionResetError)):
                opened(port, 1)
    assert len(accepted) == 2


def test_a_redirect_gets_no_credentials() -> None:
    seen: list[str] = []

    def redirect(path: str, _: Headers) -> bytes:
        seen.append(path)
        return answer("302 Found", Location="/elsewhere")

    with (
        listening(partial(handle, talk=talk, answers=redirect)) as port,
        pytest.raises(websocket.WebSocketBadStatusException) as refused,
    ):
        opened(port, 3)
    assert (refused.value.status_code, seen) == (302, ["/"])
