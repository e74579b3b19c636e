"""Check the rules inside one MCP server: no duplicates, no overlapping folders, replicas in the autoscaler's range."""

from collections.abc import Iterator
from itertools import combinations

from stacks.model import names
from stacks.model.replicas import replicas
from stacks.model.server import Server
from stacks.validation import env_vars

BUILT_IN_MOUNTS = (
    "/tmp",  # noqa: S108 - a folder of the container, its own
    names.CONFIG_MOUNT,
    names.SECRETS_MOUNT,
    "/var/run/secrets/kubernetes.io/serviceaccount",
)
"""Folders that a server's container has or may have."""


def faults(server: Server) -> Iterator[str]:
    """Yield every broken rule as `what is wrong: the way out`."""
    for name in sorted(set(server.secret_env) & set(server.secret_files)):
        yield f"{name!r} is in secretEnv and in secretFiles: both make one Secret, so remove one of them"
    yield from _variables(server)
    yield from _entries(server)
    yield from _mounts(server)
    scaling = server.autoscaling
    if scaling and not scaling.min_replicas <= server.replicas <= scaling.max_replicas:
        yield (
            f"replicas is {server.replicas}, but autoscaling goes from {scaling.min_replicas} to "
            f"{scaling.max_replicas}: set replicas between them"
        )
    least, away = replicas(server).least, server.disruption.max_unavailable
    if 1 < least <= away:
        yield (
            f"disruption.maxUnavailable is {away}, so none of {least} pods need stay available: "
            f"set it to at most {least - 1}"
        )


def _variables(server: Server) -> Iterator[str]:
    """Check that each variable is declared once: of two, Kubernetes takes the last without a warning."""
    for (one, here), (other, there) in combinations(env_vars.named(server).items(), 2):
        for name in sorted(set(here) & set(there)):
            yield f"{name!r} is in {one} and in {other}: remove one of them"


def _entries(server: Server) -> Iterator[str]:
    access = server.kubernetes.namespaces if server.kubernetes else ()
    clients = [(client.namespace, *sorted(client.labels.items())) for client in server.clients]
    if len(set(clients)) < len(clients):
        yield "clients has the same entry twice: remove one"
    if len(set(access)) < len(access):
        yield "kubernetes.namespaces has the same entry twice: remove one"
    for field, uses in (("secrets", server.secrets), ("configMaps", server.config_maps)):
        used = [use.name for use in uses]
        for name in sorted({name for name in used if used.count(name) > 1}):
            yield f"{field} names {name!r} twice: join the two entries"


def _mounts(server: Server) -> Iterator[str]:
    """Check that no folder is mounted inside a read-only one or hides another."""
    uses = [(f"secrets.{index}", use.mount) for index, use in enumerate(server.secrets)]
    uses += [(f"configMaps.{index}", use.mount) for index, use in enumerate(server.config_maps)]
    mounts = [(f"{place}.mount", folder) for place, folder in uses if folder]
    built_in = [("the built-in", folder) for folder in BUILT_IN_MOUNTS]
    pairs = [*combinations(mounts, 2), *((mount, own) for mount in mounts for own in built_in)]
    for (one, here), (other, there) in pairs:
        if f"{here}/".startswith(f"{there}/") or f"{there}/".startswith(f"{here}/"):
            yield f"{one} {here} and {other} {there} overlap: choose another folder"
