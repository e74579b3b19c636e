"""The Service of a server or workload: how it is reached, besides by pods at its cluster address."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stacks.model.destination import AddressRange
from stacks.model.types import LEFT_OUT, LabelKey, Model, Port, spelled_out


class Service(Model):
    """Exceptions to the default: a Service of type ClusterIP with `port`."""

    type: Annotated[
        Literal["NodePort", "LoadBalancer"] | None,
        spelled_out("ClusterIP", Literal["ClusterIP", "NodePort", "LoadBalancer"]),
        LEFT_OUT,
    ] = None
    """How it is reached from outside the cluster. Name who may in `clientRanges`."""
    headless: Annotated[bool, LEFT_OUT] = False
    """Whether its name stands for the addresses of the pods, instead of one of its own."""
    port: Annotated[Port | None, LEFT_OUT] = None
    """Its port, if not that of the container."""
    node_port: Annotated[Port | None, LEFT_OUT] = None
    """The port of each node (NodePort, LoadBalancer), if the cluster should not choose it."""
    session_affinity: Annotated[
        Literal["ClientIP"] | None, spelled_out("None", Literal["ClientIP", "None"]), LEFT_OUT
    ] = None
    """`ClientIP` sends each client to one pod, for a server that keeps sessions in memory."""
    session_affinity_seconds: Annotated[int | None, Field(strict=True, ge=1, le=86400), LEFT_OUT] = None
    """How long, since the client's latest connection: 10800 unless given."""
    load_balancer_class: Annotated[LabelKey | None, LEFT_OUT] = None
    """The class of load balancer, if not the cluster's default."""
    load_balancer_source_ranges: Annotated[tuple[AddressRange, ...], LEFT_OUT] = ()
    """Addresses that the load balancer lets in."""
    external_traffic_policy: Annotated[
        Literal["Local"] | None, spelled_out("Cluster", Literal["Cluster", "Local"]), LEFT_OUT
    ] = None
    """`Local` keeps the client's address, and sends it only to pods of the node that it reached."""
    annotations: Annotated[dict[LabelKey, str], LEFT_OUT] = {}
    """Annotations, for instance of a cloud's load balancer."""

    @model_validator(mode="after")
    def _fits_type(self) -> "Service":
        outside = {"nodePort": self.node_port, "externalTrafficPolicy": self.external_traffic_policy}
        balanced = {
            "loadBalancerClass": self.load_balancer_class,
            "loadBalancerSourceRanges": self.load_balancer_source_ranges,
        }
        if self.headless and self.type:
            raise ValueError(f"is headless and of type {self.type}: remove one of them")
        for name in [name for name, value in outside.items() if value and self.type is None]:
            raise ValueError(f"{name} needs type: NodePort or LoadBalancer")
        for name in [name for name, value in balanced.items() if value and self.type != "LoadBalancer"]:
            raise ValueError(f"{name} needs type: LoadBalancer")
        if self.session_affinity_seconds and not self.session_affinity:
            raise ValueError("sessionAffinitySeconds needs sessionAffinity: ClientIP")
        return self
