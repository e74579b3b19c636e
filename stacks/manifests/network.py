"""NetworkPolicies. Managed namespaces deny all traffic; others allow DNS, clients, the API and declared addresses."""

from collections.abc import Iterator, Mapping, Sequence

from stacks.manifests.labels import owner_labels
from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.client import Client
from stacks.model.cluster_dns import ClusterDns
from stacks.model.destination import Destination
from stacks.model.server import Server

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


def allow_egress(namespace: str, labels: Mapping[str, str], declared: Sequence[Destination]) -> Manifest:
    """Return the policy that allows all pods of the namespace to connect to the declared destinations."""
    rules = destinations(declared)
    return policy(names.ALLOW_EGRESS, namespace, labels, selector({}), egress=rules, types=["Egress"])


def server_policy(kind: str, server: Server, site: Site) -> Manifest:
    """Return the policy that allows declared clients to reach a server, and the server its declared destinations."""
    clients = [pods(client.namespace, client.labels) for client in _clients(server)] + _ranges(server.client_ranges)
    return policy(
        names.server(kind),
        server.namespace,
        owner_labels(kind),
        selector(names.server_selector(kind)),
        # A rule without peers would allow everyone.
        ingress=[
            *([{"from": clients, "ports": tcp(server.port, *server.ports.values())}] if clients else []),
            *_scraping(server),
        ],
        egress=[
            *dns_if_unmanaged(server.namespace, site),
            *([api_egress(site)] if server.kubernetes else []),
            *destinations(server.egress),
        ],
    )


def _clients(server: Server) -> tuple[Client, ...]:
    return (*server.clients, server.exposure.proxy) if server.exposure else server.clients


def _scraping(server: Server) -> Iterator[Value]:
    if server.metrics:
        scraper = server.metrics.scraper
        yield {"from": [pods(scraper.namespace, scraper.labels)], "ports": tcp(server.metrics.port or server.port)}


def destinations(declared: Sequence[Destination]) -> list[Value]:
    """Return the rules that allow connections to declared destinations."""
    return [{"to": _peers(one), "ports": tcp(*one.ports)} for one in declared]


def _peers(declared: Destination) -> list[Value]:
    return [pods(declared.namespace, declared.labels)] if declared.namespace else _ranges(declared.cidrs)


def api_egress(site: Site) -> Value:
    """Return the rule that allows connections to the Kubernetes API: to any address if its own are not declared."""
    return given({"to": _ranges(site.api_servers) or None, "ports": tcp(*API_PORTS)})


def _ranges(cidrs: Sequence[str]) -> list[Value]:
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def client_policy(kind: str, server: Server, client: Client) -> Manifest:
    """Return the policy in a client's managed namespace that allows its pods to connect to a server."""
    ports = tcp(server.port, *server.ports.values())
    rule: Value = {"to": [pods(server.namespace, names.server_selector(kind))], "ports": ports}
    return policy(
        names.server_client(kind, client.labels),
        client.namespace,
        owner_labels(kind),
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
