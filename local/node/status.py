"""The status of a node: a small file that is replaced at each change."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from local.files import write

Phase = Literal["starting", "ready", "failed", "stopping"]
State = Literal["starting", "healthy", "done", "restarting", "failed"]


@dataclass
class ComponentStatus:
    """The state of a component; `seconds` is how long it took to get there."""

    state: State
    seconds: float = 0.0
    restarts: int = 0
    message: str = ""


@dataclass
class NodeStatus:
    """The phase of a node, and its components in the order of their start."""

    phase: Phase = "starting"
    message: str = ""
    components: dict[str, ComponentStatus] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Replace the status file."""
        write(path, json.dumps(asdict(self), indent=2))

    @classmethod
    def load(cls, path: Path) -> "NodeStatus | None":
        """Return the status in the file, or None if there is no file."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        components = {name: ComponentStatus(**one) for name, one in raw.pop("components").items()}
        return cls(**raw, components=components)
