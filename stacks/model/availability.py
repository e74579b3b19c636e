"""How many pods of a server may be evicted while nodes are drained, and how many run under load."""

from pydantic import Field, model_validator

from stacks.model.types import Count, Model


class Disruption(Model):
    """A PodDisruptionBudget. A server with one replica has none, because it would block every drain."""

    max_unavailable: Count = 1
    """Pods that may be unavailable at once."""


class Autoscaling(Model):
    """A HorizontalPodAutoscaler on CPU, which then sets the number of replicas; needs metrics.k8s.io."""

    min_replicas: Count = 2
    """Fewest pods."""
    max_replicas: Count = 4
    """Most pods."""
    cpu_percent: int = Field(80, ge=1, le=100)
    """Average use of the requested CPU, in percent, above which it adds pods."""

    @model_validator(mode="after")
    def _ordered(self) -> "Autoscaling":
        if self.min_replicas > self.max_replicas:
            raise ValueError("minReplicas is larger than maxReplicas: lower it or raise that")
        return self
