"""Kubernetes and Talos as one status, on a real API server whose nodes are simulated ones on loopback.

The stack has a real talos MCP server behind the bridge: PyPI `talos-mcp-server`, which needs `mcp<2`. It runs on this
machine, and the API server finds it at the address of its pod.
"""

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import yaml

from local.waiting import wait_until
from stacks.loader import parse
from stacks.manifests.build import build
from tests.bridge.serving import served
from tests.checks.talos import standin_talosctl
from tests.checks.talos.simulated_node import SimulatedCluster, control_planes, simulated, workers
from tests.checks.talos.talos_world import KUBELET, kubernetes_node, pods
from tests.conftest import Cluster, cluster_name, cortex, start

pytestmark = pytest.mark.live

SECONDS = 60
SERVER = ("talos-mcp-server==0.4.1", "mcp==1.30.0")
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
        done = self.cluster.run("cortex", *arguments, "--talosconfig", str(self.talosconfig), check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        command = ("cortex", "talos", "status", "talos", "--talosconfig", str(self.talosconfig), "--format", "json")
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
    with simulated(*control_planes(), *workers()) as talos, mcp_server(folder, talos) as port:
        try:
            cluster = start(name, ["--node", "kwok"])
            yield deployed(replace(cluster, root=folder), talos, port)
        finally:
            cortex("local", "down", "--name", name, "--delete")


@contextmanager
def mcp_server(folder: Path, talos: SimulatedCluster) -> Iterator[int]:
    """Run the MCP server with a talosconfig of its own; give the port of its bridge."""
    site = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(site)]
    subprocess.run([*install, *SERVER], check=True)
    program = ["env", f"PYTHONPATH={site}", sys.executable, "-c", "from talos_mcp.cli import cli; cli()"]
    endpoints = [f"{node.address}:{talos.port}" for node in talos.nodes.values() if node.control_plane]
    config = folder / "served"
    config.write_text(talos.talosconfig(endpoints=endpoints))
    with standin_talosctl.installed(folder) as talosctl:
        options = ["--talosctl", str(talosctl), "--talosconfig", str(config), "--log-level", "ERROR"]
        with served([*program, *options], host="0.0.0.0") as bridge:
            yield bridge.port


def deployed(cluster: Cluster, talos: SimulatedCluster, port: int) -> Stack:
    """Replace the node by those of Talos, and deploy the stack."""
    server = {
        "image": "registry.test/talos:1",
        "version": "0.4.1",
        "transport": "stdio",
        "capabilities": {"talos": ["talos_version", "talos_service", "talos_etcd_members", "talos_etcd_alarm"]},
        "replicas": 1,
        "port": port,
    }
    settings = {
        **SETTINGS,
        "talos": {"version": "1.6.x", "controlPlanes": 3, "port": talos.port},
        "servers": {"machines": server},
    }
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
    lead(cluster)
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


def lead(cluster: Cluster) -> None:
    """Let the pod of the MCP server have an address of this machine that the API server connects to."""
    selector = ("--namespace", "cortex-mcp", "--selector", "mcp.cortex.dev/type=machines")
    listed = ("kubectl", "get", "pods", *selector, "--output", "jsonpath={.items[*].metadata.name}")
    assert wait_until(lambda: cluster.run(*listed).stdout, SECONDS)
    cluster.run("kubectl", "wait", "pods", *selector, "--for", "condition=Ready", "--timeout", f"{SECONDS}s")
    address = own_address()
    patch = json.dumps({"status": {"podIP": address, "podIPs": [{"ip": address}]}})
    to = ("kubectl", "patch", "pod", cluster.run(*listed).stdout, "--namespace", "cortex-mcp")
    cluster.run(*to, "--subresource=status", "--type=merge", "--patch", patch)


def own_address() -> str:
    """Give an address of this machine; the API server's proxy refuses those of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
        # This sends nothing.
        chosen.connect(("192.0.2.1", 9))
        return str(chosen.getsockname()[0])


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


def test_problem_that_talos_reports_is_a_reason(on_talos: Stack) -> None:
    on_talos.until("healthy", code=0)
    worker = on_talos.talos.nodes["127.0.0.21"]
    worker.diagnostics = {"kubelet-csr": ("CSR is not approved", ["csr-1"])}
    try:
        report = on_talos.until("degraded", code=1)
    finally:
        worker.diagnostics = {}
    assert report["reasons"] == ["Node worker-1: Talos reports the problem kubelet-csr: CSR is not approved (csr-1)"]
    assert [node["diagnostics"] for node in report["nodes"]][:3] == [[], [], []]


def test_verify_has_the_check(on_talos: Stack, stopped: Callable[[str], None]) -> None:
    on_talos.until("healthy", code=0)
    environment = {**on_talos.cluster.env, "TALOSCONFIG": str(on_talos.talosconfig)}
    cluster = replace(on_talos.cluster, env=environment)
    verify = ("cortex", "verify", "talos", "--only", "talos", "--format", "json")
    assert cluster.run(*verify).returncode == 0
    stopped("127.0.0.12")
    done = cluster.run(*verify, check=False)
    [result] = json.loads(done.stdout)["results"]
    assert (done.returncode, [finding["code"] for finding in result["findings"]]) == (1, ["talos.node-lost"])
    without = replace(on_talos.cluster, env={**on_talos.cluster.env, "TALOSCONFIG": "missing"}).run(
        *verify, check=False
    )
    # The stack's MCP server finds the lost node, too; what it cannot say is unknown, and says why.
    assert without.returncode == 1
    assert "no talosconfig at missing" in without.stdout


def test_kubeconfig_works(on_talos: Stack) -> None:
    file = on_talos.cluster.root / "fetched"
    on_talos.run("talos", "kubeconfig", "talos", "--output", str(file), code=0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "cp-1" in on_talos.cluster.run("kubectl", "--kubeconfig", str(file), "get", "nodes").stdout


def test_without_a_talosconfig_the_mcp_server_tells(on_talos: Stack, stopped: Callable[[str], None]) -> None:
    on_talos.until("healthy", code=0)
    versions = {node.address: node.version for node in on_talos.talos.nodes.values()}
    stopped("127.0.0.12")
    try:
        for node in on_talos.talos.nodes.values():
            # The server works with no older version.
            node.version = "v1.13.2"
        without = replace(on_talos.cluster, env={**on_talos.cluster.env, "TALOSCONFIG": "missing"})
        done = without.run("cortex", "talos", "status", "talos", "--format", "json", check=False)
    finally:
        for node in on_talos.talos.nodes.values():
            node.version = versions[node.address]
    report = json.loads(done.stdout)
    assert (done.returncode, report["overall"]) == (1, "degraded")
    assert [node["ways"] for node in report["nodes"]] == [["mcp"], [], ["mcp"], ["mcp"]]
    assert [node["talos"] for node in report["nodes"]] == ["v1.13.2", None, "v1.13.2", "v1.13.2"]
    assert [node["reachable"] for node in report["nodes"]] == [True, False, True, True]
    assert (report["etcd"]["working"], report["etcd"]["voters"]) == (2, 3)
    assert [way["way"] for way in report["ways"]] == ["api", "mcp"]
    assert "read the etcd status" in report["ways"][1]["lacks"]
    assert "bootstrap etcd" in report["ways"][1]["lacks"]
    [result] = [each for each in report["results"] if each["name"] == "talos"]
    assert {unknown["what"].partition(" of ")[0] for unknown in result["unknowns"]} == {
        "read the etcd status",
        "read the diagnostics",
    }
    assert {"talos.node-lost", "talos.version"} <= {finding["code"] for finding in result["findings"]}
