"""On which nodes pods run, and what the node gives them."""

import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, model_validator

from stacks.model.types import LEFT_OUT, LEFT_OUT_IF_NONE, DnsSubdomain, LabelKey, LabelValue, Model, Seconds


def _address(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise ValueError(f"{value!r} is not an IP address: write for instance 192.0.2.10") from None
    return value


IpAddress = Annotated[str, AfterValidator(_address)]
"""An IP address, as it is written."""


class Toleration(Model):
    """A taint of nodes that pods accept, in the terms of Kubernetes."""

    key: Annotated[LabelKey | None, LEFT_OUT] = None
    """Key of the taint; without it, all taints."""
    operator: Annotated[Literal["Exists", "Equal"] | None, LEFT_OUT] = None
    """`Equal` (the default) compares the value; `Exists` accepts any."""
    value: Annotated[LabelValue, LEFT_OUT] = ""
    """Value of the taint."""
    effect: Annotated[Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None, LEFT_OUT] = None
    """Effect of the taint; without it, all effects."""
    toleration_seconds: Annotated[Seconds | None, LEFT_OUT] = None
    """How long a pod stays on a node that gets the taint `NoExecute`."""

    @model_validator(mode="after")
    def _sensible(self) -> "Toleration":
        if self.operator == "Exists" and self.value:
            raise ValueError("has operator Exists and a value: remove one of them")
        if self.key is None and self.operator != "Exists":
            raise ValueError("has no key: name the taint's key, or write operator: Exists to accept all taints")
        if self.toleration_seconds is not None and self.effect != "NoExecute":
            raise ValueError("tolerationSeconds needs effect: NoExecute")
        return self


class HostAlias(Model):
    """An entry of the pods' hosts file."""

    ip: IpAddress
    """The address."""
    hostnames: tuple[DnsSubdomain, ...] = Field(min_length=1)
    """Its names."""


class DnsOption(Model):
    """An option of the resolver."""

    name: str
    """Its name, such as `ndots`."""
    value: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    """Its value, as text."""


class DnsConfig(Model):
    """What the pods' resolver has besides the cluster's DNS."""

    nameservers: Annotated[tuple[IpAddress, ...], LEFT_OUT] = ()
    """Addresses of DNS servers."""
    searches: Annotated[tuple[str, ...], LEFT_OUT] = ()
    """Search domains."""
    options: Annotated[tuple[DnsOption, ...], LEFT_OUT] = ()
    """Options, such as `ndots`."""


class Placement(Model):
    """The nodes on which pods run, in the terms of a Kubernetes pod."""

    architecture: Annotated[Literal["amd64", "arm64"] | None, LEFT_OUT] = None
    """Architecture of the nodes, for an image that has only one."""
    node_selector: Annotated[dict[LabelKey, LabelValue], LEFT_OUT] = {}
    """Labels that a node must have."""
    tolerations: Annotated[tuple[Toleration, ...], LEFT_OUT] = ()
    """Taints that the pods accept."""
    affinity: Annotated[dict[Literal["nodeAffinity", "podAffinity", "podAntiAffinity"], JsonValue], LEFT_OUT] = {}
    """Rules of affinity, as in a Kubernetes pod."""
    priority_class_name: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """A PriorityClass of the cluster."""
    runtime_class_name: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """A RuntimeClass of the cluster, such as `gvisor` or `nvidia`."""
    host_aliases: Annotated[tuple[HostAlias, ...], LEFT_OUT] = ()
    """Entries of the pods' hosts file."""
    dns_config: Annotated[DnsConfig | None, LEFT_OUT] = None
    """What the pods' resolver has besides the cluster's DNS."""

    @model_validator(mode="after")
    def _one_architecture(self) -> "Placement":
        if self.architecture and "kubernetes.io/arch" in self.node_selector:
            raise ValueError("nodeSelector has kubernetes.io/arch, and architecture is given: remove one of them")
        return self
