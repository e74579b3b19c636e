"""The whole way: from a plan to a cluster with its stack, against a fake Proxmox and simulated nodes."""

import stat

import yaml

from checks.bootstrap.sequence import STEPS
from tests.checks.bootstrap.planning import Planning

NAMES = [step.name for step in STEPS]


def test_a_plan_becomes_a_cluster_with_its_stack(planning: Planning) -> None:
    out, err = planning.run("bootstrap", "--yes")
    assert planning.done() == NAMES, err
    assert sorted(vm.name for vm in planning.proxmox.vms) == ["cp-1", "cp-2", "cp-3", "worker-1"]
    nodes = planning.cluster.blank()
    assert [node.applications for node in nodes] == [1, 1, 1, 1]
    assert [node.bootstraps for node in nodes] == [1, 0, 0, 0]
    assert "8. write the registry" in out
    assert "s  CoreDNS is ready" in err


def test_its_secrets_are_on_the_disk_only_encrypted(planning: Planning) -> None:
    planning.run("bootstrap", "--yes")
    for file in planning.state.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        assert (b"PRIVATE KEY" in file.read_bytes()) is False, file
    assert b"very-secret" not in (planning.state / "journal.jsonl").read_bytes()
    config = yaml.safe_load((planning.state / "kubeconfig").read_text())
    assert config["current-context"] == "test"
