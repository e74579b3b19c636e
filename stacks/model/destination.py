"""Address ranges, and where pods may connect to."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from stacks.model.types import LEFT_OUT, DnsLabel, LabelKey, LabelValue, Model, Port, matching


def _range(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(
            f"{value!r} is not an address range: write for instance 10.0.0.0/24 or 192.0.2.10/32"
        ) from None


AddressRange = Annotated[str, AfterValidator(_range)]
"""A range of IP addresses in CIDR notation."""


DnsPattern = Annotated[
    str,
    Field(max_length=253),
    matching(
        r"((\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)\.)+[a-z]([-a-z0-9]*[a-z0-9])?",
        "a DNS name: write for instance api.example.com, or *.example.com for each name one level below it",
    ),
]
"""A DNS name outside the cluster; `*` stands for one whole part of it."""


class Destination(Model):
    """Where pods may connect to, besides the cluster's DNS: addresses, DNS names, or pods of a namespace."""

    cidrs: tuple[AddressRange, ...] = ()
    """Address ranges, such as 192.0.2.10/32."""
    dns_names: Annotated[tuple[DnsPattern, ...], LEFT_OUT] = ()
    """DNS names outside the cluster, such as api.example.com or *.example.com, instead of addresses; only with Cilium,
    which the stack says by CiliumNetworkPolicy in `cluster.customResources`."""
    namespace: Annotated[DnsLabel | None, LEFT_OUT] = None
    """A namespace of the cluster, instead of addresses; declared or not."""
    labels: Annotated[dict[LabelKey, LabelValue], LEFT_OUT] = {}
    """Labels of its pods; empty means all pods."""
    ports: tuple[Port, ...] = Field(min_length=1)
    """TCP ports. A Service's traffic arrives at the port of its pods."""

    @model_validator(mode="after")
    def _one_kind(self) -> "Destination":
        if [bool(self.cidrs), bool(self.dns_names), self.namespace is not None].count(True) != 1:
            raise ValueError("give exactly one of cidrs, dnsNames and namespace")
        if self.labels and self.namespace is None:
            raise ValueError("has labels, but no namespace: name the namespace of these pods")
        return self
