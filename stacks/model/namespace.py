"""A namespace with its quota, its container limits and its Pod Security level."""

from typing import Literal

from pydantic import Field, model_validator

from stacks.model.destination import Destination
from stacks.model.quantity import Quantity, WholeQuantity, amount
from stacks.model.types import LabelValue, Model


class Quota(Model):
    """The `hard` limits of a ResourceQuota, under the names of Kubernetes."""

    requests_cpu: Quantity = Field("10", alias="requests.cpu")
    """Cores that all pods together may request."""
    requests_memory: Quantity = Field("20Gi", alias="requests.memory")
    """Bytes that all pods together may request."""
    limits_cpu: Quantity = Field("20", alias="limits.cpu")
    """Cores that all pods together may use."""
    limits_memory: Quantity = Field("40Gi", alias="limits.memory")
    """Bytes that all pods together may use."""
    persistent_volume_claims: WholeQuantity = Field("10", alias="persistentvolumeclaims")
    """How many PersistentVolumeClaims."""
    pods: WholeQuantity = "50"
    """How many pods."""

    def hard(self) -> dict[str, str]:
        """Return the `spec.hard` of the ResourceQuota."""
        return self.model_dump(by_alias=True)


class Compute(Model):
    """An amount of CPU (cores) and memory (bytes), both as Kubernetes quantities."""

    cpu: Quantity
    """Cores, such as 500m or 2."""
    memory: Quantity
    """Bytes, such as 128Mi or 4Gi."""

    def exceeds(self, other: "Compute") -> bool:
        """Check whether either amount is larger than the other's."""
        return amount(self.cpu) > amount(other.cpu) or amount(self.memory) > amount(other.memory)


class ContainerLimits(Model):
    """The namespace's LimitRange for containers."""

    max: Compute = Compute(cpu="2", memory="4Gi")
    """The largest limits."""
    min: Compute = Compute(cpu="50m", memory="64Mi")
    """The smallest requests."""
    default: Compute = Compute(cpu="200m", memory="256Mi")
    """The limits of a container that declares none."""
    default_request: Compute = Compute(cpu="100m", memory="128Mi")
    """The requests of a container that declares none."""

    @model_validator(mode="after")
    def _ordered(self) -> "ContainerLimits":
        ladder = [("min", self.min), ("defaultRequest", self.default_request), ("default", self.default)]
        for (low_name, low), (high_name, high) in zip(ladder, [*ladder[1:], ("max", self.max)], strict=True):
            if low.exceeds(high):
                raise ValueError(f"{low_name} is larger than {high_name}: order them min, defaultRequest, default, max")
        return self


PodSecurity = Literal["restricted", "baseline", "privileged"]
"""A level of the Pod Security Standards."""


class Namespace(Model):
    """One namespace that the stack owns."""

    component: LabelValue
    """Value of the label `cortex.dev/component`, by which managed namespaces are found."""
    description: str
    """The purpose of the namespace; annotation `cortex.dev/description`."""
    owner: str = "resource-manager"
    """Who is responsible for it; annotation `cortex.dev/owner`."""
    quota: Quota | None = Quota()
    """Limits for all its pods together: ResourceQuota `<name>-quota`; `null` for none."""
    limits: ContainerLimits | None = ContainerLimits()
    """Limits for each of its containers: LimitRange `<name>-limits`; `null` for none."""
    pod_security: PodSecurity = "restricted"
    """The level that admission enforces, audits and warns about."""
    egress: tuple[Destination, ...] = ()
    """Destinations that all its pods may connect to besides DNS: NetworkPolicy `allow-egress`, with `dnsNames` a
    CiliumNetworkPolicy of that name."""
