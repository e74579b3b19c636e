"""CiliumNetworkPolicies: what pods may connect to by DNS names, which no NetworkPolicy can express.

Sources: Cilium, "Layer 3 Policies", section "DNS based", and "Layer 7 Policies", section "DNS Policy and IP Discovery".
"""

from collections.abc import Iterator, Mapping, Sequence

from stacks.manifests.manifest import Manifest, Value
from stacks.model.cluster_dns import ClusterDns
from stacks.model.destination import Destination

_NAMESPACE = "k8s:io.kubernetes.pod.namespace"


def dns_names_policy(
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    selected: Value,
    declared: Sequence[Destination],
    dns: ClusterDns,
) -> Iterator[Manifest]:
    """Yield the policy that allows the `selected` pods to connect to declared DNS names; none without such names.

    It adds to what NetworkPolicies allow the same pods, and as they do it denies them other egress.
    """
    if rules := [_rule(one) for one in declared if one.dns_names]:
        spec: Value = {"endpointSelector": selected, "egress": [*_lookups(dns), *rules]}
        yield Manifest("cilium.io/v2", "CiliumNetworkPolicy", name, namespace, labels, content={"spec": spec})


def _lookups(dns: ClusterDns) -> Iterator[Value]:
    """Yield the rules that send DNS queries through Cilium's proxy, where it learns the addresses of names.

    They allow every query, because the NetworkPolicies do, too, so that Cilium would ignore a narrower rule.
    """
    ports: list[Value] = [
        {"port": str(port), "protocol": protocol} for port in dns.ports for protocol in ("UDP", "TCP")
    ]
    through: Value = [{"ports": ports, "rules": {"dns": [{"matchPattern": "*"}]}}]
    labels = {_NAMESPACE: dns.namespace, **{f"k8s:{key}": value for key, value in dns.labels.items()}}
    yield {"toEndpoints": [{"matchLabels": labels}], "toPorts": through}
    # One rule cannot have both endpoints and addresses.
    if dns.cidrs:
        yield {"toCIDR": dns.cidrs, "toPorts": through}


def _rule(declared: Destination) -> Value:
    return {
        "toFQDNs": [{"matchPattern" if "*" in name else "matchName": name} for name in declared.dns_names],
        "toPorts": [{"ports": [{"port": str(port), "protocol": "TCP"} for port in declared.ports]}],
    }
