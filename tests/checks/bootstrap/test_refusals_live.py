"""Nodes and machines of others, and services that refuse: nothing of others is changed."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from tests.checks.bootstrap.planning import Planning
from tests.checks.talos.simulated_node import Node, SimulatedCluster

pytestmark = pytest.mark.live


@pytest.fixture
def other_cluster(planning: Planning) -> Iterator[SimulatedCluster]:
    """A cluster with a node at the address of cp-2."""
    with start_blocking_portal() as portal:
        cluster = SimulatedCluster(portal, planning.cluster.port)
        cluster.add(Node("theirs", "127.0.0.32"))
        yield cluster
        cluster.stop_all()


def test_a_node_of_another_cluster_is_named_and_nothing_is_changed(
    planning: Planning, other_cluster: SimulatedCluster
) -> None:
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert "node cp-2 at 127.0.0.32 is configured for another cluster: give this cluster another address" in err
    assert "now there is: nothing was made" in err
    assert not planning.proxmox.vms


def test_a_node_that_changed_hands_meanwhile_ends_the_run_before_any_is_configured(
    planning: Planning, other_cluster: SimulatedCluster
) -> None:
    other_cluster.stop_all()
    planning.cluster.blank()[1].on = True  # its VM never answers
    planning.killed("before:done:configurations:1")
    other_cluster.start("127.0.0.32")
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert "step 3 (apply the configurations) failed: node cp-2 at 127.0.0.32 is configured for another cluster" in err
    assert [node.applications for node in planning.cluster.blank()] == [0, 0, 0, 0]


def test_an_address_that_is_taken_before_the_machine_exists_is_refused(planning: Planning) -> None:
    planning.cluster.starts("cp-3")
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert "127.0.0.33, the address of cp-3, already has a Talos node, and the VM does not exist yet" in err
    assert not planning.proxmox.vms


def test_a_stopped_machine_of_another_one_is_not_started(planning: Planning) -> None:
    planning.proxmox.add_vm(500, "worker-1", node="pve1", status="stopped")
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert "the VM worker-1 (500) is not of this plan, and does not run: start it, rename it, or delete it" in err
    assert planning.proxmox.vm(500).status == "stopped"


def test_an_etcd_that_runs_is_not_bootstrapped_again(planning: Planning) -> None:
    planning.killed("before:done:apply:1")
    second = planning.cluster.blank()[1]
    planning.cluster.bootstrapped()
    second.bootstraps = 1  # by hand
    _, err = planning.run("bootstrap", "--yes")
    assert "etcd runs on cp-1, cp-2, cp-3" in err
    assert [node.bootstraps for node in planning.cluster.blank()] == [0, 1, 0, 0]


def test_a_bootstrap_that_is_refused_at_first_is_tried_again(planning: Planning) -> None:
    planning.cluster.blank()[0].not_yet = 2
    _, err = planning.run("bootstrap", "--yes")
    assert err.count("node cp-1 did not bootstrap it yet: ") == 1
    assert "bootstrap is not available yet" in err
    planning.made_once()


def test_etcd_is_not_bootstrapped_while_a_node_says_nothing(planning: Planning) -> None:
    planning.killed("after:started:etcd:1")
    planning.cluster.stop("127.0.0.33")
    process = planning.begin("bootstrap", "--yes")
    first, lost = planning.cluster.blank()[0], planning.cluster.blank()[2]
    deadline, asked = time.monotonic() + 120, first.asked.count("ServiceList")
    while first.asked.count("ServiceList") < asked + 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert first.bootstraps == 0
    planning.cluster.start(lost.address)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, out + err
    planning.made_once()


def test_what_generates_no_configuration_is_named(planning: Planning) -> None:
    planning.cluster.blank()[0].generates = False
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert "node cp-1 generates no machine configuration" in err
    assert "and there is no `talosctl` on PATH: install talosctl" in err


def test_talosctl_generates_the_configurations_where_it_is_on_path(planning: Planning) -> None:
    folder = planning.project.folder
    for node in planning.cluster.blank():
        node.generates = False
    (folder / "controlplane.yaml").write_text(planning.cluster.configuration("controlplane", "prod"))
    (folder / "worker.yaml").write_text(planning.cluster.configuration("worker", "prod"))
    (folder / "talosconfig").write_text(planning.cluster.talosconfig())
    program = folder / "bin" / "talosctl"
    program.write_text(
        f'#!/bin/sh\necho "$*" > {folder}/talosctl.log\n'
        f"cd {folder} && cp controlplane.yaml worker.yaml talosconfig $6\n"
    )
    program.chmod(0o755)
    planning.run("bootstrap", "--yes")
    planning.made_once()
    called = (folder / "talosctl.log").read_text().split()
    assert called[:5] == ["gen", "config", "prod", planning.document["endpoint"], "--output"]
    assert called[5].startswith("/dev/shm/")
    assert not Path(called[5]).exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tokenFile": "wrong-token"}, "refuses it: authentication failure: check the API token"),
        ({"caFile": None}, "is not trusted: name its CA as proxmox.caFile"),
        ({"url": "https://127.0.0.1:1"}, "does not answer: check the URL and the network"),
    ],
)
def test_a_proxmox_that_refuses_is_told(planning: Planning, change: dict[str, str], sentence: str) -> None:
    (planning.project.folder / "wrong-token").write_text("cortex@pve!bootstrap=very-secret-wrong")
    proxmox = {**planning.document["proxmox"], **change}
    planning.document["proxmox"] = {name: value for name, value in proxmox.items() if value is not None}
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert sentence in err
    assert "now there is: nothing was made" in err


def test_a_stored_kubeconfig_of_another_cluster_is_not_replaced(planning: Planning) -> None:
    planning.keep_kubeconfig("https://127.0.0.1:1")
    before = planning.stored.read_bytes()
    _, err = planning.run("bootstrap", "--yes", code=2)
    sentence = "cortex: the kubeconfig of another cluster is stored for stack test: keep a copy if you need it "
    assert err.startswith(sentence)
    assert not planning.proxmox.vms, "it is said before anything is made"
    planning.stored.unlink()
    planning.killed("before:started:kubeconfig:1")
    planning.stored.write_bytes(before)
    planning.stored.chmod(0o600)
    _, err = planning.run("bootstrap", "--yes", code=2)
    assert err.startswith(sentence)
    assert planning.stored.read_bytes() == before
