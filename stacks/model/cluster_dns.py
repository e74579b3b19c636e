"""The cluster's DNS: its name servers, and the domain of Services."""

from pydantic import Field

from stacks.model.destination import AddressRange
from stacks.model.types import DnsLabel, LabelKey, LabelValue, Model, Port

DOMAIN = "cluster.local"
"""The domain of most clusters."""


class ClusterDns(Model):
    """The pods of the cluster's DNS, and further addresses under which it answers."""

    namespace: DnsLabel = "kube-system"
    """Namespace of its pods; on OpenShift `openshift-dns`."""
    labels: dict[LabelKey, LabelValue] = Field({"k8s-app": "kube-dns"}, min_length=1)
    """Labels of its pods; on OpenShift `dns.operator.openshift.io/daemonset-dns: default`."""
    # Policies see a packet after the Service's address translation, so these are ports of the pods.
    # CoreDNS listens on 53, or on 1053 where it may not bind a privileged port.
    ports: tuple[Port, ...] = Field((53, 1053), min_length=1)
    """Ports of its pods, UDP and TCP; on OpenShift 5353."""
    cidrs: tuple[AddressRange, ...] = ()
    """Address ranges besides its pods, such as 169.254.20.10/32 of NodeLocal DNSCache."""
