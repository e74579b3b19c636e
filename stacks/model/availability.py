"""How many pods may be evicted while nodes are drained, and how many run under load."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from stacks.model.types import LEFT_OUT, Count, Model


class Disruption(Model):
    """A PodDisruptionBudget. With one replica there is none, because it would block every drain."""

    max_unavailable: Count = 1
    """Pods that may be unavailable at once."""


class Autoscaling(Model):
    """A HorizontalPodAutoscaler, which then sets the number of replicas. The cluster must serve metrics.k8s.io."""

    min_replicas: Count = 2
    """Fewest pods."""
    max_replicas: Count = 4
    """Most pods."""
    cpu_percent: int = Field(80, ge=1, le=100)
    """Average use of the requested CPU, in percent, above which it adds pods."""
    memory_percent: Annotated[int | None, Field(strict=True, ge=1), LEFT_OUT] = None
    """The same for memory; both count if it is given."""
    behavior: Annotated[dict[Literal["scaleUp", "scaleDown"], JsonValue], LEFT_OUT] = {}
    """How fast it adds and removes pods, as in a Kubernetes HorizontalPodAutoscaler."""

    @model_validator(mode="after")
    def _ordered(self) -> "Autoscaling":
        if self.min_replicas > self.max_replicas:
            raise ValueError("minReplicas is larger than maxReplicas: lower it or raise that")
        return self
