"""What a watch counts about itself, for its metrics and messages."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class WatchStats:
    """Counts of one watch. `problem` is why it does not follow at the moment; empty while it does."""

    kind: str
    namespace: str
    changes: int = 0
    """Changes that were delivered."""
    lists: int = 0
    """How often the objects were listed."""
    connections: int = 0
    """Watch requests that were answered."""
    expired: int = 0
    """Versions that the API server no longer had."""
    failures: Counter[str] = field(default_factory=Counter)
    """Failed requests by their reason."""
    objects: int = 0
    """Objects that are known."""
    synced: bool = False
    """Whether the first list is complete."""
    heard: datetime | None = None
    """When the API server last sent something."""
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.kind} of namespace {self.namespace}" if self.namespace else self.kind
