"""Who is to try to reach the MCP servers: the declared clients, and strangers that the NetworkPolicies keep away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.manifests.server import admitting_verifier
from stacks.model.declaration import Declaration
from stacks.model.server import Client, Server


@dataclass(frozen=True)
class Caller:
    """A pod that tries: in a declared namespace, with these labels."""

    namespace: str
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        carried = ",".join(f"{key}={value}" for key, value in self.labels)
        return f"a pod of {self.namespace}" + (f" with {carried}" if carried else "")


def callers(declaration: Declaration) -> tuple[Caller, ...]:
    """Give as few callers as prove it: every declared client, and for each server somebody who is none.

    A client that is chosen by its labels is told from the other pods of its namespace. Namespaces that the stack does
    not declare are not its own to make pods in.
    """
    servers = asked(declaration).values()
    found = dict.fromkeys(
        _caller(client) for server in servers for client in server.clients if client.namespace in declaration.namespaces
    )
    for server in servers:
        beside = [Caller(client.namespace) for client in server.clients if client.labels]
        found |= dict.fromkeys(c for c in beside if c.namespace in declaration.namespaces and not admitted(server, c))
        if all(admitted(server, caller) for caller in found):
            found |= dict.fromkeys(_strangers(declaration, server)[:1])
    return tuple(found)


def asked(declaration: Declaration) -> Mapping[str, Server]:
    """Give the servers that are to be reached: one that is declared off need not be."""
    return {kind: server for kind, server in admitting_verifier(declaration).items() if server.replicas}


def admitted(server: Server, caller: Caller) -> bool:
    """Tell whether the caller is a declared client of the server."""
    return any(
        client.namespace == caller.namespace and client.labels.items() <= dict(caller.labels).items()
        for client in server.clients
    )


def elsewhere(declaration: Declaration, server: Server) -> Iterator[Client]:
    """Give the server's clients in namespaces that the stack does not declare, where nobody tries."""
    return (client for client in server.clients if client.namespace not in declaration.namespaces)


def _caller(client: Client) -> Caller:
    return Caller(client.namespace, tuple(sorted(client.labels.items())))


def _strangers(declaration: Declaration, server: Server) -> list[Caller]:
    # First where the server itself is: whoever breaks into a neighbour stands there.
    spaces = dict.fromkeys([server.namespace, *declaration.namespaces])
    return [caller for caller in map(Caller, spaces) if not admitted(server, caller)]
