"""The node that needs no root: KWOK simulates it beside a control plane on loopback. No container runs."""

from local.cluster_setup import ClusterSetup
from local.control_plane import API_SERVER
from local.node_plan import Component

LIMITS = (
    "KWOK simulates this node: objects, scheduling, quotas, RBAC and admission are real, but no container runs. "
    "There are no probes, MCP endpoints, DNS, logs, metrics or enforced NetworkPolicies, "
    "so `cortex verify` cannot pass."
)
"""The limits of this node, shown when it starts."""


def node_name(cluster: str) -> str:
    """Return the name of the node that KWOK simulates."""
    return f"{cluster}-kwok"


def component(setup: ClusterSetup) -> Component:
    """Return the component KWOK, which simulates the nodes with its label and their pods."""
    port = setup.port("kwok")
    command = (
        str(setup.programs["kwok"]),
        f"--kubeconfig={setup.kubeconfig('kwok')}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-label-selector=type=kwok",
        f"--server-address=127.0.0.1:{port}",
        # Without a lease it writes the node's status each 55 s, and after 50 s the controller-manager takes the node,
        # and for good the pods on it, for not ready.
        "--node-lease-duration-seconds=40",
    )
    return Component("kwok", command, (API_SERVER,), f"http://127.0.0.1:{port}/healthz")
