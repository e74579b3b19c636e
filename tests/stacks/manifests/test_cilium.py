"""DNS names that pods may connect to are rules of a CiliumNetworkPolicy beside the NetworkPolicy."""

from typing import Any

import pytest

from stacks.manifests.build import build
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration
from tests.components.recording import MINIMAL

NAMED = {"dnsNames": ["api.example.com", "*.example.org"], "ports": [443, 8443]}
ADDRESSED = {"cidrs": ["192.0.2.0/24"], "ports": [443]}
IMAGE = "registry.test/cortex:1"
NAMESPACE: dict[str, Any] = {"component": "mcp", "description": "Servers"}
TO_NAMES = {
    "toFQDNs": [{"matchName": "api.example.com"}, {"matchPattern": "*.example.org"}],
    "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}, {"port": "8443", "protocol": "TCP"}]}],
}


def built(cluster: dict[str, object] | None = None, **parts: object) -> list[Manifest]:
    known = {"context": "test", "environment": "testing", "customResources": ["CiliumNetworkPolicy"]}
    spaces = {"cortex-system": NAMESPACE, "cortex-mcp": NAMESPACE}
    return [*build(Declaration.model_validate({"cluster": known | (cluster or {}), "namespaces": spaces, **parts}))]


def of(kind: str, manifests: list[Manifest]) -> dict[str, Any]:
    return {f"{one.namespace}/{one.name}": one.document() for one in manifests if one.kind == kind}


def test_a_server_has_a_policy_for_its_names() -> None:
    manifests = built(servers={"demo": {**MINIMAL, "egress": [ADDRESSED, NAMED]}})
    policy = of("CiliumNetworkPolicy", manifests)["cortex-mcp/demo-mcp-server"]
    beside = of("NetworkPolicy", manifests)["cortex-mcp/demo-mcp-server"]
    assert policy["apiVersion"] == "cilium.io/v2"
    assert policy["metadata"] == beside["metadata"]
    assert policy["spec"]["endpointSelector"] == beside["spec"]["podSelector"]
    assert policy["spec"]["egress"][1:] == [TO_NAMES]
    assert "ingress" not in policy["spec"]


def test_the_network_policy_is_that_without_names() -> None:
    with_names, without = (
        of("NetworkPolicy", built(servers={"demo": {**MINIMAL, "egress": egress}}))
        for egress in ([ADDRESSED, NAMED], [ADDRESSED])
    )
    assert with_names == without


def test_queries_pass_the_proxy_that_learns_the_addresses() -> None:
    dns = {"namespace": "dns", "labels": {"app": "dns"}, "ports": [5353], "cidrs": ["169.254.20.10/32"]}
    manifests = built({"dns": dns}, servers={"demo": {**MINIMAL, "egress": [NAMED]}})
    through = [
        {
            "ports": [{"port": "5353", "protocol": "UDP"}, {"port": "5353", "protocol": "TCP"}],
            "rules": {"dns": [{"matchPattern": "*"}]},
        }
    ]
    assert of("CiliumNetworkPolicy", manifests)["cortex-mcp/demo-mcp-server"]["spec"]["egress"][:2] == [
        {
            "toEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "dns", "k8s:app": "dns"}}],
            "toPorts": through,
        },
        {"toCIDR": ["169.254.20.10/32"], "toPorts": through},
    ]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ({"workloads": {"db": {"image": "registry.test/db:1", "egress": [NAMED]}}}, "cortex-mcp/db"),
        ({"verifier": {"image": IMAGE, "egress": [NAMED]}}, "cortex-system/cortex-verifier"),
        ({"agent": {"image": IMAGE, "egress": [NAMED]}}, "cortex-system/cortex-agent"),
    ],
)
def test_whatever_has_egress_may_name_names(parts: dict[str, Any], name: str) -> None:
    manifests = built(**parts)
    policies = of("CiliumNetworkPolicy", manifests)
    assert [*policies] == [name]
    assert policies[name]["spec"]["egress"][-1] == TO_NAMES
    assert policies[name]["spec"]["endpointSelector"] == of("NetworkPolicy", manifests)[name]["spec"]["podSelector"]


def test_a_namespace_has_only_the_policies_that_it_needs() -> None:
    spaces = {"cortex-system": NAMESPACE, "cortex-mcp": {**NAMESPACE, "egress": [NAMED]}}
    manifests = built(namespaces=spaces)
    assert of("CiliumNetworkPolicy", manifests)["cortex-mcp/allow-egress"]["spec"]["endpointSelector"] == {}
    assert {name for name in of("NetworkPolicy", manifests) if name.startswith("cortex-mcp/")} == {
        "cortex-mcp/allow-dns",
        "cortex-mcp/default-deny",
    }


def test_without_names_there_is_no_policy_of_cilium() -> None:
    assert of("CiliumNetworkPolicy", built(servers={"demo": {**MINIMAL, "egress": [ADDRESSED]}})) == {}
