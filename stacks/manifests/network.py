"""NetworkPolicies. Managed namespaces deny all traffic; others allow DNS, clients, the API and declared addresses."""

from collections.abc import Iterator, Mapping, Sequence

from stacks.manifests.cilium import dns_names_policy
from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.client import Client, Pods
from stacks.model.cluster_dns import ClusterDns
from stacks.model.destination import Destination
from stacks.model.owner import Owner
from stacks.model.workload import Workload

# Of the Service `kubernetes` and of the API servers behind it; which of the two a policy sees depends on the network.
API_PORTS = (443, 6443)


def policy(
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    selected: Value,
    *,
    ingress: Sequence[Value] = (),
    egress: Sequence[Value] = (),
    types: Sequence[str] = ("Ingress", "Egress"),
) -> Manifest:
    """Return a policy that denies the `selected` pods these `types` of traffic, except for what the rules allow."""
    # Empty rules are declared too, so that the next deployment removes a rule that somebody adds.
    spec: Value = {"podSelector": selected, "policyTypes": types, "ingress": ingress, "egress": egress}
    return Manifest("networking.k8s.io/v1", "NetworkPolicy", name, namespace, labels, content={"spec": spec})


def default_deny(namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Return the policy that denies all pods of the namespace what no other policy allows."""
    return policy(names.DEFAULT_DENY, namespace, labels, selector({}))


def allow_dns(namespace: str, labels: Mapping[str, str], dns: ClusterDns) -> Manifest:
    """Return the policy that allows all pods of the namespace to query the cluster's DNS."""
    return policy(names.ALLOW_DNS, namespace, labels, selector({}), egress=[dns_egress(dns)], types=["Egress"])


def dns_egress(dns: ClusterDns) -> Value:
    """Return the rule that allows to query the cluster's DNS."""
    ports: Value = [{"port": port, "protocol": protocol} for port in dns.ports for protocol in ("UDP", "TCP")]
    return {"to": [pods(dns.namespace, dns.labels), *_ranges(dns.cidrs)], "ports": ports}


def dns_if_unmanaged(namespace: str, site: Site) -> list[Value]:
    """Return the rules for DNS that a policy with egress needs in a namespace without `allow-dns`."""
    return [] if namespace in site.namespaces else [dns_egress(site.dns)]


def allow_egress(
    namespace: str, labels: Mapping[str, str], declared: Sequence[Destination], dns: ClusterDns
) -> Iterator[Manifest]:
    """Yield the policies that allow all pods of the namespace to connect to the declared destinations."""
    if rules := destinations(declared):
        yield policy(names.ALLOW_EGRESS, namespace, labels, selector({}), egress=rules, types=["Egress"])
    yield from dns_names_policy(names.ALLOW_EGRESS, namespace, labels, selector({}), declared, dns)


def own_policies(owner: Owner, declared: Workload, site: Site) -> Iterator[Manifest]:
    """Yield the policies that allow clients to reach a server or workload, and it to reach its destinations."""
    chosen = selector(owner.selector)
    clients = [pods(client.namespace, client.labels) for client in _clients(declared)] + _ranges(declared.client_ranges)
    yield policy(
        owner.name,
        declared.namespace,
        owner.labels,
        chosen,
        # A rule without peers would allow everyone.
        ingress=[
            *([{"from": clients, "ports": tcp(*declared.reached_at())}] if clients else []),
            *_scraping(declared),
        ],
        egress=[
            *dns_if_unmanaged(declared.namespace, site),
            *([api_egress(site)] if declared.kubernetes else []),
            *destinations(declared.egress),
        ],
    )
    yield from dns_names_policy(owner.name, declared.namespace, owner.labels, chosen, declared.egress, site.dns)


def _clients(declared: Workload) -> tuple[Client | Pods, ...]:
    return (*declared.clients, declared.exposure.proxy) if declared.exposure else declared.clients


def _scraping(declared: Workload) -> Iterator[Value]:
    if declared.metrics and (port := declared.metrics.port or declared.port):
        scraper = declared.metrics.scraper
        yield {"from": [pods(scraper.namespace, scraper.labels)], "ports": tcp(port)}


def destinations(declared: Sequence[Destination]) -> list[Value]:
    """Return the rules that allow connections to declared destinations, except for DNS names."""
    return [{"to": _peers(one), "ports": tcp(*one.ports)} for one in declared if not one.dns_names]


def _peers(declared: Destination) -> list[Value]:
    return [pods(declared.namespace, declared.labels)] if declared.namespace else _ranges(declared.cidrs)


def api_egress(site: Site) -> Value:
    """Return the rule that allows connections to the Kubernetes API: to any address if its own are not declared."""
    return given({"to": _ranges(site.api_servers) or None, "ports": tcp(*API_PORTS)})


def _ranges(cidrs: Sequence[str]) -> list[Value]:
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def client_policy(owner: Owner, declared: Workload, client: Client) -> Manifest:
    """Return the policy in a client's managed namespace that allows its pods to connect to a server or workload."""
    rule: Value = {"to": [pods(declared.namespace, owner.selector)], "ports": tcp(*declared.reached_at())}
    return policy(
        owner.client(client.labels),
        client.namespace,
        owner.labels,
        selector(client.labels),
        egress=[rule],
        types=["Egress"],
    )


def pods(namespace: str, labels: Mapping[str, str]) -> Value:
    """Return the peer that selects the pods of a namespace which have all the labels."""
    return given(
        {
            "namespaceSelector": selector({names.NAMESPACE_NAME: namespace}),
            "podSelector": selector(labels) if labels else None,
        }
    )


def selector(labels: Mapping[str, str]) -> Value:
    """Return the selector of these labels; without labels it selects everything."""
    return {"matchLabels": labels} if labels else {}


def tcp(*ports: int) -> list[Value]:
    """Return the ports of a rule."""
    return [{"port": port, "protocol": "TCP"} for port in ports]
