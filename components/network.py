"""NetworkPolicies: everything is denied in a managed namespace, then DNS, clients and the API are allowed."""

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from stacks import names
from stacks.server import Client, Server

# Policies see a packet after the Service's translation: these are ports of the DNS pods, not of the Service.
# CoreDNS listens on 53, or on 1053 where it may not bind a privileged port.
DNS_PORTS = (53, 1053)

# The Service `kubernetes` and what stands behind it; which of both a policy sees depends on the network.
API_PORTS = (443, 6443)


def default_deny(namespace: str, labels: Mapping[str, str], opts: pulumi.ResourceOptions) -> NetworkPolicy:
    """Deny every pod of the namespace all traffic that no other policy allows."""
    return NetworkPolicy(
        f"{namespace}-{names.DEFAULT_DENY}",
        metadata=ObjectMetaArgs(name=names.DEFAULT_DENY, namespace=namespace, labels=labels),
        spec=NetworkPolicySpecArgs(pod_selector=LabelSelectorArgs(), policy_types=["Ingress", "Egress"]),
        opts=opts,
    )


def allow_dns(namespace: str, labels: Mapping[str, str], opts: pulumi.ResourceOptions) -> NetworkPolicy:
    """Let every pod of the namespace ask the cluster's DNS pods."""
    dns = pods("kube-system", {"k8s-app": "kube-dns"})
    ports = [NetworkPolicyPortArgs(port=port, protocol=protocol) for port in DNS_PORTS for protocol in ("UDP", "TCP")]
    return NetworkPolicy(
        f"{namespace}-{names.ALLOW_DNS}",
        metadata=ObjectMetaArgs(name=names.ALLOW_DNS, namespace=namespace, labels=labels),
        spec=NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(),
            policy_types=["Egress"],
            egress=[NetworkPolicyEgressRuleArgs(to=[dns], ports=ports)],
        ),
        opts=opts,
    )


def server_policy(kind: str, server: Server, labels: Mapping[str, str], opts: pulumi.ResourceOptions) -> NetworkPolicy:
    """Let the declared clients reach a server's port, and the server the API where it has access to it."""
    name = names.server(kind)
    ingress = NetworkPolicyIngressRuleArgs(
        from_=[pods(client.namespace, client.labels) for client in server.clients], ports=tcp(server.port)
    )
    return NetworkPolicy(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels),
        spec=NetworkPolicySpecArgs(
            pod_selector=selector(names.server_selector(kind)),
            policy_types=["Ingress", "Egress"],
            # A rule without peers would let everyone in.
            ingress=[ingress] if server.clients else None,
            egress=_egress(server) or None,
        ),
        opts=opts,
    )


def _egress(server: Server) -> list[NetworkPolicyEgressRuleArgs]:
    api = [api_egress()] if server.kubernetes else []
    return api + [
        NetworkPolicyEgressRuleArgs(
            to=[NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr)) for cidr in destination.cidrs],
            ports=tcp(*destination.ports),
        )
        for destination in server.egress
    ]


def api_egress() -> NetworkPolicyEgressRuleArgs:
    """Let pods out to the Kubernetes API, wherever it is: its address is not known here."""
    return NetworkPolicyEgressRuleArgs(ports=tcp(*API_PORTS))


def client_policy(
    kind: str, server: Server, client: Client, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> NetworkPolicy:
    """Let a client's pods out of their own namespace, whose default is to deny, to a server's port."""
    name = names.server_client(kind, client.labels)
    to = pods(server.namespace, names.server_selector(kind))
    return NetworkPolicy(
        f"{client.namespace}-{name}",
        metadata=ObjectMetaArgs(name=name, namespace=client.namespace, labels=labels),
        spec=NetworkPolicySpecArgs(
            pod_selector=selector(client.labels),
            policy_types=["Egress"],
            egress=[NetworkPolicyEgressRuleArgs(to=[to], ports=tcp(server.port))],
        ),
        opts=opts,
    )


def pods(namespace: str, labels: Mapping[str, str]) -> NetworkPolicyPeerArgs:
    """Select the pods of a namespace, or those of them that carry all the labels."""
    return NetworkPolicyPeerArgs(
        namespace_selector=selector({names.NAMESPACE_NAME: namespace}),
        pod_selector=selector(labels) if labels else None,
    )


def selector(labels: Mapping[str, str]) -> LabelSelectorArgs:
    """Select by labels; without any, everything."""
    return LabelSelectorArgs(match_labels=labels or None)


def tcp(*ports: int) -> list[NetworkPolicyPortArgs]:
    """Give TCP ports as a policy has them."""
    return [NetworkPolicyPortArgs(port=port, protocol="TCP") for port in ports]
