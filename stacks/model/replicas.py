"""The number of an MCP server's pods, or the range in which its autoscaler chooses it."""

from typing import NamedTuple

from stacks.model.server import Server


class Replicas(NamedTuple):
    """The fewest and the most pods of a server outside of rollouts."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


def replicas(server: Server) -> Replicas:
    """Return the number of a server's pods. With autoscaling, `replicas` is only the number at first."""
    if server.autoscaling:
        return Replicas(server.autoscaling.min_replicas, server.autoscaling.max_replicas)
    return Replicas(server.replicas, server.replicas)
