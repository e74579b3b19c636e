"""An MCP server or a workload as the owner of Kubernetes objects: their names and labels."""

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from stacks.model import names

SERVERS = "servers"
WORKLOADS = "workloads"


class Owner(NamedTuple):
    """Where a server or a workload is declared: `("servers", "time")`."""

    section: str
    """SERVERS or WORKLOADS."""
    key: str
    """The server's type, or the workload's name."""

    @property
    def path(self) -> str:
        """Return its path in the declaration, for messages."""
        return f"{self.section}.{self.key}"

    @property
    def is_server(self) -> bool:
        """Return whether it is an MCP server."""
        return self.section == SERVERS

    @property
    def title(self) -> str:
        """Return what it is, for messages."""
        return "server" if self.is_server else "workload"

    @property
    def name(self) -> str:
        """Return the name of its Deployment, Service, ServiceAccount, NetworkPolicy and RoleBindings."""
        return names.server(self.key) if self.is_server else self.key

    @property
    def config(self) -> str:
        """Return the name of its own ConfigMap."""
        return f"{self.key}-mcp-config" if self.is_server else f"{self.key}-config"

    @property
    def secret(self) -> str:
        """Return the name of its own Secret."""
        return f"{self.key}-mcp-credentials" if self.is_server else f"{self.key}-credentials"

    @property
    def port(self) -> str:
        """Return the name of its first port."""
        return names.HTTP if self.is_server else names.TCP

    @property
    def label(self) -> str:
        """Return the label whose value is its key."""
        return names.TYPE if self.is_server else names.WORKLOAD

    @property
    def selector(self) -> dict[str, str]:
        """Return the labels that select its pods."""
        # Without the label by which undeclared objects are found: a StatefulSet puts these labels on its claims, which
        # the stack leaves behind.
        return names.server_selector(self.key) if self.is_server else {names.APP: self.key, names.WORKLOAD: self.key}

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels of everything that belongs to it."""
        component = names.MCP_SERVER_APP if self.is_server else names.WORKLOAD_COMPONENT
        return {**self.selector, names.COMPONENT: component}

    def role(self, namespace: str) -> str:
        """Return how the names of its roles and bindings for the whole cluster begin."""
        return f"{namespace}-{self.name}"

    def claim(self, volume: str) -> str:
        """Return the name of the PersistentVolumeClaim of one of its volumes."""
        return f"{self.name}-{volume}"

    def client(self, labels: Mapping[str, str]) -> str:
        """Return the name of the NetworkPolicy that allows a client in a managed namespace to connect to it.

        Clients of one namespace differ in their labels, so the name ends with eight digits of the labels' hash.
        """
        if not labels:
            return f"{self.name}-client"
        digest = hashlib.sha256(json.dumps(dict(labels), sort_keys=True).encode()).hexdigest()
        return f"{self.name}-client-{digest[:8]}"
