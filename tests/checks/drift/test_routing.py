"""Which check compares a declared object, and the code of a difference in it, follow from where it was declared."""

from checks.drift.codes import codes
from checks.drift.routing import check_of
from stacks.manifests.build import build
from tests.components.full import full

# The stack puts a namespace's component on the Secrets in it, so this one has the label of an MCP server's objects.
NAMESPACES = {
    name: {"component": "mcp-server", "description": name}
    for name in ("cortex-mcp", "cortex-monitoring", "cortex-system")
}


def test_only_what_a_server_declares_belongs_to_the_servers() -> None:
    found = {(one.kind, one.name): check_of(one) for one in build(full(namespaces=NAMESPACES))}
    assert found["Deployment", "demo-mcp-server"] == "servers"
    assert found["Service", "demo-mcp-server"] == "servers"
    assert found["NetworkPolicy", "demo-mcp-server"] == "network"
    assert found["Deployment", "kube-state-metrics"] == "objects"
    assert found["ExternalSecret", "external"] == "objects"


def test_only_the_deployments_of_servers_have_their_codes() -> None:
    deployments = {one.name: codes(one).missing for one in build(full()) if one.kind == "Deployment"}
    assert deployments == {
        "demo-mcp-server": "server.missing",
        "bare-mcp-server": "server.missing",
        "kube-state-metrics": "object.missing",
        "cortex-agent": "object.missing",
    }
