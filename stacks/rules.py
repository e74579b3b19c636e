"""The rules between parts of a declaration: what one part names, another must declare or leave room for."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from stacks import names
from stacks.namespace import Namespace
from stacks.quantity import amount, in_unit_of
from stacks.server import Server

if TYPE_CHECKING:
    from stacks.model import Declaration


def faults(declaration: "Declaration") -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    yield from _reserved(declaration)
    for kind, server in declaration.servers.items():
        yield from _undeclared(kind, server, declaration)
        if server.namespace in declaration.namespaces:
            yield from _outside_limits(kind, server, declaration.namespaces[server.namespace])
    for name, namespace in declaration.namespaces.items():
        here = [server for server in declaration.servers.values() if server.namespace == name]
        yield from _over_quota(name, namespace, here)


def _reserved(declaration: "Declaration") -> Iterator[str]:
    if names.SYSTEM_NAMESPACE not in declaration.namespaces:
        yield f"namespaces.{names.SYSTEM_NAMESPACE}: is missing: declare it, the declaration is kept there"
    for name in declaration.namespaces:
        if name == "default" or name.startswith("kube-"):
            yield f"namespaces.{name}: belongs to Kubernetes: choose another name, for instance cortex-{name}"


def _undeclared(kind: str, server: Server, declaration: "Declaration") -> Iterator[str]:
    wanted = [("namespace", server.namespace)]
    if server.kubernetes:
        wanted += [("kubernetes.namespaces", name) for name in server.kubernetes.namespaces]
    for field, name in wanted:
        if name not in declaration.namespaces:
            yield (
                f"servers.{kind}.{field}: namespace {name!r} is not declared: "
                f"add it under cortex:namespaces, or use one of {', '.join(declaration.namespaces)}"
            )


def _outside_limits(kind: str, server: Server, namespace: Namespace) -> Iterator[str]:
    """Admission would refuse such a pod, and the Deployment would wait for it until it times out."""
    path = f"servers.{kind}.resources"
    where = f"namespaces.{server.namespace}.limits"
    if server.resources.limits.exceeds(namespace.limits.max):
        yield f"{path}.limits: are larger than {where}.max: lower these or raise those"
    if namespace.limits.min.exceeds(server.resources.requests):
        yield f"{path}.requests: are smaller than {where}.min: raise these or lower those"


def _over_quota(name: str, namespace: Namespace, servers: list[Server]) -> Iterator[str]:
    """A rollout runs a pod more than `replicas` of each server, and all may roll at once."""
    hard = namespace.quota.hard()
    for key, need in _needs(servers).items():
        if need > amount(hard[key]):
            yield (
                f"namespaces.{name}.quota.{key}: is {hard[key]}, but its servers need "
                f"{in_unit_of(need, hard[key])} while they roll: raise it, or lower resources or replicas"
            )


def _needs(servers: list[Server]) -> dict[str, Decimal]:
    pods = [(server, Decimal(server.replicas + server.SURGE)) for server in servers if server.replicas]
    needs = {"pods": sum((count for _, count in pods), Decimal())}
    for side in ("requests", "limits"):
        wants = [(getattr(server.resources, side), count) for server, count in pods]
        needs[f"{side}.cpu"] = sum((amount(want.cpu) * count for want, count in wants), Decimal())
        needs[f"{side}.memory"] = sum((amount(want.memory) * count for want, count in wants), Decimal())
    return needs
