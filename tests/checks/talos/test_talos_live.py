"""Kubernetes and Talos as one status, on a real API server whose nodes are simulated ones on loopback."""

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import yaml

from stacks.loader import parse
from stacks.manifests.build import build
from tests.checks.talos.simulated_node import SimulatedCluster, control_planes, simulated, workers
from tests.checks.talos.talos_world import KUBELET, kubernetes_node, pods
from tests.conftest import CORTEX, Cluster, cluster_name, cortex, start

pytestmark = pytest.mark.live

SECONDS = 60
SETTINGS: dict[str, Any] = {
    "cluster": {"context": "cortex-local", "environment": "testing", "nodes": 4},
    "namespaces": {
        "cortex-system": {"component": "system", "description": "Core"},
        "cortex-mcp": {"component": "mcp-servers", "description": "Servers"},
    },
}


@dataclass(frozen=True)
class Stack:
    """The project's folder, its cluster, and the simulated nodes."""

    cluster: Cluster
    talos: SimulatedCluster
    talosconfig: Path

    def run(self, *arguments: str, code: int) -> str:
        done = self.cluster.run(str(CORTEX), *arguments, "--talosconfig", str(self.talosconfig), check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        command = (str(CORTEX), "talos", "status", "talos", "--talosconfig", str(self.talosconfig), "--format", "json")
        report: dict[str, Any] = json.loads(self.cluster.run(*command, check=False).stdout)
        return report

    def until(self, overall: str, code: int) -> dict[str, Any]:
        """Ask until the status is this one: pods and quotas take a moment."""
        end = monotonic() + SECONDS
        while (report := self.status())["overall"] != overall:
            assert monotonic() < end, report
            sleep(0.5)
        assert report["exitCode"] == code
        return report


@pytest.fixture(scope="module")
def on_talos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    name, folder = cluster_name("talos"), tmp_path_factory.mktemp("project")
    with simulated(*control_planes(), *workers()) as talos:
        try:
            cluster = start(name, ["--node", "kwok"])
            yield deployed(replace(cluster, root=folder), talos)
        finally:
            cortex("local", "down", "--name", name, "--delete")


def deployed(cluster: Cluster, talos: SimulatedCluster) -> Stack:
    """Replace the node by those of Talos, and deploy the stack."""
    settings = {**SETTINGS, "talos": {"version": "1.6.x", "controlPlanes": 3, "port": talos.port}}
    config = {"config": {f"cortex:{key}": value for key, value in settings.items()}}
    (cluster.root / "Pulumi.yaml").write_text("name: cortex\n")
    (cluster.root / "Pulumi.talos.yaml").write_text(yaml.safe_dump(config))
    (cluster.root / "talosconfig").write_text(talos.talosconfig())
    cluster.run("kubectl", "delete", "nodes", "--all")
    for node in talos.nodes.values():
        make_node(cluster, kubernetes_node(node))
    system = [pod for node in talos.nodes.values() for pod in pods(node)] + [dns()]
    apply(cluster, [as_live(pod) for pod in system])
    apply(cluster, [each.document() for each in build(parse(settings, "Pulumi.talos.yaml"))])
    for node in talos.nodes.values():
        node.kubeconfig = cluster.kubeconfig.read_bytes()
    return Stack(cluster, talos, cluster.root / "talosconfig")


def make_node(cluster: Cluster, node: dict[str, Any]) -> None:
    """Make a node that KWOK keeps ready, with the address of the simulated one."""
    labels = {**node["metadata"]["labels"], "type": "kwok"}
    apply(cluster, [{"apiVersion": "v1", "kind": "Node", "metadata": {**node["metadata"], "labels": labels}}])
    told = {"addresses": node["status"]["addresses"], "nodeInfo": {"kubeletVersion": KUBELET}}
    patch = json.dumps({"status": told})
    cluster.run("kubectl", "patch", "node", node["metadata"]["name"], "--subresource=status", "--patch", patch)


def dns() -> dict[str, Any]:
    return {"metadata": {"name": "coredns-1", "labels": {"k8s-app": "kube-dns"}}, "spec": {"nodeName": "worker-1"}}


def as_live(pod: dict[str, Any]) -> dict[str, Any]:
    spec = {**pod["spec"], "containers": [{"name": "main", "image": "registry.test/main:1"}]}
    tolerations = [{"operator": "Exists"}]
    metadata = {**pod["metadata"], "namespace": "kube-system"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "tolerations": tolerations}}


def apply(cluster: Cluster, documents: list[dict[str, Any]]) -> None:
    given = json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
    cluster.run("kubectl", "apply", "--server-side", "--filename", "-", given=given)


@pytest.fixture
def stopped(on_talos: Stack) -> Iterator[Callable[[str], None]]:
    """Stop nodes, and start them again after the test."""
    addresses: list[str] = []

    def stop(address: str) -> None:
        on_talos.talos.stop(address)
        addresses.append(address)

    yield stop
    for address in addresses:
        on_talos.talos.start(address)


def test_healthy_then_degraded_then_unhealthy(on_talos: Stack, stopped: Callable[[str], None]) -> None:
    report = on_talos.until("healthy", code=0)
    assert [(node["name"], node["address"]) for node in report["nodes"]] == [
        ("cp-1", "127.0.0.11"), ("cp-2", "127.0.0.12"), ("cp-3", "127.0.0.13"), ("worker-1", "127.0.0.21")
    ]  # fmt: skip
    stopped("127.0.0.12")
    report = on_talos.until("degraded", code=1)
    assert [reason.partition(":")[0] for reason in report["reasons"]] == ["Node cp-2"]
    stopped("127.0.0.13")
    report = on_talos.until("unhealthy", code=1)
    assert report["reasons"][0] == "Cluster cortex-local: etcd has lost its quorum: 1 of 3 members work, 2 are needed"


def test_verify_has_the_check(on_talos: Stack, stopped: Callable[[str], None]) -> None:
    on_talos.until("healthy", code=0)
    environment = {**on_talos.cluster.env, "TALOSCONFIG": str(on_talos.talosconfig)}
    cluster = replace(on_talos.cluster, env=environment)
    verify = (str(CORTEX), "verify", "talos", "--only", "talos", "--format", "json")
    assert cluster.run(*verify).returncode == 0
    stopped("127.0.0.12")
    done = cluster.run(*verify, check=False)
    [result] = json.loads(done.stdout)["results"]
    assert (done.returncode, [finding["code"] for finding in result["findings"]]) == (1, ["talos.node-lost"])
    without = replace(on_talos.cluster, env={**on_talos.cluster.env, "TALOSCONFIG": "missing"}).run(
        *verify, check=False
    )
    assert without.returncode == 3
    assert "no talosconfig at missing" in without.stdout


def test_kubeconfig_works(on_talos: Stack) -> None:
    file = on_talos.cluster.root / "fetched"
    on_talos.run("talos", "kubeconfig", "talos", "--output", str(file), code=0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "cp-1" in on_talos.cluster.run("kubectl", "--kubeconfig", str(file), "get", "nodes").stdout
