"""The embedded cluster as a user sees it: it starts, works, survives a crash, and leaves nothing on the machine."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local.waiting import wait_until
from tests.conftest import Cluster, cluster_name, cortex, start
from tests.processes import command_lines

pytestmark = pytest.mark.live

PODS = """
apiVersion: v1
kind: Pod
metadata: {{name: server, namespace: {ns}, labels: {{role: server}}}}
spec:
  containers:
    - name: server
      image: {image}
      command: [python3, -m, http.server, "8080", --directory, /etc]
---
apiVersion: v1
kind: Service
metadata: {{name: server, namespace: {ns}}}
spec: {{selector: {{role: server}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: friend, namespace: {ns}, labels: {{role: friend}}}}
spec: {{containers: [{{name: client, image: {image}, command: [sleep, infinity]}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: stranger, namespace: {ns}, labels: {{role: stranger}}}}
spec: {{containers: [{{name: client, image: {image}, command: [sleep, infinity]}}]}}
"""

POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: friends-only, namespace: {ns}}}
spec:
  podSelector: {{matchLabels: {{role: server}}}}
  policyTypes: [Ingress]
  ingress: [{{from: [{{podSelector: {{matchLabels: {{role: friend}}}}}}]}}]
"""


def eventually(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until `holds()` is true; fail with `what` if it is not in time."""
    assert wait_until(holds, seconds, pause=0.3), f"not in {seconds:.0f} s: {what}"


def machine_state() -> list[str]:
    """Return everything that a cluster could leave on the machine; other tests may end their clusters meanwhile."""
    commands = {
        "links": ["ip", "-brief", "link"],
        "routes": ["ip", "route"],
        "mounts": ["findmnt", "--list", "--noheadings", "--output", "TARGET,SOURCE"],
        "filter": ["sh", "-c", "iptables-save | grep -v '^#' | sed 's/\\[.*\\]//'"],
        "cgroups": ["sh", "-c", "find /sys/fs/cgroup -maxdepth 2 -name 'cortex-*' | sort"],
        "folders": ["sh", "-c", "ls -d /var/lib/kubelet /var/lib/cni /var/log/containers 2>/dev/null; ls /run/netns"],
    }
    return [
        f"{name}: {line}"
        for name, command in commands.items()
        for line in subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    ]


def of_others(folder: Path) -> set[str]:
    """Return what on the machine bears the name of another cluster: other tests may start theirs meanwhile."""
    names = [each.name for each in folder.parent.iterdir() if each != folder]
    return {line for line in machine_state() if any(f"cortex-{name}-" in line for name in names)}


def reaches(cluster: Cluster, namespace: str, pod: str) -> bool:
    """Return whether the pod gets an answer from the server by its DNS name."""
    code = f"import urllib.request as u; u.urlopen('http://server.{namespace}.svc.cluster.local', timeout=3)"
    return (
        cluster.run("kubectl", "-n", namespace, "exec", pod, "--", "python3", "-c", code, check=False).returncode == 0
    )


def test_all_components_are_healthy_and_encrypted_at_rest(cluster: Cluster) -> None:
    shown = json.loads(cortex("local", "status", "--name", cluster.name, "--format", "json").stdout)
    assert shown["phase"] == "ready"
    assert {"etcd", "kube-apiserver", "kubelet", "containerd", "kube-proxy", "kube-router"} <= set(shown["components"])
    assert {part["state"] for part in shown["components"].values()} == {"healthy", "done"}

    value = "open-sesame-71"
    cluster.run("kubectl", "create", "secret", "generic", "at-rest", f"--from-literal=word={value}")
    stored = subprocess.run(
        ["grep", "-rlE", value, str(cluster.folder / "data" / "etcd")], capture_output=True, text=True, check=False
    )
    cluster.run("kubectl", "delete", "secret", "at-rest")
    assert stored.stdout == ""
    assert '"secrets"' in (cluster.folder / "logs" / "audit.log").read_text()


def test_pods_find_each_other_by_name_and_policies_are_enforced(cluster: Cluster) -> None:
    namespace = "pods-and-policies"
    image = json.loads((cluster.folder / "images.json").read_text())["cortex.local/cortex"]
    cluster.make_namespace(namespace)
    cluster.run("kubectl", "apply", "-f", "-", given=PODS.format(ns=namespace, image=image))
    try:
        cluster.run("kubectl", "-n", namespace, "wait", "pod", "--all", "--for=condition=Ready", "--timeout=300s")
        eventually("the server answers a stranger", lambda: reaches(cluster, namespace, "stranger"))
        cluster.run("kubectl", "apply", "-f", "-", given=POLICY.format(ns=namespace))
        eventually(
            "a friend is let in, and a stranger is not",
            lambda: reaches(cluster, namespace, "friend") and not reaches(cluster, namespace, "stranger"),
        )
    finally:
        cluster.run("kubectl", "delete", "namespace", namespace, "--wait=false")


def test_metrics_and_logs_are_served(cluster: Cluster) -> None:
    eventually("kubectl top", lambda: cluster.run("kubectl", "top", "nodes", check=False).returncode == 0)
    assert "CoreDNS" in cluster.run("kubectl", "-n", "kube-system", "logs", "deployment/coredns").stdout


def test_a_second_up_changes_nothing(cluster: Cluster) -> None:
    before = (cluster.folder / "node.json").read_text()
    again = cortex("local", "up", "--name", cluster.name)
    assert again.returncode == 0, again.stderr
    assert "is already running" in again.stderr
    assert "building" not in again.stderr
    assert (cluster.folder / "node.json").read_text() == before


def test_a_cluster_beside_another_survives_a_power_loss_and_leaves_nothing(cluster: Cluster) -> None:
    name = cluster_name("life")
    cortex("local", "down", "--name", name, "--delete")
    before = machine_state()
    other = start(name)
    try:
        assert other.env["KUBECONFIG"] != cluster.env["KUBECONFIG"]
        other.run("kubectl", "create", "configmap", "kept", "--from-literal=word=still-here")
        image = json.loads((other.folder / "images.json").read_text())["cortex.local/cortex"]
        other.run("kubectl", "create", "deployment", "kept", f"--image={image}", "--", "sleep", "infinity")
        other.run("kubectl", "rollout", "status", "deployment/kept", "--timeout=300s")

        node = json.loads((other.folder / "node.json").read_text())
        os.kill(node["inner"]["pid"], signal.SIGKILL)
        eventually("the node is gone", lambda: cortex("local", "status", "--name", name).returncode == 1)
        assert cluster.run("kubectl", "get", "nodes").returncode == 0, "the other cluster must not notice"

        assert cortex("local", "up", "--name", name).returncode == 0
        assert other.run("kubectl", "get", "configmap", "kept", "-o", "jsonpath={.data.word}").stdout == "still-here"
        other.run("kubectl", "rollout", "status", "deployment/kept", "--timeout=300s")
        ready = ["kubectl", "get", "deployment", "kept", "-o", "jsonpath={.status.readyReplicas}"]
        eventually("a container runs again", lambda: other.run(*ready).stdout == "1")
    finally:
        down = cortex("local", "down", "--name", name, "--delete")
    assert down.returncode == 0, down.stderr
    assert not other.folder.exists()
    eventually(
        "nothing new is on the machine", lambda: not set(machine_state()) - set(before) - of_others(other.folder)
    )
    assert not processes_of(other.folder)
    # If mount points were on the machine, deleting them would unmount those of other clusters.
    assert not Path("/var/lib/kubelet/pods").exists()


def processes_of(folder: Path) -> list[str]:
    """Return the command lines that contain a cluster's folder."""
    commands = (" ".join(command) for _, command in command_lines())
    return [command for command in commands if str(folder) in command]
