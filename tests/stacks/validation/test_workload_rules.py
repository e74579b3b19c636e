"""Faults inside one workload that is not an MCP server."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from stacks.validation.security_warnings import weakenings
from tests.components.full import full
from tests.stacks.wrong import Settings, Wrong, ids, refused

WORKER: Settings = {"image": "registry.test/worker:1"}
DB: Settings = {**WORKER, "port": 5432}
EXPOSURE = {"host": "db.example.com", "proxy": {"namespace": "ingress"}}
NEEDING: Settings = {
    "clients": [{"server": "clock"}],
    "exposure": EXPOSURE,
    "metrics": {},
    "service": {"headless": True},
}
"""Settings that need a port."""
WRONG: Wrong = [
    (
        {"workloads.db": {**WORKER, "probes": {"liveness": {"path": "/live"}}}},
        "workloads.db: probes.liveness: needs a port: set port, or remove probes.liveness",
    ),
    (
        {"workloads.db": {**DB, "ports": {"tcp": 1}}},
        "workloads.db: ports.tcp: is a name that the stack uses itself: choose another",
    ),
    (
        {"workloads.db": {**DB, "patch": {"StatefulSet": {}}}},
        "workloads.db: patch.StatefulSet: the workload has a Deployment: patch that",
    ),
    (
        {"workloads.db": {**DB, "securityContext": {"runAsNonRoot": False}}},
        "workloads.db.securityContext.runAsNonRoot: Pod Security 'restricted' of namespace cortex-mcp refuses such "
        "pods: set namespaces.cortex-mcp.podSecurity: baseline, or move the workload to a namespace of its own",
    ),
    (
        {"workloads.db": {**DB, "resources": {"limits": {"cpu": "9"}}}},
        "workloads.db.resources.limits: are larger than namespaces.cortex-mcp.limits.max: lower these or raise those",
    ),
    (
        {"workloads.db": {**DB, "replicas": 60}},
        "namespaces.cortex-mcp.quota.pods: is 50, but its pods need 64 while they roll: raise it, "
        "or lower resources or replicas",
    ),
    (
        {"workloads.db": {**DB, "image": "registry.test/db:latest"}},
        "workloads.db.image: 'registry.test/db:latest' can become another image: in production, "
        "write a fixed tag or a digest",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_a_fault_is_told(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert line in refused(changes, tmp_path, monkeypatch)


@pytest.mark.parametrize("setting", NEEDING)
def test_a_setting_that_needs_a_port_says_so(setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"workloads.db": {**WORKER, setting: NEEDING[setting]}}
    line = f"workloads.db: {setting}: needs a port: set port, or remove {setting}"
    assert refused(changes, tmp_path, monkeypatch) == [line]


def test_what_weakens_a_workload_is_a_warning() -> None:
    declared = full(
        workloads={
            "db": {
                **DB,
                "env": {"DB_PASSWORD": "hunter2hunter2"},
                "probes": {"none": "it has none"},
                "kubernetes": {"everywhere": True},
                "patch": {"Deployment": {"spec": {"paused": False}}},
            }
        }
    )
    found = [line.split(" ")[0] for line in weakenings(declared) if line.startswith("workloads.db")]
    assert sorted(found) == [
        "workloads.db.env.DB_PASSWORD",
        "workloads.db.kubernetes.everywhere:",
        "workloads.db.patch.Deployment:",
        "workloads.db.probes.liveness:",
        "workloads.db.probes.readiness:",
        "workloads.db.probes.startup:",
    ]
