"""How pods are replaced when it changes."""

from typing import Annotated, Literal

from pydantic import model_validator

from stacks.model.types import LEFT_OUT, Count, Model, Seconds, spelled_out


class Rollout(Model):
    """Exceptions to the default: one more pod at a time, and none fewer than declared."""

    strategy: Annotated[
        Literal["Recreate"] | None, spelled_out("RollingUpdate", Literal["Recreate", "RollingUpdate"]), LEFT_OUT
    ] = None
    """`Recreate` ends all pods before new ones start, for a server that holds a lock or a volume of one node."""
    min_ready_seconds: Annotated[Seconds | None, LEFT_OUT] = None
    """How long a new pod must be ready before the next old one ends: 0 unless given."""
    progress_deadline_seconds: Annotated[Count | None, LEFT_OUT] = None
    """How long a rollout may make no progress before it has failed: 600 unless given."""
    revision_history_limit: Annotated[Seconds | None, LEFT_OUT] = None
    """How many old ReplicaSets are kept: 10 unless given."""

    @model_validator(mode="after")
    def _ordered(self) -> "Rollout":
        if (self.min_ready_seconds or 0) >= (self.progress_deadline_seconds or 600):
            raise ValueError("minReadySeconds must be less than progressDeadlineSeconds (600 unless given)")
        return self
