"""Events, pods and nodes as the tests of reactions need them, and handlers asked against an API server."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import anyio
import msgspec

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.reactions.objects import Node, Pod
from checks.results.result import Ref
from tests.checks.fake_api import FakeApi
from tests.checks.world import NOW

T = TypeVar("T")
Json = dict[str, Any]

SPACE = "cortex-mcp"
AT = "2026-01-01T11:00:00Z"


def occurred(
    reason: str, message: str = "", about: Ref | None = None, *, times: int = 1, minutes: int = 0, container: str = ""
) -> Occurrence:
    """Give an event, by default about a pod; `minutes` after the first."""
    last = NOW + timedelta(minutes=minutes)
    about = about or Ref("Pod", "time-1", SPACE)
    return Occurrence(about, "Warning", reason, message, times, times, NOW, last, container=container)


def pod(spec: Json | None = None, status: Json | None = None, name: str = "time-1", owner: str = "") -> Json:
    """Give a pod as JSON."""
    owners = [{"kind": "ReplicaSet", "name": owner, "controller": True}] if owner else []
    return {
        "metadata": {"name": name, "namespace": SPACE, "uid": f"uid of {name}", "ownerReferences": owners},
        "spec": spec or {},
        "status": status or {},
    }


def container(**fields: Any) -> Json:
    """Give the specification of a pod with one container."""
    return {"containers": [{"name": "main", "image": "registry.test/time:1", **fields}]}


def requesting(cpu: str = "", memory: str = "") -> Json:
    """Give the resources of a container."""
    return {"requests": {**({"cpu": cpu} if cpu else {}), **({"memory": memory} if memory else {})}}


def node(name: str, *, ready: bool = True, spec: Json | None = None, **allocatable: str) -> Json:
    """Give a node as JSON."""
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": spec or {},
        "status": {
            "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110", **allocatable},
            "conditions": [
                {
                    "type": "Ready",
                    "status": str(ready),
                    "reason": "KubeletReady" if ready else "KubeletNotReady",
                    "message": "" if ready else "container runtime is down",
                    "lastTransitionTime": AT,
                },
                {"type": "MemoryPressure", "status": "False"},
            ],
        },
    }


def as_pod(json: Json) -> Pod:
    return msgspec.convert(json, Pod)


def as_node(json: Json) -> Node:
    return msgspec.convert(json, Node)


def ask(api: FakeApi, what: Callable[[ApiClient], Awaitable[T]]) -> T:
    """Ask with a client of this API server."""

    async def main() -> T:
        async with Connection("test", api.url).client() as client:
            return await what(ApiClient(client))

    return anyio.run(main)
