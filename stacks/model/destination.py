"""Address ranges, and where pods may connect to."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field

from stacks.model.types import Model, Port


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
    """Addresses and TCP ports that pods may connect to, besides the cluster's DNS."""

    cidrs: tuple[AddressRange, ...] = Field(min_length=1)
    """Address ranges, such as 192.0.2.10/32."""
    ports: tuple[Port, ...] = Field(min_length=1)
    """TCP ports."""
