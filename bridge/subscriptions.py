"""Subscriptions to resources. One process serves all clients, so that it is subscribed while at least one client is."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress

import anyio
import mcp_types as types
from mcp import MCPError

from bridge.server_process import ServerProcess


class Subscriptions:
    """How many clients have subscribed to each resource."""

    def __init__(self, process: ServerProcess) -> None:
        self._process = process
        self._clients: Counter[str] = Counter()

    async def add(self, uri: str) -> types.EmptyResult:
        """Subscribe one more client."""
        request = types.SubscribeRequest(params=types.SubscribeRequestParams(uri=uri))
        result = await self._process.request(request, types.EmptyResult)
        self._clients[uri] += 1
        self._process.repeated[_key(uri)] = request
        return result

    async def remove(self, uri: str) -> types.EmptyResult:
        """Unsubscribe one client."""
        if self._clients[uri] > 1:
            self._clients[uri] -= 1
            return types.EmptyResult()
        del self._clients[uri]
        self._process.repeated.pop(_key(uri), None)
        request = types.UnsubscribeRequest(params=types.UnsubscribeRequestParams(uri=uri))
        return await self._process.request(request, types.EmptyResult)

    @asynccontextmanager
    async def during(self, uris: Sequence[str]) -> AsyncGenerator[None]:
        """Within it, one more client has subscribed to all of them."""
        added: list[str] = []
        try:
            for uri in uris:
                await self.add(uri)
                added.append(uri)
            yield
        finally:
            # The client may have gone, which cancels its request.
            with anyio.CancelScope(shield=True), suppress(MCPError):
                for uri in added:
                    await self.remove(uri)


def _key(uri: str) -> str:
    return f"resources/subscribe {uri}"
