"""Every pod that any stack may get passes Pod Security `restricted` (the standard of Kubernetes 1.34)."""

from collections.abc import Iterable, Mapping
from typing import cast

import pytest

from stacks.program import deploy
from tests.components import golden
from tests.components.full import SECRETS, WORKLOADS, full
from tests.components.recording import Recording, record

ALLOWED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
Spec = Mapping[str, object]


def violations(pod: Spec) -> list[str]:
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    for volume in cast("list[Spec]", pod.get("volumes", [])):
        found += [f"volume {kind}" for kind in set(volume) - {"name"} - ALLOWED_VOLUMES]
    for container in cast("list[Spec]", pod["containers"]):
        found += _container_violations(
            cast("Spec", pod.get("securityContext", {})), cast("Spec", container.get("securityContext", {}))
        )
    return found


def _container_violations(pod: Spec, container: Spec) -> list[str]:
    effective = {**pod, **container}
    profile = cast("Spec", effective.get("seccompProfile", {}))
    capabilities = cast("Mapping[str, list[str]]", container.get("capabilities", {}))
    rules = {
        "privileged": not container.get("privileged"),
        "allowPrivilegeEscalation": container.get("allowPrivilegeEscalation") is False,
        "capabilities": "ALL" in capabilities.get("drop", [])
        and set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"},
        "runAsNonRoot": effective.get("runAsNonRoot") is True,
        "runAsUser": effective.get("runAsUser") != 0,
        "seccompProfile": profile.get("type") in {"RuntimeDefault", "Localhost"},
        # Beyond the standard: no pod of ours writes to its image.
        "readOnlyRootFilesystem": container.get("readOnlyRootFilesystem") is True,
    }
    return [name for name, kept in rules.items() if not kept]


def pods(recording: Recording) -> dict[str, Spec]:
    """Give the pod template of every object that has one, by kind and name."""
    places = {"Deployment": "spec", "StatefulSet": "spec", "CronJob": "spec.jobTemplate.spec", "Job": "spec"}
    return {
        f"{kind} {name}": cast("Spec", resource.at(f"{place}.template.spec"))
        for kind, place in places.items()
        for name, resource in recording.of(kind).items()
    }


def kinds(names: Iterable[str]) -> list[str]:
    return sorted(name.split()[0] for name in names)


def test_every_pod_is_restricted() -> None:
    found = pods(record(lambda: deploy(full(workloads=WORKLOADS)), SECRETS))
    deployments = ["Deployment"] * 4
    assert kinds(found) == ["CronJob", "CronJob", *deployments, "Job", "StatefulSet"]
    assert {name: violations(pod) for name, pod in found.items()} == {name: [] for name in found}


@pytest.mark.parametrize("stack", golden.stacks())
def test_every_pod_of_the_committed_stacks_is_restricted(stack: str) -> None:
    recording = golden.recorded(stack)
    found = pods(recording)
    assert found
    assert {name: violations(pod) for name, pod in found.items()} == {name: [] for name in found}
    levels = [
        space.at("metadata.labels.pod-security~kubernetes~io/enforce") for space in recording.of("Namespace").values()
    ]
    assert levels == ["restricted"] * len(levels)


def test_no_other_kind_of_object_brings_pods() -> None:
    recording = record(lambda: deploy(full(workloads=WORKLOADS)), SECRETS)
    templates = {
        resource.type.rpartition(":")[2]
        for resource in recording.resources
        if "'containers'" in str(cast("Spec", resource.inputs.get("spec", {})))
    }
    assert templates == {"CronJob", "Deployment", "Job", "StatefulSet"}


def test_the_judge_finds_what_is_not_restricted() -> None:
    assert violations({"hostNetwork": True, "volumes": [{"name": "v", "hostPath": {}}], "containers": [{}]}) == [
        "hostNetwork",
        "volume hostPath",
        "allowPrivilegeEscalation",
        "capabilities",
        "runAsNonRoot",
        "seccompProfile",
        "readOnlyRootFilesystem",
    ]
