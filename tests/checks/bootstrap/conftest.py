"""A plan, and what it is carried out against: a fake Proxmox, simulated nodes, a fake API server, a stand-in Pulumi."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from tests.checks.bootstrap.blank_nodes import BlankCluster, blank, blank_nodes
from tests.checks.bootstrap.planning import SECRET, TOKEN, Planning, planning_in
from tests.checks.cli.project import LIGHT, Project
from tests.checks.fake_api import FakeApi, serve
from tests.checks.talos.talos_world import become_talos
from tests.checks.talos.test_kubeconfig import kubeconfig
from tests.checks.world import World, declared


@pytest.fixture
def blank_cluster() -> Iterator[BlankCluster]:
    """Three control-plane nodes and a worker, whose virtual machines do not exist yet."""
    with blank(*blank_nodes()) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The files of the certificate, which is its own CA, and the key of the Proxmox."""
    from fakepve.certs import make_cert

    file, key, _ = make_cert(str(tmp_path_factory.mktemp("pve")), hosts=("127.0.0.1",))
    return str(file), str(key)


@pytest.fixture
def authority(certificate: tuple[str, str]) -> str:
    """The file of the CA of the Proxmox."""
    return certificate[0]


@pytest.fixture
def proxmox(certificate: tuple[str, str], blank_cluster: BlankCluster) -> Iterator[Any]:
    """A Proxmox; a node answers once its virtual machine runs."""
    # Imported here, and not as the plugin that it has for pytest: that costs every run a second.
    from fakepve import FakePve
    from fakepve.server import settle

    pve = FakePve(user="root@pam", password="secret", host="127.0.0.1", port=0)
    pve.time_scale = 0
    pve.add_node("pve1")
    pve.apitokens[TOKEN] = SECRET
    pve.storages["local"]["files"].add("talos.iso")
    with start_blocking_portal() as portal:
        portal.call(pve.start, *certificate)
        with _watched(pve, blank_cluster):
            yield pve
        portal.call(settle)
        portal.call(pve.stop)


@contextmanager
def _watched(pve: Any, cluster: BlankCluster) -> Iterator[None]:
    """Start the node of each virtual machine that runs."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for vm in list(pve.vms):
                if vm.status == "running":
                    cluster.starts(vm.name)

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def api(blank_cluster: BlankCluster) -> Iterator[FakeApi]:
    """An API server of a stack without servers, on Talos."""
    settings = on_talos(blank_cluster.port)
    with serve(
        World(declared(**{name: settings[name] for name in ("servers", "configMaps", "cluster", "talos")}))
    ) as api:
        yield api


def on_talos(port: int) -> dict[str, Any]:
    return {**LIGHT, "cluster": {**LIGHT["cluster"], "nodes": 4}, "talos": {"port": port, "controlPlanes": 3}}


@pytest.fixture
def planning(
    project: Project,
    api: FakeApi,
    blank_cluster: BlankCluster,
    proxmox: Any,
    authority: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Planning:
    """The plan of a cluster that becomes that of the fake API server as soon as etcd is bootstrapped."""
    folder = project.folder
    project.declare(on_talos(blank_cluster.port))
    project.kubeconfig.unlink()
    api.world.objects["nodes", ""] = []

    def register() -> None:
        become_talos(api.world, blank_cluster.nodes.values())
        api.world.add("pods", "kube-system", DNS_POD)

    blank_cluster.on_bootstrap = register
    for node in blank_cluster.nodes.values():
        node.kubeconfig = kubeconfig(api.url)
    stand_in(folder)
    return planning_in(project, api.url.replace("http:", "https:"), "test", proxmox, authority, blank_cluster)


DNS_POD = {
    "metadata": {"name": "coredns-1", "labels": {"k8s-app": "kube-dns"}},
    "spec": {"nodeName": "cp-1"},
    "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
}


def stand_in(folder: Path) -> None:
    """Write a Pulumi that only notes how it was called, and goes on when there is no file `hold`."""
    program = folder / "bin" / "pulumi"
    program.parent.mkdir()
    context = "sed -n 's/^current-context: //p' $KUBECONFIG"
    program.write_text(
        f'#!/bin/sh\necho "$KUBECONFIG $({context}) $*" >> {folder}/pulumi.log\n'
        f'while [ -e {folder}/hold ]; do sleep 0.1; done\necho "Resources: 1 created"\n'
    )
    program.chmod(0o755)
