"""How many pods of a server stay when nodes are drained, and how many there are under load."""

from pydantic import Field, model_validator

from stacks.model.types import Count, Model


class Disruption(Model):
    """A PodDisruptionBudget; a server with one replica gets none, for it would block every drain."""

    max_unavailable: Count = 1
    """Pods that may be away at once."""


class Autoscaling(Model):
    """A HorizontalPodAutoscaler on CPU, which then owns the number of replicas; needs metrics.k8s.io."""

    min_replicas: Count = 2
    """Fewest pods."""
    max_replicas: Count = 4
    """Most pods."""
    cpu_percent: int = Field(80, ge=1, le=100)
    """Average use of the requested CPU at which it adds pods."""

    @model_validator(mode="after")
    def _ordered(self) -> "Autoscaling":
        if self.min_replicas > self.max_replicas:
            raise ValueError("minReplicas is larger than maxReplicas: lower it or raise that")
        return self
