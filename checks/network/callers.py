"""The pods that try to reach servers and workloads: declared clients, and undeclared ones that must be refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.manifests.workload import resolved
from stacks.model.client import Client
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.workload import Workload


@dataclass(frozen=True)
class Caller:
    """A probe pod of a declared namespace, with the labels of a client."""

    namespace: str
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        labels = ",".join(f"{key}={value}" for key, value in self.labels)
        return f"a pod of namespace {self.namespace}" + (f" with the labels {labels}" if labels else "")


def callers(declaration: Declaration) -> tuple[Caller, ...]:
    """Return the smallest set of callers: every declared client, and for each target a pod that is not its client.

    For a client that is selected by labels, a pod of its namespace without these labels tries too. No pods are created
    in namespaces that the stack does not own.
    """
    targets = asked(declaration).values()
    found = dict.fromkeys(_caller(client) for target in targets for client in _here(declaration, target))
    for target in targets:
        unlabelled = [Caller(client.namespace) for client in _here(declaration, target) if client.labels]
        found |= dict.fromkeys(caller for caller in unlabelled if not admitted(target, caller))
        if all(admitted(target, caller) for caller in found):
            found |= dict.fromkeys(_undeclared(declaration, target)[:1])
    return tuple(found)


def asked(declaration: Declaration) -> Mapping[Owner, Workload]:
    """Return what is tried: every server with pods, and every workload with pods and a client in the stack.

    Only a client that reaches a workload proves that a refusal is that of a NetworkPolicy; servers answer over MCP.
    """
    return {
        owner: target
        for owner, target in resolved(declaration).items()
        if target.replicas and (owner.is_server or any(_here(declaration, target)))
    }


def admitted(target: Workload, caller: Caller) -> bool:
    """Return whether the caller is a declared client."""
    return any(
        client.namespace == caller.namespace and client.labels.items() <= dict(caller.labels).items()
        for client in target.clients
    )


def elsewhere(declaration: Declaration, target: Workload) -> Iterator[Client]:
    """Yield the clients in namespaces that the stack does not own."""
    return (client for client in target.clients if client.namespace not in declaration.namespaces)


def _here(declaration: Declaration, target: Workload) -> Iterator[Client]:
    return (client for client in target.clients if client.namespace in declaration.namespaces)


def _caller(client: Client) -> Caller:
    return Caller(client.namespace, tuple(sorted(client.labels.items())))


def _undeclared(declaration: Declaration, target: Workload) -> list[Caller]:
    # Its own namespace first: an attacker is likely to come from a compromised neighbour.
    spaces = sorted(declaration.namespaces, key=lambda space: space != target.namespace)
    return [caller for caller in map(Caller, spaces) if not admitted(target, caller)]
