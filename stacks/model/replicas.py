"""How many pods an MCP server has: a number, or the range in which its autoscaler chooses one."""

from typing import NamedTuple

from stacks.model.server import Server


class Replicas(NamedTuple):
    """The fewest and the most pods of a server, rollouts aside."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


def replicas(server: Server) -> Replicas:
    """Give the number of a server's pods; with autoscaling, `replicas` is only how many there are at first."""
    if server.autoscaling:
        return Replicas(server.autoscaling.min_replicas, server.autoscaling.max_replicas)
    return Replicas(server.replicas, server.replicas)
