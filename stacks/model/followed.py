"""What the agent needs to know of a declaration."""

from stacks.model.agent import Agent
from stacks.model.types import Hashed


class Followed(Hashed):
    """The part of a declaration that the agent reads: with another one its pods start again, with any other change not.

    The parts of the agent get this and no more, so they cannot come to depend on something that does not restart it.
    """

    context: str
    """The context of the cluster, which alerts and the registry name."""
    domain: str
    """The domain of the cluster's Services."""
    namespaces: tuple[str, ...]
    """The namespaces in which the stack has more than roles."""
    servers: dict[str, str]
    """Type → namespace of each declared MCP server."""
    restarts: int
    """How many restarts of a pod within ten minutes are an alert."""
    agent: Agent | None
    """The agent's own settings; None for an agent that follows from outside a stack that declares none."""
