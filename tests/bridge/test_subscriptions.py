"""One process, many clients that subscribe."""

import anyio
import mcp_types as types
import pytest
from mcp import MCPError

from bridge.server_process import Limits, Listeners, ServerProcess
from bridge.subscriptions import Subscriptions


class Recorder(ServerProcess):
    """A process that only notes what it gets."""

    def __init__(self) -> None:
        async def ignored(message: object) -> None:
            await anyio.lowlevel.checkpoint()

        super().__init__(["none"], Limits(), Listeners(lambda _: None, ignored))
        self.got: list[str] = []
        self.refuses = False

    async def request(self, request: types.ClientRequest, result: type, progress: object = None) -> types.EmptyResult:  # type: ignore[override]
        await anyio.lowlevel.checkpoint()
        if self.refuses:
            raise MCPError(types.INVALID_PARAMS, "no such resource")
        self.got.append(request.method.removeprefix("resources/"))
        return types.EmptyResult()


def test_the_process_is_subscribed_while_one_client_is() -> None:
    async def use() -> None:
        process = Recorder()
        subscriptions = Subscriptions(process)
        await subscriptions.add("a")
        async with subscriptions.during(["a"]):
            await subscriptions.remove("a")
            assert "unsubscribe" not in process.got
            assert process.repeated
        assert process.got[-1] == "unsubscribe"
        assert not process.repeated

    anyio.run(use)


def test_a_refused_subscription_is_not_remembered() -> None:
    async def use() -> None:
        process = Recorder()
        process.refuses = True
        with pytest.raises(MCPError, match="no such resource"):
            async with Subscriptions(process).during(["a"]):
                pass
        assert not process.repeated

    anyio.run(use)
