"""Collect the answers of the MCP servers' probe paths."""

from collections.abc import Mapping
from functools import partial

from checks.health.http_probe import Reply, ask
from checks.kube.concurrent import read_each
from checks.kube.connection import Connection
from checks.kube.endpoint import service
from checks.kube.reading import Permission, ReadFailure
from checks.kube.retry import patiently
from checks.snapshot.reader import Collector, Reader
from stacks.model import names
from stacks.model.probe import HttpGet
from stacks.model.server import Server

VERIFIER = (names.APP, names.VERIFIER)
"""The label of the verifier's Jobs."""
ROTATOR = (names.APP, names.ROTATOR)
"""The label of the rotator's Jobs."""


Answers = Mapping[str, Mapping[str, Reply | ReadFailure]]
"""Server → probe path → answer."""


async def collect(reader: Reader) -> Answers:
    """Request the probe paths of every server."""
    servers = reader.declaration.servers

    async def answers(kind: str) -> Mapping[str, Reply | ReadFailure]:
        server = servers[kind]
        paths = probed(server) if server.replicas else ()
        return await read_each(partial(_answer, reader.connection, kind, server), paths)

    return await read_each(answers, servers)


PROBES = Collector(collect)


def probed(server: Server) -> dict[str, str]:
    """Return the paths of the probes by GET on the endpoint's port, each once, with the names of its probes."""
    probes = {
        "liveness": server.probes.liveness,
        "readiness": server.probes.readiness,
        "startup": server.probes.startup,
    }
    paths: dict[str, list[str]] = {}
    for name, probe in probes.items():
        action = probe.action()
        # Only the endpoint's port can be reached through the Service in any case, and headers do not pass it.
        if isinstance(action, HttpGet) and not action.headers and action.port in (None, server.port):
            paths.setdefault(action.path, []).append(name)
    return {path: ", ".join(named) for path, named in paths.items()}


async def _answer(connection: Connection, kind: str, server: Server, path: str) -> Reply | ReadFailure:
    route, full = service(connection, kind, server, path)
    what = f"GET {path} of {server.namespace}/{names.server(kind)}"
    permission = Permission("get", "services/proxy", server.namespace)

    async def once() -> Reply | ReadFailure:
        return await ask(route, full, what, permission)

    return await (patiently(once, _answered) if connection.inside else once())


def _answered(reply: Reply | ReadFailure) -> bool:
    return isinstance(reply, ReadFailure) or reply.status is not None
