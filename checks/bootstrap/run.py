"""What the steps of a run share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from checks.bootstrap.journal import Journal
from checks.bootstrap.nodes import Reach
from checks.bootstrap.plan import Plan
from checks.bootstrap.plan_file import Planned
from checks.bootstrap.proxmox import Proxmox
from checks.bootstrap.secrets import ClusterSecrets, with_nodes
from checks.bootstrap.secrets import load as load_secrets
from checks.bootstrap.state import State
from checks.errors import UncheckedError
from checks.kubeconfigs.encryption import Key
from checks.talos.talosconfig import load

Say = Callable[[str], None]
"""Shows a line of progress."""


@dataclass(frozen=True)
class Run:
    """A run of a plan. The steps keep nothing in it: what they made is on the disk."""

    planned: Planned
    state: State
    journal: Journal
    proxmox: Proxmox
    key: Key
    memory: Path
    """A folder in memory, for the talosconfig."""
    say: Say

    @property
    def plan(self) -> Plan:
        """Return the plan."""
        return self.planned.plan

    def secrets(self) -> ClusterSecrets | None:
        """Return the secrets of the cluster; None if they are not generated yet."""
        return load_secrets(self.state.secrets, self.key)

    def require_secrets(self) -> ClusterSecrets:
        """Return the secrets of the cluster.

        Raises:
            UncheckedError: the file has gone.
        """
        if (known := self.secrets()) is None:
            raise UncheckedError(f"{self.state.secrets} is missing: restore it, or destroy the cluster and begin anew")
        return known

    def talosconfig(self) -> Path:
        """Return the file of the talosconfig, which is in memory."""
        file = self.memory / "talosconfig"
        file.touch(mode=0o600)
        file.write_text(with_nodes(self.require_secrets().talosconfig, self.plan), encoding="utf-8")
        return file

    def reach(self) -> Reach:
        """Return how the nodes are reached now."""
        if not self.state.secrets.exists():
            return Reach(self.plan.talos.port)
        return Reach(self.plan.talos.port, load(self.talosconfig()))


@dataclass(frozen=True)
class Step:
    """A step: its name, what it does, how long it may take, and the work, which returns what holds then."""

    name: str
    title: str
    seconds: float
    work: Callable[[Run, float], Awaitable[str]]
