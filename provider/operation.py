"""One call of the engine about one resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provider.engine_log import EngineLog

if TYPE_CHECKING:
    from provider.kinds import Kind
    from provider.properties import Object


@dataclass(frozen=True)
class Operation:
    """One call of the engine about one resource; `old` inputs and `state` are empty if there are none yet."""

    kind: Kind
    id: str = ""
    inputs: Object = field(default_factory=dict)
    old: Object = field(default_factory=dict)
    state: Object = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    timeout: float = 0
    """The resource's custom timeout in seconds; 0 if it has none."""
    log: EngineLog = field(default_factory=EngineLog)
