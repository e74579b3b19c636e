"""Secrets as objects of the cluster: an MCP server's own, and those that the stack declares (seed, section 6)."""

from collections.abc import Iterable, Mapping

from stacks import discovery, names
from stacks import secret as model
from stacks.objects.base import HIDDEN, Object, Value
from stacks.server import Server


def secret(name: str, declared: model.Secret, component: str) -> Object | None:
    """Give a declared Secret, or the ExternalSecret from which an operator makes it; nothing where others make it.

    `component` is the label `cortex.dev/component` of its namespace.
    """
    labels = {names.COMPONENT: component}
    if declared.keys:
        return _opaque(name, declared.namespace, labels, declared.keys)
    if declared.external:
        return _external(name, declared.namespace, labels, declared.external)
    return None


def server_secret(kind: str, server: Server, keys: Iterable[str]) -> Object:
    """Give the Secret of an MCP server."""
    return _opaque(names.server_secret(kind), server.namespace, discovery.owner_labels(kind), keys)


def _opaque(name: str, namespace: str, labels: Mapping[str, str], keys: Iterable[str]) -> Object:
    return Object(
        "v1",
        "Secret",
        name,
        namespace,
        labels,
        # Proves the content to a verifier, who needs no value for it.
        {names.CHECKSUM: HIDDEN},
        # `data`, not `stringData`: the API server never gives the latter back, so drift in it would not show.
        {"type": "Opaque", "data": dict.fromkeys(keys, HIDDEN)},
    )


def _external(name: str, namespace: str, labels: Mapping[str, str], external: model.External) -> Object:
    spec: Value = {
        "refreshInterval": external.refresh,
        "secretStoreRef": {"name": external.store, "kind": external.store_kind},
        "target": {"name": name, "creationPolicy": "Owner"},
        "data": [{"secretKey": key, "remoteRef": {"key": remote}} for key, remote in external.keys.items()],
    }
    return Object("external-secrets.io/v1", "ExternalSecret", name, namespace, labels, content={"spec": spec})
