"""The number of the pods of a server or workload, or the range in which its autoscaler chooses it."""

from typing import NamedTuple

from stacks.model.workload import Workload


class Replicas(NamedTuple):
    """The fewest and the most pods outside of rollouts."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


def replicas(declared: Workload) -> Replicas:
    """Return the number of its pods. With autoscaling, `replicas` is only the number at first."""
    if declared.autoscaling:
        return Replicas(declared.autoscaling.min_replicas, declared.autoscaling.max_replicas)
    return Replicas(declared.replicas, declared.replicas)
