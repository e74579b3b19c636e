"""What a declared object says by leaving fields out: that there are none.

A comparison reads a left-out field as anybody's. These would change what runs or who is let in, so nobody may add them.
"""

from collections.abc import Mapping
from typing import cast

from stacks.manifests.manifest import Manifest, Value

_SPECS: Mapping[str, Mapping[str, Value]] = {
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


def sealed(obj: Manifest) -> dict[str, Value]:
    """Give an object's content, in which what is left out on purpose is there as nothing."""
    content = {key: value for key, value in obj.document().items() if key in obj.content}
    if obj.kind in _SPECS:
        content["spec"] = {**_SPECS[obj.kind], **cast("Mapping[str, Value]", content["spec"])}
    return cast("dict[str, Value]", _pods(content))


def _pods(value: Value) -> Value:
    """Seal the pod specs inside, which are known by their containers."""
    if isinstance(value, list):
        return [_pods(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    fields = {key: _pods(inner) for key, inner in value.items()}
    if "containers" not in fields:
        return fields
    containers = cast("list[Mapping[str, Value]]", fields["containers"])
    return {**_POD, **fields, "containers": [{**_CONTAINER, **container} for container in containers]}
