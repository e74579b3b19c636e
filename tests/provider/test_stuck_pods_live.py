"""Bad changes under the real engine: they fail soon, the old pods still serve, and the good file repairs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.provider.project import Project

pytestmark = pytest.mark.live

_SOON = 75
"""Seconds until a failure is reported, by the engine's clock; at most 45 on an idle machine."""
_SERVERS = """
key = {"name": "A", "value_from": {"secret_key_ref": {"name": "no", "key": "k"}}}
probe = {"tcp_socket": {"port": 1}}
volume = {"name": "v", "config_map": {"name": "no"}}
BAD = {
    "absent-image": {"main": {"image": "localhost/absent:1"}},
    "refused-name": {"main": {"image": "NO/Name:1"}},
    "crash": {"main": {"image": PYTHON, "command": ["python3", "-c", "raise SystemExit(3)"], "readiness_probe": probe}},
    "no-key": {"main": {"env": [key]}},
    "no-volume": {"volumes": [volume], "main": {"volume_mounts": [{"name": "v", "mount_path": "/v"}]}},
    "no-account": {"service_account_name": "no"},
    "nowhere": {"node_selector": {"no": "node"}},
}
for name, change in BAD.items():
    change = change if IS_BAD else {}
    labels = {"app": name}
    main = {"name": "main", "image": PAUSE, "image_pull_policy": "Never", **change.pop("main", {})}
    # Kubernetes keeps a ServiceAccount that is no longer declared, in the field `serviceAccount`.
    base = {"service_account_name": "default", "termination_grace_period_seconds": 0}
    pod = {**base, "containers": [main], **change}
    k.apps.v1.Deployment(name, metadata={"namespace": NS, "name": name}, opts=inside, spec={
        "selector": {"match_labels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod},
        "strategy": {"rolling_update": {"max_surge": 1, "max_unavailable": 0}}})
"""
_TOLD = {
    "absent-image": r"container main of pod absent-image-\S+ waits: ErrImageNeverPull .*localhost/absent:1",
    "refused-name": r"container main of pod refused-name-\S+ waits: InvalidImageName .*NO/Name:1",
    # The container waits for its next start, or has just ended.
    "crash": r"container main of pod crash-\S+ (waits: CrashLoopBackOff.*)?ended with code 3",
    "no-key": r'container main of pod no-key-\S+ waits: CreateContainerConfigError secret "no" not found',
    "no-volume": r'container main of pod no-volume-\S+ waits: ContainerCreating; .*configmap "no" not found',
    "no-account": r'last warning \(ReplicaSet no-account-\S+\): FailedCreate: .*serviceaccount "no" not found',
    "nowhere": r"pod nowhere-\S+ has no node: 0/\d+ nodes are available",
}


def test_a_bad_change_fails_soon_while_the_old_pods_serve_and_the_good_file_repairs_it(
    project: Project, image: str, python: str
) -> None:
    good = f"PAUSE, PYTHON, IS_BAD = {image!r}, {python!r}, False\n{_SERVERS}"
    project.up(good)
    project.program(good.replace("False", "True", 1))
    output = project.run("up", "--yes", "--skip-preview", "--continue-on-error", fails=True)
    for name, words in _TOLD.items():
        told = rf"Deployment {project.namespace}/{name} failed because its pods do not start: {words}"
        assert re.search(told, output), f"{told}\n{output}"
        status = project.live(f"deployments/{name}", root="/apis/apps/v1")["status"]
        assert status.get("availableReplicas") == 1, f"{name}: {status}"
    assert output.count("pods of the previous version that still serve: 1") >= len(_TOLD)
    took = dict(re.findall(r"Deployment (\S+) updating \((\d+)s\).* error: ", output))
    assert took.keys() == _TOLD.keys()
    assert max(map(int, took.values())) < _SOON, took
    counts, _ = project.up(good)
    assert counts == {"updated": len(_TOLD), "unchanged": 2}
    assert "initErrors" not in project.state()
