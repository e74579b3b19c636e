"""How the declared workloads fare, as far as it shows nowhere else: probe paths' answers, and the verifier's runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio

from checks.health.http_probe import Reply, ask
from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind, Read, ReadFailure, Reading
from checks.kube.connection import Connection
from checks.kube.endpoint import service
from checks.kube.retry import patiently
from checks.results.result import Permission
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.server import Server

JOBS = Kind("apis/batch/v1", "jobs", k8s.Job)
VERIFIER = f"{names.APP}={names.VERIFIER}"

Jobs = Reading[tuple[k8s.Job, ...]]


@dataclass(frozen=True)
class Health:
    """Answers and runs. Without a declared verifier there are no runs."""

    at: datetime
    """When this was read: what a judge calls `an hour ago` is an hour before."""
    answers: Mapping[str, Mapping[str, Reply | ReadFailure]]
    """Server → probe path → what it answered."""
    jobs: Jobs


async def read(declaration: Declaration, connection: Connection, api: ApiClient) -> Health:
    """Ask every server's probe paths, and list the verifier's Jobs where one is declared."""
    answers: dict[str, dict[str, Reply | ReadFailure]] = {kind: {} for kind in declaration.servers}
    jobs: Jobs = Read((), 0.0)

    async def answer(kind: str, server: Server, path: str) -> None:
        answers[kind][path] = await _answer(connection, kind, server, path)

    async def list_jobs() -> None:
        nonlocal jobs
        jobs = await api.list(JOBS, names.SYSTEM_NAMESPACE, labels=VERIFIER)

    async with anyio.create_task_group() as group:
        for kind, server in declaration.servers.items():
            for path in probed(server) if server.replicas else ():
                group.start_soon(answer, kind, server, path)
        if declaration.verifier:
            group.start_soon(list_jobs)
    return Health(datetime.now(UTC), answers, jobs)


def unread(declaration: Declaration, why: ReadFailure) -> Health:
    """Give what stands there if nothing can be read."""
    answers = {kind: dict.fromkeys(probed(server), why) for kind, server in declaration.servers.items()}
    return Health(datetime.now(UTC), answers, why)


def probed(server: Server) -> dict[str, str]:
    """Give the paths that the kubelet asks, each once, with the probes that ask it."""
    probes = {
        "liveness": server.probes.liveness,
        "readiness": server.probes.readiness,
        "startup": server.probes.startup,
    }
    paths: dict[str, list[str]] = {}
    for name, probe in probes.items():
        paths.setdefault(probe.path, []).append(name)
    return {path: ", ".join(asking) for path, asking in paths.items()}


async def _answer(connection: Connection, kind: str, server: Server, path: str) -> Reply | ReadFailure:
    way, full = service(connection, kind, server, path)
    what = f"GET {path} of {server.namespace}/{names.server(kind)}"
    permission = Permission("get", "services/proxy", server.namespace)

    async def once() -> Reply | ReadFailure:
        return await ask(way, full, what, permission)

    return await (patiently(once, _answered) if connection.inside else once())


def _answered(reply: Reply | ReadFailure) -> bool:
    return isinstance(reply, ReadFailure) or reply.status is not None
