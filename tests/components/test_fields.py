"""Objects are plain data: here each field is held against the SDK's classes, which know those of Kubernetes."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import cast, get_args, get_origin

import pytest
from pulumi import _types as types

from stacks.manifests.build import build
from stacks.manifests.manifest import Manifest, Value
from tests.components.full import full

MODULES = {
    "v1": "core.v1",
    "apps/v1": "apps.v1",
    "autoscaling/v2": "autoscaling.v2",
    "batch/v1": "batch.v1",
    "networking.k8s.io/v1": "networking.v1",
    "policy/v1": "policy.v1",
    "rbac.authorization.k8s.io/v1": "rbac.v1",
}
CUSTOM = {"CiliumNetworkPolicy", "ExternalSecret", "PrometheusRule", "ServiceMonitor"}
BUILT_IN = [one for one in build(full(resourceManager={"token": "legacy"})) if one.kind not in CUSTOM]


def faults(one: Manifest) -> list[str]:
    """Give the fields that Kubernetes does not have, or whose values are of another type."""
    module = import_module(f"pulumi_kubernetes.{MODULES[one.api_version]}")
    return list(_faults(one.document(), cast("type", getattr(module, f"{one.kind}InitArgs")), one.kind))


def _faults(value: Value, wanted: object, path: str) -> Iterator[str]:
    origin, arguments = get_origin(wanted), get_args(wanted)
    if isinstance(value, Mapping) and isinstance(wanted, type) and types.is_input_type(wanted):
        fields = types.input_type_types(wanted)
        for key, inner in value.items():
            if key in fields:
                yield from _faults(inner, types.unwrap_type(fields[key]), f"{path}.{key}")
            else:
                yield f"{path}.{key} is no field"
    elif isinstance(value, Mapping):
        if origin is not Mapping:
            yield f"{path} is a mapping"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if origin is not Sequence:
            yield f"{path} is a list"
            return
        for index, inner in enumerate(value):
            yield from _faults(inner, types.unwrap_type(arguments[0]), f"{path}.{index}")
    elif wanted in (bool, int, str) and type(value) is not wanted:
        yield f"{path} is {value!r}"


@pytest.mark.parametrize("kind", sorted({one.kind for one in BUILT_IN}))
def test_every_field_is_one_that_kubernetes_has(kind: str) -> None:
    assert [fault for one in BUILT_IN if one.kind == kind for fault in faults(one)] == []


def test_the_judge_finds_what_is_wrong() -> None:
    spec: Value = {"replicas": "2", "template": {"spec": {"containers": [{"imagePullPolice": "Never"}], "volumes": {}}}}
    assert faults(Manifest("apps/v1", "Deployment", "d", "ns", content={"spec": spec, "specs": {}})) == [
        "Deployment.spec.replicas is '2'",
        "Deployment.spec.template.spec.containers.0.imagePullPolice is no field",
        "Deployment.spec.template.spec.volumes is a mapping",
        "Deployment.specs is no field",
    ]
