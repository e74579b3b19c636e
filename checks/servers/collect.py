"""MCP servers anywhere in the cluster, by the label that the seed gives them (section 2.1)."""

from dataclasses import dataclass

from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind, ReadFailure, Reading
from checks.kube.connection import Connection
from stacks.model import names
from stacks.model.declaration import Declaration

PODS = Kind("api/v1", "pods", k8s.Pod)
MCP_SERVERS = f"{names.APP}={names.MCP_SERVER_APP}"


@dataclass(frozen=True)
class Discovery:
    """Pods of MCP servers in all namespaces; None where nobody looks into others than the declared ones."""

    pods: Reading[tuple[k8s.Pod, ...]] | None


async def read(_declaration: Declaration, connection: Connection, api: ApiClient) -> Discovery:
    """List the pods of MCP servers in the whole cluster.

    The verifier's own account is not asked: it has rights in the declared namespaces, on purpose.
    """
    return Discovery(None if connection.inside else await api.list(PODS, labels=MCP_SERVERS))


def unread(_declaration: Declaration, why: ReadFailure) -> Discovery:
    """Give what stands there if nothing can be read."""
    return Discovery(why)
