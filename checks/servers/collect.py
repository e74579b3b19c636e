"""MCP servers anywhere in the cluster, by the label that the seed gives them (section 2.1)."""

from checks.kube import models as k8s
from checks.kube.reading import Read, ReadFailure, Reading
from checks.snapshot.reader import Collector, Reader
from stacks.model import names

MCP_SERVERS = (names.APP, names.MCP_SERVER_APP)
"""The label that the pods of every MCP server carry."""


async def collect(reader: Reader) -> Reading[tuple[k8s.Pod, ...]] | None:
    """Return the pods of MCP servers in the whole cluster; None where only declared namespaces are searched.

    The in-cluster verifier is not asked for others: it has access to the declared namespaces only, by design.
    """
    if reader.connection.inside:
        return None
    pods = (await reader.pods()).whole
    label, value = MCP_SERVERS
    if isinstance(pods, ReadFailure):
        return pods
    return Read(tuple(pod for pod in pods.value if pod.metadata.labels.get(label) == value), pods.seconds)


DISCOVERY = Collector(collect)
