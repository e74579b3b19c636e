"""Address ranges, and where pods may connect to."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from stacks.model.types import LEFT_OUT, DnsLabel, LabelKey, LabelValue, Model, Port


def _range(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(
            f"{value!r} is not an address range: write for instance 10.0.0.0/24 or 192.0.2.10/32"
        ) from None


AddressRange = Annotated[str, AfterValidator(_range)]
"""A range of IP addresses in CIDR notation."""


class Destination(Model):
    """Where pods may connect to, besides the cluster's DNS: addresses, or pods of a namespace."""

    cidrs: tuple[AddressRange, ...] = ()
    """Address ranges, such as 192.0.2.10/32."""
    namespace: Annotated[DnsLabel | None, LEFT_OUT] = None
    """A namespace of the cluster, instead of addresses; declared or not."""
    labels: Annotated[dict[LabelKey, LabelValue], LEFT_OUT] = {}
    """Labels of its pods; empty means all pods."""
    ports: tuple[Port, ...] = Field(min_length=1)
    """TCP ports. A Service's traffic arrives at the port of its pods."""

    @model_validator(mode="after")
    def _one_kind(self) -> "Destination":
        if bool(self.cidrs) == (self.namespace is not None):
            raise ValueError("give exactly one of cidrs and namespace")
        if self.labels and self.namespace is None:
            raise ValueError("has labels, but no namespace: name the namespace of these pods")
        return self
