"""Who may reach a server or a workload."""

from typing import Annotated

from pydantic import model_validator

from stacks.model.owner import SERVERS, WORKLOADS, Owner
from stacks.model.types import LEFT_OUT, DnsLabel, LabelKey, LabelValue, Model


class Pods(Model):
    """Pods of a namespace: all of them, or those that have all the labels."""

    namespace: DnsLabel
    """Any namespace of the cluster, declared or not."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels of its pods; empty means all pods."""


class Client(Model):
    """Pods that may connect: those of a namespace, or those of a server or workload of the stack."""

    namespace: Annotated[DnsLabel, LEFT_OUT] = ""
    """Any namespace of the cluster, declared or not."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels of its pods; empty means all pods."""
    server: Annotated[DnsLabel | None, LEFT_OUT] = None
    """The type of a declared MCP server, instead of a namespace."""
    workload: Annotated[DnsLabel | None, LEFT_OUT] = None
    """The name of a declared workload, instead of a namespace."""

    @model_validator(mode="after")
    def _one_kind(self) -> "Client":
        if bool(self.namespace) + (self.server is not None) + (self.workload is not None) != 1:
            raise ValueError("give exactly one of namespace, server and workload")
        if self.labels and not self.namespace:
            raise ValueError("has labels, but no namespace: remove labels, because the server or workload says which")
        return self

    @property
    def owner(self) -> Owner | None:
        """Return the server or workload that it names; None if it is given by namespace."""
        if self.server is not None:
            return Owner(SERVERS, self.server)
        return None if self.workload is None else Owner(WORKLOADS, self.workload)
