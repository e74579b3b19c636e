"""The plan that a node process reads from a file: what to run, and where."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from local.files import write


@dataclass(frozen=True)
class Component:
    """A program of the cluster that is kept running, or, with `once`, a task that has to succeed."""

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    """Components that must be healthy or done before this one starts."""
    health: str = ""
    """URL that answers 200, or `unix:PATH` that accepts connections, if it is healthy; unused with `once`."""
    once: bool = False


@dataclass(frozen=True)
class Link:
    """The node's end of its network link to the machine."""

    address: str
    """With prefix length, for example 10.89.0.2/30."""
    gateway: str


@dataclass(frozen=True)
class Plan:
    """Everything that a node process needs to know."""

    components: tuple[Component, ...]
    folder: str
    """The cluster's folder."""
    status: str
    """The file to which the node writes the states of its components."""
    logs: str
    """The folder for the components' log files."""
    path: str
    """The PATH of the components."""
    link: Link | None = None
    """The network link of a real node; None for a node without its own namespaces."""
    binds: tuple[tuple[str, str], ...] = ()
    """Folder of the cluster, and where it is mounted for the node's programs."""
    cgroup: str = ""
    """The cgroup of all pods."""

    def save(self, path: Path) -> None:
        """Write the plan for the node process."""
        write(path, json.dumps(asdict(self), indent=2))

    @classmethod
    def load(cls, path: Path) -> "Plan":
        """Return the plan that `save` wrote."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["components"] = tuple(
            Component(**{**c, "command": tuple(c["command"]), "needs": tuple(c["needs"])}) for c in raw["components"]
        )
        raw["binds"] = tuple((source, target) for source, target in raw["binds"])
        raw["link"] = Link(**raw["link"]) if raw["link"] else None
        return cls(**raw)
