"""`cortex talos destroy`: exactly what the plan made."""

import pytest

from tests.checks.bootstrap.planning import Planning

pytestmark = pytest.mark.live


def test_it_deletes_exactly_the_machines_of_the_plan(planning: Planning) -> None:
    planning.run("bootstrap", "--yes")
    planning.proxmox.add_vm(900, "theirs", node="pve1", status="running")
    # One that was made again by hand under the same name and id is not of the plan.
    second = next(vm for vm in planning.proxmox.vms if vm.name == "cp-2")
    second.config["description"] = "made by hand"
    _, err = planning.run("destroy", "--yes", "other", code=2)
    assert err.endswith("cortex: that is not the name of the cluster, prod: nothing was deleted\n")
    assert len(planning.proxmox.vms) == 5
    _, err = planning.run("destroy", "--yes", "prod")
    assert sorted(vm.name for vm in planning.proxmox.vms) == ["cp-2", "theirs"]
    assert "VM cp-1 (100) is deleted" in err
    assert "the stored kubeconfig of stack test is removed" in err
    assert not planning.stored.exists()
    assert "`pulumi stack rm --force test` removes it" in err
    left = sorted(file.name.partition("-")[0] for file in planning.state.iterdir())
    assert left == ["destroyed", "lock"]


def test_a_kubeconfig_that_was_imported_meanwhile_is_kept(planning: Planning) -> None:
    planning.run("bootstrap", "--yes")
    planning.keep_kubeconfig("https://127.0.0.1:1")
    before = planning.stored.read_bytes()
    _, err = planning.run("destroy", "--yes", "prod")
    assert "the stored kubeconfig of stack test is kept, because it is that of another cluster" in err
    assert planning.stored.read_bytes() == before


def test_there_is_nothing_to_destroy_before_a_bootstrap(planning: Planning) -> None:
    _, err = planning.run("destroy", "--yes", "prod", code=2)
    assert err == ("cortex: nothing was made for cluster prod from this account: there is nothing to destroy\n")


def test_a_machine_whose_making_was_interrupted_is_deleted(planning: Planning) -> None:
    planning.killed("before:vm-made:machines:2")
    planning.run("destroy", "--yes", "prod")
    assert not planning.proxmox.vms


def test_it_does_not_delete_without_the_name(planning: Planning) -> None:
    planning.killed("before:done:machines:1")
    _, err = planning.run("destroy", code=2)
    assert "there is no terminal to ask on: give --yes prod to delete without asking" in err
    assert len(planning.proxmox.vms) == 4
