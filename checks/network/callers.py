"""The pods that try to reach the MCP servers: declared clients, and undeclared ones that must be refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.manifests.workload import resolved
from stacks.model.client import Client
from stacks.model.declaration import Declaration
from stacks.model.server import Server


@dataclass(frozen=True)
class Caller:
    """A probe pod of a declared namespace, with the labels of a client."""

    namespace: str
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        labels = ",".join(f"{key}={value}" for key, value in self.labels)
        return f"a pod of namespace {self.namespace}" + (f" with the labels {labels}" if labels else "")


def callers(declaration: Declaration) -> tuple[Caller, ...]:
    """Return the smallest set of callers: every declared client, and for each server a pod that is not its client.

    For a client that is selected by labels, a pod of its namespace without these labels tries too. No pods are created
    in namespaces that the stack does not own.
    """
    servers = asked(declaration).values()
    found = dict.fromkeys(
        _caller(client) for server in servers for client in server.clients if client.namespace in declaration.namespaces
    )
    for server in servers:
        unlabelled = [Caller(client.namespace) for client in server.clients if client.labels]
        found |= dict.fromkeys(
            c for c in unlabelled if c.namespace in declaration.namespaces and not admitted(server, c)
        )
        if all(admitted(server, caller) for caller in found):
            found |= dict.fromkeys(_undeclared(declaration, server)[:1])
    return tuple(found)


def asked(declaration: Declaration) -> Mapping[str, Server]:
    """Return the servers that must be reachable: those with replicas."""
    return {
        owner.key: server
        for owner, server in resolved(declaration).items()
        if isinstance(server, Server) and server.replicas
    }


def admitted(server: Server, caller: Caller) -> bool:
    """Return whether the caller is a declared client of the server."""
    return any(
        client.namespace == caller.namespace and client.labels.items() <= dict(caller.labels).items()
        for client in server.clients
    )


def elsewhere(declaration: Declaration, server: Server) -> Iterator[Client]:
    """Yield the server's clients in namespaces that the stack does not own."""
    return (client for client in server.clients if client.namespace not in declaration.namespaces)


def _caller(client: Client) -> Caller:
    return Caller(client.namespace, tuple(sorted(client.labels.items())))


def _undeclared(declaration: Declaration, server: Server) -> list[Caller]:
    # The server's own namespace first: an attacker is likely to come from a compromised neighbour.
    spaces = sorted(declaration.namespaces, key=lambda space: space != server.namespace)
    return [caller for caller in map(Caller, spaces) if not admitted(server, caller)]
