"""The fallback without root: a control plane on loopback and a node that KWOK plays. No container ever runs."""

from local.control_plane import API_SERVER, ClusterSetup
from local.node_plan import Component

LIMITS = (
    "This node is played by KWOK: objects, scheduling, quotas, RBAC and admission are real, but no container runs. "
    "It cannot show probes, MCP endpoints, DNS, logs, metrics or enforced NetworkPolicies, "
    "so `cortex verify` cannot be green on it."
)
"""What a user of this node has to know."""


def node_name(cluster: str) -> str:
    """Name the node that KWOK plays."""
    return f"{cluster}-kwok"


def component(setup: ClusterSetup) -> Component:
    """Give KWOK's command line: it plays the nodes that carry its label, and their pods."""
    port = setup.port("kwok")
    command = (
        str(setup.programs["kwok"]),
        f"--kubeconfig={setup.kubeconfig('kwok')}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-label-selector=type=kwok",
        f"--server-address=127.0.0.1:{port}",
    )
    return Component("kwok", command, (API_SERVER,), f"http://127.0.0.1:{port}/healthz")
