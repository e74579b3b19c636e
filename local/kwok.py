"""The fallback without root: a control plane on loopback and a node that KWOK plays. No container ever runs."""

from local.control_plane import API_SERVER, Site
from local.plan import Component

LIMITS = (
    "This node is played by KWOK: objects, scheduling, quotas, RBAC and admission are real, but no container runs. "
    "It cannot show probes, MCP endpoints, DNS, logs, metrics or enforced NetworkPolicies, "
    "so `cortex verify` cannot be green on it."
)
"""What a user of this node has to know."""


def node_name(cluster: str) -> str:
    """Name the node that KWOK plays."""
    return f"{cluster}-kwok"


def component(site: Site) -> Component:
    """Give KWOK's command line: it plays the nodes that carry its label, and their pods."""
    port = site.port("kwok")
    command = (
        str(site.programs["kwok"]),
        f"--kubeconfig={site.kubeconfig('kwok')}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-label-selector=type=kwok",
        f"--server-address=127.0.0.1:{port}",
        # Without a lease it writes the node's status each 55 s, and after 50 s the controller-manager takes the node,
        # and for good the pods on it, for not ready.
        "--node-lease-duration-seconds=40",
    )
    return Component("kwok", command, (API_SERVER,), f"http://127.0.0.1:{port}/healthz")
