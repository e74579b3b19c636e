"""Secrets: those of servers and workloads, and those that the stack declares."""

from collections.abc import Iterable, Mapping

from stacks.manifests.manifest import HIDDEN, Manifest, Value, given
from stacks.model import names
from stacks.model import secret as model
from stacks.model.owner import Owner
from stacks.model.workload import Workload

# Pulumi waits for the operator, so a key that the store lacks fails the deployment. The operator retries for ever, but
# it fetches an existing key within seconds.
_AWAITED = {"pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "60"}


def secret(name: str, declared: model.Secret, component: str) -> Manifest | None:
    """Return a declared Secret, or the ExternalSecret from which an operator makes it; None for an existing Secret.

    `component` is the label `cortex.dev/component` of its namespace.
    """
    labels = {names.COMPONENT: component}
    if declared.keys:
        return _secret(name, declared.namespace, labels, declared.keys, declared.type)
    if declared.generated:
        content: Mapping[str, Value] = {"type": declared.type}
        first: Mapping[str, Value] = {"data": {declared.generated: HIDDEN}}
        return Manifest("v1", "Secret", name, declared.namespace, labels, content=content, initial=first)
    if declared.external:
        return _external(name, declared, labels, declared.external)
    return None


def own_secret(owner: Owner, declared: Workload, keys: Iterable[str]) -> Manifest:
    """Return the Secret of a server or workload alone."""
    return _secret(owner.secret, declared.namespace, owner.labels, keys, model.OPAQUE)


def _secret(name: str, namespace: str, labels: Mapping[str, str], keys: Iterable[str], kind: str) -> Manifest:
    return Manifest(
        "v1",
        "Secret",
        name,
        namespace,
        labels,
        # Lets a verifier compare the content without knowing it.
        {names.CHECKSUM: HIDDEN},
        # Not `stringData`: the API server never returns it, so drift in it would not be visible.
        {"type": kind, "data": dict.fromkeys(keys, HIDDEN)},
    )


def _external(name: str, declared: model.Secret, labels: Mapping[str, str], external: model.External) -> Manifest:
    template: Value = None if declared.type == model.OPAQUE else {"type": declared.type}
    spec: Value = {
        "refreshInterval": external.refresh,
        "secretStoreRef": {"name": external.store, "kind": external.store_kind},
        "target": given({"name": name, "creationPolicy": "Owner", "template": template}),
        "data": [
            {"secretKey": key, "remoteRef": given({"key": remote.key, "property": remote.property})}
            for key, remote in external.keys.items()
        ],
    }
    content = {"spec": spec}
    return Manifest("external-secrets.io/v1", "ExternalSecret", name, declared.namespace, labels, _AWAITED, content)
