"""NetworkPolicies: everything is denied in a managed namespace, then DNS, clients and the API are allowed."""

from collections.abc import Mapping, Sequence

from stacks.manifests import labels as discovery
from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.destination import Destination
from stacks.model.server import Client, Server

# Policies see a packet after the Service's translation: these are ports of the DNS pods, not of the Service.
# CoreDNS listens on 53, or on 1053 where it may not bind a privileged port.
DNS_PORTS = (53, 1053)

# The Service `kubernetes` and what stands behind it; which of both a policy sees depends on the network.
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
    """Give a policy of the `selected` pods; of its `types` of traffic all is denied but what the rules allow."""
    # Declared also where there is none: a rule that somebody adds is then taken back by the next deployment.
    spec: Value = {"podSelector": selected, "policyTypes": types, "ingress": ingress, "egress": egress}
    return Manifest("networking.k8s.io/v1", "NetworkPolicy", name, namespace, labels, content={"spec": spec})


def default_deny(namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Deny every pod of the namespace all traffic that no other policy allows."""
    return policy(names.DEFAULT_DENY, namespace, labels, selector({}))


def allow_dns(namespace: str, labels: Mapping[str, str]) -> Manifest:
    """Let every pod of the namespace ask the cluster's DNS pods."""
    dns = pods("kube-system", {"k8s-app": "kube-dns"})
    ports: Value = [{"port": port, "protocol": protocol} for port in DNS_PORTS for protocol in ("UDP", "TCP")]
    rule: Value = {"to": [dns], "ports": ports}
    return policy(names.ALLOW_DNS, namespace, labels, selector({}), egress=[rule], types=["Egress"])


def allow_egress(namespace: str, labels: Mapping[str, str], declared: Sequence[Destination]) -> Manifest:
    """Let every pod of the namespace connect to the declared destinations."""
    rules = destinations(declared)
    return policy(names.ALLOW_EGRESS, namespace, labels, selector({}), egress=rules, types=["Egress"])


def server_policy(kind: str, server: Server, site: Site) -> Manifest:
    """Let the declared clients reach a server's port, and the server the API where it has access to it."""
    clients = [pods(client.namespace, client.labels) for client in server.clients]
    return policy(
        names.server(kind),
        server.namespace,
        discovery.owner_labels(kind),
        selector(names.server_selector(kind)),
        # A rule without peers would let everyone in.
        ingress=[{"from": clients, "ports": tcp(server.port)}] if clients else [],
        egress=[*([api_egress(site)] if server.kubernetes else []), *destinations(server.egress)],
    )


def destinations(declared: Sequence[Destination]) -> list[Value]:
    """Let pods out to the declared destinations."""
    return [{"to": _ranges(one.cidrs), "ports": tcp(*one.ports)} for one in declared]


def api_egress(site: Site) -> Value:
    """Let pods out to the Kubernetes API; to any address on its ports where its own are not declared."""
    return given({"to": _ranges(site.api_servers) or None, "ports": tcp(*API_PORTS)})


def _ranges(cidrs: Sequence[str]) -> list[Value]:
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def client_policy(kind: str, server: Server, client: Client) -> Manifest:
    """Let a client's pods out of their own namespace, whose default is to deny, to a server's port."""
    rule: Value = {"to": [pods(server.namespace, names.server_selector(kind))], "ports": tcp(server.port)}
    return policy(
        names.server_client(kind, client.labels),
        client.namespace,
        discovery.owner_labels(kind),
        selector(client.labels),
        egress=[rule],
        types=["Egress"],
    )


def pods(namespace: str, labels: Mapping[str, str]) -> Value:
    """Select the pods of a namespace, or those of them that carry all the labels."""
    return given(
        {
            "namespaceSelector": selector({names.NAMESPACE_NAME: namespace}),
            "podSelector": selector(labels) if labels else None,
        }
    )


def selector(labels: Mapping[str, str]) -> Value:
    """Select by labels; without any, everything."""
    return {"matchLabels": labels} if labels else {}


def tcp(*ports: int) -> list[Value]:
    """Give TCP ports as a policy has them."""
    return [{"port": port, "protocol": "TCP"} for port in ports]
