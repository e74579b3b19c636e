"""Callers and probe pods for the tests of the check `network`."""

from collections.abc import Callable

import anyio

from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.kube.listing import Listing
from checks.kube.reading import Read, Reading
from checks.network.callers import Caller
from checks.network.collect import ATTEMPTS, Network
from stacks.model.declaration import Declaration
from stacks.model.owner import SERVERS, Owner
from tests.checks.collecting import collect
from tests.checks.fake_api import FakeApi, serve
from tests.checks.world import SETTINGS, Json, World, declared

CLIENT = Caller("cortex-system")
VERIFIER = Caller("cortex-system", (("app", "cortex-verifier"),))
UNDECLARED = Caller("cortex-mcp")
TIME = Owner(SERVERS, "time")

ONE, TWO = (Read((k8s.Node(k8s.Meta(name="a")),) * count, 0.1) for count in (1, 2))
"""The nodes of a cluster."""


def stack(*clients: Json, **changes: Json) -> Declaration:
    """Return a declaration of one server with these clients, and a verifier."""
    time = {**SETTINGS["servers"]["time"], "clients": clients}
    parts: dict[str, Json] = {"servers": {"time": time}, "verifier": {"image": "registry.test/cortex:1"}, **changes}
    return declared(**parts)


def collect_attempts(
    world: World,
    *,
    inside: bool,
    prepare: Callable[[FakeApi], None] = lambda api: None,
    nodes: Reading[tuple[k8s.Node, ...]] = TWO,
) -> Network:
    """Return what the probe pods could connect to, with a fake API server."""
    with serve(world) as api:
        prepare(api)

        async def main() -> Network:
            connection = Connection("test", api.url, inside=inside)
            return await collect(ATTEMPTS, world.declaration, connection, Node=Listing(nodes, {}))

        result = anyio.run(main)
        jobs = set(api.created)
        assert jobs == set(api.deleted) & jobs, "every Job is deleted"
    return result
