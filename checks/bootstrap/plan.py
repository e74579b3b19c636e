"""The plan of a cluster that does not exist yet, as its author writes it in YAML."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from stacks.model.talos import API_PORT
from stacks.model.types import Count, DnsLabel, EnvName, Model, Port, matching

LEAST_DISK = 10
LEAST_CONTROL_PLANE, LEAST_WORKER = (2, 2048), (1, 1024)
"""Cores and MiB of memory that Talos needs."""
KUBERNETES_PORT = 6443

Version = Annotated[str, matching(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?", "a version: write for instance 1.9.3")]
Mac = Annotated[
    str, matching(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", "a MAC address: write for instance BC:24:11:00:00:01")
]
Recipient = Annotated[
    str, matching(r"age1[02-9ac-hj-np-z]{58}", "an age recipient: write the public key that `age-keygen` shows")
]


class Machine(Model):
    """The size of a virtual machine."""

    cores: Count
    """Virtual cores."""
    memory: Count
    """Memory in MiB."""
    disk: Count
    """The size of the disk in GiB."""


class PlannedNode(Model):
    """A node of the new cluster."""

    name: DnsLabel
    """The name of the node and of its virtual machine."""
    address: str
    """The IP address that DHCP gives to its MAC address."""
    mac: Mac | None = None
    """The MAC address; by default one that is made from the names of the cluster and of the node."""
    vm: Machine
    """The virtual machine."""


class Installation(Model):
    """What is installed on the nodes."""

    version: Version
    """The version of Talos, as in the image that the virtual machines boot from."""
    installer: str = Field(min_length=1)
    """The image reference of the installer of that version."""
    kubernetes: Version
    """The version of Kubernetes."""
    port: Port = API_PORT
    """The port of the Talos API."""


class Proxmox(Model):
    """Where the virtual machines are made. The token is never in the plan."""

    url: str
    """The API, such as https://pve.example:8006."""
    node: DnsLabel
    """The node of Proxmox on which they run."""
    storage: str = Field(min_length=1)
    """The storage of their disks."""
    iso: str = Field(min_length=1)
    """The volume of the Talos image that they boot from, such as local:iso/talos-1.9.3.iso."""
    bridge: str = "vmbr0"
    """The network bridge."""
    token_file: str | None = None
    """A file with the API token, USER@REALM!NAME=SECRET; the path is relative to the plan."""
    token_variable: EnvName | None = None
    """An environment variable with the API token instead."""
    ca_file: str | None = None
    """The CA of the API's certificate in PEM, if this machine does not trust it."""


class Keys(Model):
    """How the secrets of the cluster are encrypted on the disk."""

    recipient: Recipient
    """The age public key that they are encrypted to."""
    identity_file: str
    """The file with its private key; the path is relative to the plan."""


class Plan(Model):
    """A Talos cluster from nothing: its nodes, where they run, and the stack that is deployed on it."""

    cluster: DnsLabel
    """The name of the cluster, which is also the context of its talosconfig."""
    endpoint: str
    """The address of the Kubernetes API, such as https://10.0.0.10:6443."""
    talos: Installation
    """Versions of Talos and Kubernetes."""
    control_planes: tuple[PlannedNode, ...] = Field(min_length=1)
    """The control-plane nodes; etcd is bootstrapped on the first one."""
    workers: tuple[PlannedNode, ...] = ()
    """The other nodes."""
    proxmox: Proxmox
    """Where the virtual machines are made."""
    keys: Keys
    """How secrets are encrypted."""
    stack: str = Field(min_length=1)
    """The stack that is deployed on the new cluster: NAME of Pulumi.NAME.yaml."""
    registry: str = "mcp-server-registry.json"
    """The file of the registry of MCP servers; the path is relative to the plan."""

    @property
    def nodes(self) -> tuple[PlannedNode, ...]:
        """Return all nodes, those of the control plane first."""
        return self.control_planes + self.workers

    def mac(self, node: PlannedNode) -> str:
        """Return the MAC address of a node. A generated one has the bit of locally administered addresses."""
        if node.mac:
            return node.mac.upper()
        digest = hashlib.sha256(f"{self.cluster}/{node.name}".encode()).hexdigest().upper()
        return ":".join(("02", *(digest[at : at + 2] for at in range(0, 10, 2))))

    def digest(self) -> str:
        """Return a digest of what the machines are made from; stack and registry can change later."""
        text = self.model_dump_json(exclude={"stack": True, "registry": True, "keys": {"identity_file"}})
        return hashlib.sha256(text.encode()).hexdigest()

    def faults(self) -> Iterator[str]:
        """Yield what is wrong between its parts."""
        parts = urlsplit(self.endpoint)
        if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
            yield f"endpoint: {self.endpoint!r} is not an https URL of a host: write for instance https://10.0.0.10:6443"
        parts = urlsplit(self.proxmox.url)
        if parts.scheme != "https" or not parts.hostname:
            yield f"proxmox.url: {self.proxmox.url!r} is not an https URL: write for instance https://pve.example:8006"
        if (self.proxmox.token_file is None) == (self.proxmox.token_variable is None):
            yield "proxmox: the API token is in a file or in a variable: set one of tokenFile and tokenVariable"
        for node in self.nodes:
            yield from _address_faults(node)
        yield from _repeated("nodes have the name", (node.name for node in self.nodes))
        yield from _repeated("nodes have the address", (node.address for node in self.nodes))
        yield from _repeated("nodes have the MAC address", (node.mac.upper() for node in self.nodes if node.mac))
        for node in self.nodes:
            yield from _too_small(node, *(LEAST_CONTROL_PLANE if node in self.control_planes else LEAST_WORKER))

    def warnings(self) -> Iterator[str]:
        """Yield what its author may not have meant."""
        count = len(self.control_planes)
        if count % 2 == 0:
            yield (
                f"controlPlanes: {count} nodes are an even number, which survives the loss of no more nodes than "
                f"{count - 1}: add or remove one"
            )


def _address_faults(node: PlannedNode) -> Iterator[str]:
    try:
        ip_address(node.address)
    except ValueError:
        yield f"node {node.name}: {node.address!r} is not an IP address: write the address that DHCP gives to it"


def _repeated(what: str, values: Iterator[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{count} {what} {value}: each needs its own"


def _too_small(node: PlannedNode, cores: int, memory: int) -> Iterator[str]:
    least = {"cores": (node.vm.cores, cores), "MiB of memory": (node.vm.memory, memory)}
    for what, (has, needed) in {**least, "GiB of disk": (node.vm.disk, LEAST_DISK)}.items():
        if has < needed:
            yield f"node {node.name}: {has} {what} are too few: Talos needs at least {needed}"
