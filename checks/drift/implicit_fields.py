"""Fields that must stay unset if a manifest omits them.

Omitted fields are not compared, except for those listed here: they change what runs, or who can connect.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from stacks.manifests.manifest import Manifest, Value

_SPECS: Mapping[str, Mapping[str, Value]] = {
    "CiliumNetworkPolicy": {"ingress": ()},
    "CronJob": {"suspend": False},
    "Deployment": {"paused": False},
    "NetworkPolicy": {"ingress": (), "egress": ()},
    "Service": {"externalIPs": ()},
}
_POD: Mapping[str, Value] = {
    "hostIPC": False,
    "hostNetwork": False,
    "hostPID": False,
    "initContainers": (),
    "nodeSelector": (),
    "tolerations": (),
    "volumes": (),
}
_CONTAINER: Mapping[str, Value] = {"args": (), "command": (), "env": (), "envFrom": (), "volumeMounts": ()}


def with_implicit_fields(manifest: Manifest) -> dict[str, Value]:
    """Return the content of a manifest, in which the fields that must stay unset are set to their empty values."""
    content = {key: value for key, value in manifest.document().items() if key in manifest.content}
    if manifest.kind in _SPECS:
        content["spec"] = {**_SPECS[manifest.kind], **cast("Mapping[str, Value]", content["spec"])}
    return cast("dict[str, Value]", _pods(content))


def _pods(value: Value) -> Value:
    """Add the fields to the pod specs inside a value, which are recognized by their containers."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [_pods(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    fields = {key: _pods(inner) for key, inner in value.items()}
    if "containers" not in fields:
        return fields
    complete = {**_POD, **fields}
    for key in ("containers", "initContainers"):
        containers = cast("Sequence[Mapping[str, Value]]", complete[key])
        complete[key] = [{**_CONTAINER, **container} for container in containers]
    return complete
