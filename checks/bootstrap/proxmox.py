"""The API of Proxmox: find, make, start and delete virtual machines. Its tasks are awaited."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from proxmoxer import ProxmoxAPI, ResourceException

from checks.bootstrap.plan import Plan, PlannedNode
from checks.bootstrap.plan_file import Token
from checks.errors import UncheckedError
from checks.plain_text import brief

T = TypeVar("T")

_REQUEST_SECONDS = 30
_TASK_SECONDS = 300
_PORT = 8006
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class LiveVm:
    """A virtual machine on a node of Proxmox."""

    id: int
    name: str
    running: bool


class Proxmox:
    """One node of Proxmox."""

    def __init__(self, plan: Plan, token: Token, authority: Path | None) -> None:
        self._plan = plan
        parts = urlsplit(plan.proxmox.url)
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        api = ProxmoxAPI(
            host,
            port=parts.port or _PORT,
            user=token.user,
            token_name=token.name,
            token_value=token.secret,
            verify_ssl=True if authority is None else str(authority),
            timeout=_REQUEST_SECONDS,
        )
        self._api: Any = api
        self._node: Any = api.nodes(plan.proxmox.node)

    def vms(self) -> tuple[LiveVm, ...]:
        """Return the virtual machines of all nodes of Proxmox: names need not be unique to a node."""
        listed = self._ask("list the virtual machines", lambda: self._api.cluster.resources.get(type="vm"))
        return tuple(
            LiveVm(int(one["vmid"]), str(one.get("name", "")), one.get("status") == "running")
            for one in listed
            if one.get("type") == "qemu"
        )

    def next_id(self) -> int:
        """Return an id that no virtual machine has."""
        return int(self._ask("ask for a free id", lambda: self._api.cluster.nextid.get()))

    def description(self, vm: int) -> str:
        """Return the description of a virtual machine."""
        ask = lambda: self._node.qemu(vm).config.get()  # noqa: E731
        return str(self._ask(f"read the configuration of VM {vm}", ask).get("description", ""))

    def make(self, node: PlannedNode, vm: int, description: str) -> None:
        """Make the virtual machine of a node, and wait until it exists; it boots from its disk, then from the image."""
        settings = {
            "vmid": vm,
            "name": node.name,
            "description": description,
            "cores": node.vm.cores,
            "memory": node.vm.memory,
            "cpu": "x86-64-v2-AES",
            "ostype": "l26",
            "scsihw": "virtio-scsi-pci",
            "scsi0": f"{self._plan.proxmox.storage}:{node.vm.disk}",
            "ide2": f"{self._plan.proxmox.iso},media=cdrom",
            "net0": f"virtio={self._plan.mac(node)},bridge={self._plan.proxmox.bridge}",
            "boot": "order=scsi0;ide2",
            "onboot": 1,
        }
        self._task(f"make the VM {node.name}", lambda: self._node.qemu.post(**settings))

    def start(self, vm: LiveVm) -> None:
        """Start a virtual machine."""
        self._task(f"start the VM {vm.name} ({vm.id})", lambda: self._node.qemu(vm.id).status.start.post())

    def delete(self, vm: LiveVm) -> None:
        """Stop a virtual machine if it runs, and delete it with its disks."""
        what = f"the VM {vm.name} ({vm.id})"
        if vm.running:
            self._task(f"stop {what}", lambda: self._node.qemu(vm.id).status.stop.post())
        options: Mapping[str, int] = {"purge": 1, "destroy-unreferenced-disks": 1}
        self._task(f"delete {what}", lambda: self._node.qemu(vm.id).delete(**options))

    def _task(self, what: str, begin: Callable[[], object]) -> None:
        """Begin a task, and wait until it has ended well."""
        task, deadline = str(self._ask(what, begin)), time.monotonic() + _TASK_SECONDS
        while True:
            state = self._ask(what, lambda: self._node.tasks(task).status.get())
            if state.get("status") == "stopped":
                break
            if time.monotonic() > deadline:
                raise UncheckedError(f"cannot {what}: its task in Proxmox does not end: look at {task} there")
            time.sleep(_POLL_SECONDS)
        if (result := str(state.get("exitstatus"))) != "OK":
            raise UncheckedError(f"cannot {what}: its task in Proxmox failed: {brief(result)}")

    def _ask(self, what: str, request: Callable[[], T]) -> T:
        place = f"Proxmox at {self._plan.proxmox.url}"
        try:
            return request()
        except ResourceException as error:
            raise UncheckedError(f"cannot {what}: {place} refuses it: {brief(_told(error))}") from error
        except requests.exceptions.SSLError as error:
            raise UncheckedError(
                f"cannot {what}: the certificate of {place} is not trusted: name its CA as proxmox.caFile"
            ) from error
        except requests.RequestException as error:
            raise UncheckedError(f"cannot {what}: {place} does not answer: check the URL and the network") from error


def _told(error: ResourceException) -> str:
    reason = error.content or error.status_message
    if error.status_code == requests.codes.unauthorized:
        return f"{reason}: check the API token"
    if error.status_code == requests.codes.forbidden:
        return f"{reason}: give the API token that permission"
    return str(reason)
