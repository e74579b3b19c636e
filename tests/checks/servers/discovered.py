"""A cluster whose MCP servers can be discovered."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from checks.kube.connection import Connection
from checks.servers.discovery import Sight, look
from stacks.model import names
from tests.checks.fake_api import FakeApi, serve
from tests.checks.world import World, declared

TIME_URL = "http://time-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp"


@contextmanager
def serving() -> Iterator[FakeApi]:
    """Run an API server whose pods and Services have addresses."""
    with serve(World(declared())) as api:
        for number, pod in enumerate(api.world.objects["pods", "cortex-mcp"]):
            pod["spec"] = {"nodeName": "node-0"}
            pod["status"]["podIP"] = f"10.0.0.{number}"
        for service in api.world.objects["services", "cortex-mcp"]:
            service["spec"]["clusterIP"] = "10.96.0.7"
        yield api


def connection(api: FakeApi) -> Connection:
    return Connection("test", api.url)


def seen(api: FakeApi) -> Sight:
    return anyio.run(look, api.world.declaration, connection(api))


def stranger(api: FakeApi, namespace: str) -> None:
    pod = api.world.one("pods", "cortex-mcp", "time")
    labels = {names.APP: names.MCP_SERVER_APP, names.TYPE: "rogue"}
    api.world.add("pods", namespace, {**pod, "metadata": {"name": "rogue", "labels": labels}})


def unready(api: FakeApi, *prefixes: str) -> None:
    for pod in api.world.objects["pods", "cortex-mcp"]:
        if pod["metadata"]["name"].startswith(prefixes):
            pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
