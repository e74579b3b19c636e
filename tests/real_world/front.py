"""A program in front of a server, as an Ingress controller is: it passes on what asks for its host."""

from contextlib import suppress

import anyio
from anyio.abc import ByteStream

from tests.checks.mcp.socket_server import answer

_ENDS = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


class Front:
    """Passes connections on to an address; `open` says whether it knows the host."""

    def __init__(self, host: str, address: str, port: int) -> None:
        self.host, self.address, self.port = host, address, port
        self.open = True

    async def serve(self, stream: ByteStream) -> None:
        """Serve one connection."""
        async with stream:
            head = await stream.receive()
            if not self.open or f"host: {self.host}\r\n".encode() not in head.lower():
                await stream.send(answer("404 Not Found", "default backend"))
                return
            async with await anyio.connect_tcp(self.address, self.port) as server:
                await server.send(head)
                async with anyio.create_task_group() as group:
                    group.start_soon(_pass, stream, server, group)
                    group.start_soon(_pass, server, stream, group)


async def _pass(source: ByteStream, target: ByteStream, group: anyio.abc.TaskGroup) -> None:
    with suppress(*_ENDS):
        async for sent in source:
            await target.send(sent)
    group.cancel_scope.cancel()
