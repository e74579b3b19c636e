"""What a command is about: a stack's declaration, and the connection to its cluster."""

from dataclasses import dataclass

from checks.kube.connection import Connection
from stacks.model.declaration import Declaration


@dataclass(frozen=True)
class Target:
    """A stack's declaration, and the connection to the cluster that should be as it says."""

    stack: str
    declaration: Declaration
    connection: Connection
