"""Collect the pods of MCP servers in the whole cluster, found by their label."""

from checks.kube import models as k8s
from checks.kube.reading import Read, ReadFailure, Reading
from checks.snapshot.reader import Collector, Reader
from stacks.model import names

MCP_SERVERS = (names.APP, names.MCP_SERVER_APP)
"""The label of the pods of every MCP server."""


async def collect(reader: Reader) -> Reading[tuple[k8s.Pod, ...]] | None:
    """Return the pods of MCP servers in the whole cluster; None for the in-cluster verifier.

    The in-cluster verifier has access to the declared namespaces only, by design.
    """
    if reader.connection.inside:
        return None
    pods = (await reader.pods()).whole
    label, value = MCP_SERVERS
    if isinstance(pods, ReadFailure):
        return pods
    return Read(tuple(pod for pod in pods.value if pod.metadata.labels.get(label) == value), pods.seconds)


DISCOVERY = Collector(collect)
