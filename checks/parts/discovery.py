"""MCP servers anywhere in the cluster, by the label that the seed gives them (section 2.1)."""

from dataclasses import dataclass

from checks import objects as k8s
from checks.access import Access
from checks.api import Api, Kind, Reading, Unread
from checks.findings import Reason
from stacks import names
from stacks.model import Declaration

PODS = Kind("api/v1", "pods", k8s.Pod)
MCP_SERVERS = f"{names.APP}={names.MCP_SERVER_APP}"


@dataclass(frozen=True)
class Discovery:
    """Pods of MCP servers in all namespaces; None if the account may look into the declared ones alone."""

    pods: Reading[tuple[k8s.Pod, ...]] | None


async def read(_declaration: Declaration, access: Access, api: Api) -> Discovery:
    """List the pods of MCP servers in the whole cluster, where that is allowed.

    The verifier's own account is not asked: it has rights in the declared namespaces, on purpose.
    """
    if access.inside:
        return Discovery(None)
    pods = await api.list(PODS, labels=MCP_SERVERS)
    forbidden = isinstance(pods, Unread) and pods.reason is Reason.FORBIDDEN
    return Discovery(None if forbidden else pods)


def unread(_declaration: Declaration, why: Unread) -> Discovery:
    """Give what stands there if nothing can be read."""
    return Discovery(why)
