"""What the node is to run, as data: the node process reads it from a file and knows nothing else."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from local.files import write


@dataclass(frozen=True)
class Component:
    """A program of the cluster, kept running; or, with `once`, a task that must succeed."""

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    """Components that must be healthy, or done, before this one starts."""
    health: str = ""
    """URL that answers 200 once it is healthy; `unix:PATH` is healthy once it accepts; empty with `once`."""
    once: bool = False


@dataclass(frozen=True)
class Link:
    """The node's end of its link to the machine."""

    address: str
    """With prefix length, for instance 10.89.0.2/30."""
    gateway: str


@dataclass(frozen=True)
class Plan:
    """All that the node process needs."""

    components: tuple[Component, ...]
    folder: str
    """The cluster's folder."""
    status: str
    """File to which the node writes the states of its components."""
    logs: str
    """Folder for a log file of each component."""
    path: str
    """PATH of the components."""
    link: Link | None = None
    """Network of a node in namespaces of its own; None for one that shares the machine's."""
    binds: tuple[tuple[str, str], ...] = ()
    """Folder of the cluster's → where the node's programs insist to find it."""
    cgroup: str = ""
    """The cgroup under which all pods run."""

    def save(self, path: Path) -> None:
        """Write the plan for the node process."""
        write(path, json.dumps(asdict(self), indent=2))

    @classmethod
    def load(cls, path: Path) -> "Plan":
        """Read a plan that `save` wrote."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["components"] = tuple(
            Component(**{**c, "command": tuple(c["command"]), "needs": tuple(c["needs"])}) for c in raw["components"]
        )
        raw["binds"] = tuple((source, target) for source, target in raw["binds"])
        raw["link"] = Link(**raw["link"]) if raw["link"] else None
        return cls(**raw)
