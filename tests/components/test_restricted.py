"""Every pod that any server may get passes Pod Security `restricted` (the standard of Kubernetes 1.34)."""

from collections.abc import Mapping
from typing import cast

import pytest

from stacks.program import deploy
from tests.components.recording import declared, record

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

SERVERS = {
    "bare": {},
    "full": {
        "config": {"a": "1"},
        "secretEnv": {"TOKEN": "token"},
        "secretFiles": {"ca.pem": "ca"},
        "kubernetes": {"namespaces": ["cortex-mcp"]},
    },
}


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
        "capabilities": "ALL" in capabilities.get("drop", []) and not capabilities.get("add"),
        "runAsNonRoot": effective.get("runAsNonRoot") is True,
        "runAsUser": effective.get("runAsUser") != 0,
        "seccompProfile": profile.get("type") in {"RuntimeDefault", "Localhost"},
        # Beyond the standard: no pod of ours writes to its image.
        "readOnlyRootFilesystem": container.get("readOnlyRootFilesystem") is True,
    }
    return [name for name, kept in rules.items() if not kept]


@pytest.mark.parametrize("kind", SERVERS)
def test_every_pod_is_restricted(kind: str) -> None:
    declaration = declared(**{kind: SERVERS[kind]})
    recording = record(lambda: deploy(declaration), {"secrets:token": "t", "secrets:ca": "c"})
    pods = [deployment.at("spec.template.spec") for deployment in recording.of("Deployment").values()]
    assert len(pods) == 1
    assert [violations(cast("Spec", pod)) for pod in pods] == [[]]


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
