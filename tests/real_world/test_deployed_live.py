"""Servers as people really run them, on a real node: deployed, verified, changed behind the stack's back, removed.

Images that this machine cannot get are played by the bridge with the server `time`, and by servers of the tests in the
image of the checks; TLS in the pod, tokens and stock images have live tests of their own.
"""

import json
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from tests.checks.mcp.socket_server import listening
from tests.checks.mcp.test_servers_live import PROGRAM, SOCKET_PROGRAM
from tests.conftest import Cluster
from tests.real_world.front import Front
from tests.stacks.changing import Project
from tests.stacks.strategies import Settings

pytestmark = pytest.mark.live

TIME = {"image": "cortex.local/mcp-server-time", "version": "1", "transport": "stdio", "replicas": 1}
TOOLS = {"capabilities": {"time": ["get_current_time"]}, "clients": [{"namespace": "cortex-system"}]}
SMALL = {"cpu": "50m", "memory": "64Mi"}
"""Requests of a server: a node with two cores has room for all, twice while their controllers change."""
PLAYED = {**TIME, **TOOLS, "resources": {"requests": SMALL}}
# A server of the tests, in the image that has the SDK.
OWN: Settings = {
    "image": "cortex.local/cortex",
    "version": "1",
    "capabilities": {"live": ["add"]},
    "smoke": {"tool": "add", "arguments": {"a": 1, "b": 2}},
    "replicas": 1,
    "command": ["python3", "/etc/mcp/config/server.py"],
    "probes": {"tcpSocket": {}},
    "terminationGracePeriodSeconds": 1,
}
HOST = "realtime.example.com"
SERVERS: Settings = {
    "cloud": {
        **PLAYED,
        "namespace": "default",
        "probes": {"tcpSocket": {}},
        "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/mcp"}},
        "egress": [{"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}, "ports": [53]}],
    },
    "managed": {
        **PLAYED,
        "securityContext": {"runAsUser": 1000},
        "writable": [{"path": "/home/mcp/.azure", "size": "64Mi"}],
        "labels": {"azure.workload.identity/use": "true"},
        "serviceAccount": {"name": "managed-mcp", "annotations": {"azure.workload.identity/client-id": "0"}},
        "terminationGracePeriodSeconds": 5,
    },
    "rooted": {
        **PLAYED,
        "namespace": "rooted",
        "probes": {"exec": {"command": ["python3", "-c", "pass"]}},
        "securityContext": {"runAsNonRoot": False, "readOnlyRootFilesystem": False, "addCapabilities": ["CHOWN"]},
        "resources": {"requests": SMALL, "limits": {"cpu": None}},
    },
    "gateway": {
        **PLAYED,
        "controller": "StatefulSet",
        "replicas": 2,
        "service": {"headless": True},
        "env": {"POD": {"fieldRef": "metadata.name"}, "GREETING": "I am $(POD)"},
        "kubernetes": {
            "namespaces": ["cortex-mcp"],
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        },
        "probes": {"none": "the image has no health route"},
    },
    "talosctl": {**PLAYED, "secrets": [{"name": "talosconfig", "mount": "/var/run/secrets/talos.dev"}]},
    "gitops": {
        **PLAYED,
        "env": {
            "NAMESPACE": {"fieldRef": "metadata.namespace"},
            "LIMIT": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}},
        },
        "kubernetes": {"everywhere": True, "rules": [{"resources": ["nodes"], "verbs": ["get", "list"]}]},
        "priorityClassName": "system-node-critical",
    },
    "realtime": {
        **PLAYED,
        "service": {"type": "NodePort", "port": 80, "sessionAffinity": "ClientIP", "sessionAffinitySeconds": 3600},
        # This machine, too.
        "clientRanges": ["10.0.0.0/8"],
        "exposure": {"host": HOST, "proxy": {"namespace": "ingress"}},
        "lifecycle": {"preStop": {"sleep": 1}},
        "ports": {"admin": 9091},
        "rollout": {"minReadySeconds": 1, "revisionHistoryLimit": 2},
        "hostAliases": [{"ip": "192.0.2.7", "hostnames": ["db.example.com"]}],
        "metrics": {"port": 9090},
    },
    "gitlab": {
        **OWN,
        "transport": "sse",
        "path": "/sse",
        "args": ["stream"],
        "config": {"server.py": PROGRAM},
        "namespace": "rooted",
        "securityContext": {"runAsNonRoot": False, "readOnlyRootFilesystem": False},
        "resources": {"requests": SMALL, "limits": {"cpu": None}},
    },
    "chat": {
        **OWN,
        "transport": "websocket",
        "path": "/ws",
        "config": {"server.py": SOCKET_PROGRAM},
        "env": {"TOKEN": "none"},
        "service": {
            "type": "LoadBalancer",
            "port": 80,
            "sessionAffinity": "ClientIP",
            "sessionAffinitySeconds": 86400,
            "annotations": {"pulumi.com/skipAwait": "true"},
        },
        "lifecycle": {"preStop": {"exec": ["sleep", "1"]}},
        "terminationGracePeriodSeconds": 30,
    },
    "vision": {
        **PLAYED,
        "rollout": {"strategy": "Recreate"},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "volumes": {
            "models": {"mount": "/models", "claim": {"size": "1Gi", "storageClass": "by-hand"}},
            "shm": {"mount": "/dev/shm", "emptyDir": {"medium": "Memory", "size": "16Mi"}},
            "vault": {"mount": "/var/run/vault", "token": {"audience": "vault"}},
        },
        "sidecars": {
            "tail": {
                "image": "cortex.local/mcp-server-time",
                "command": ["python3", "-c", "import time; time.sleep(1e6)"],
                "mounts": {"models": "/models"},
            }
        },
        "exposure": {"host": "vision.example.com", "proxy": {"namespace": "ingress"}, "tls": {"secret": "tls"}},
    },
}
ROOTED = {
    "component": "rooted",
    "description": "A server as root",
    "podSecurity": "baseline",
    "quota": None,
    "limits": None,
}
# The fields that a server of each kind has by a setting, changed by somebody else: object, patch, code.
CHANGES: list[tuple[str, Settings, str]] = [
    (
        "deployment/vision-mcp-server",
        {"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}},
        "server.spec",
    ),
    ("deployment/vision-mcp-server", {"spec": {"strategy": {"type": "RollingUpdate"}}}, "server.spec"),
    (
        "deployment/managed-mcp-server",
        {"metadata": {"labels": {"azure.workload.identity/use": "false"}}},
        "server.label",
    ),
    ("deployment/realtime-mcp-server", {"spec": {"minReadySeconds": 9}}, "server.spec"),
    ("service/realtime-mcp-server", {"spec": {"sessionAffinity": "None"}}, "object.field"),
    ("service/realtime-mcp-server", {"metadata": {"labels": {"app": "other"}}}, "object.label"),
    ("statefulset/gateway-mcp-server", {"spec": {"replicas": 1}}, "server.replicas"),
    ("ingress/vision-mcp-server", {"spec": {"tls": [{"secretName": "theirs"}]}}, "object.field"),
    (
        "serviceaccount/managed-mcp",
        {"metadata": {"annotations": {"azure.workload.identity/client-id": "1"}}},
        "object.field",
    ),
    ("role/gateway-mcp-server", {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]}, "rbac.rules"),
    ("clusterrole/cortex-mcp-gitops-mcp-server-rules", {"rules": []}, "rbac.rules"),
]
VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {name: by-hand}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: by-hand
  persistentVolumeReclaimPolicy: Delete
  hostPath: {path: /tmp/cortex-by-hand, type: DirectoryOrCreate}
---
apiVersion: v1
kind: Secret
metadata: {name: talosconfig, namespace: cortex-mcp}
stringData: {config: "context: none"}
"""


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Iterator[Project]:
    stack.run("kubectl", "apply", "-f", "-", given=VOLUME)
    project = Project(stack, tmp_path, ("verify",))
    yield project
    project.restore()
    stack.run("kubectl", "delete", "--namespace", "cortex-mcp", "pvc/vision-mcp-server-models", "--ignore-not-found")
    stack.run("kubectl", "delete", "--ignore-not-found", "-f", "-", given=VOLUME)


def test_servers_of_all_kinds_are_deployed_verified_and_removed(project: Project) -> None:
    before = project.declared()
    settings = project.declared()
    settings["existingNamespaces"] = ["default"]
    settings["namespaces"]["rooted"] = ROOTED
    settings["secrets"] = {"talosconfig": {"namespace": "cortex-mcp", "existing": ["config"]}}
    settings["servers"] |= deepcopy(SERVERS)
    project.up(settings)
    pod = project.run(
        "kubectl", "exec", "--namespace", "cortex-mcp", "gateway-mcp-server-1", "--", "printenv", "GREETING"
    )
    assert pod.strip() == "I am gateway-mcp-server-1"

    outside_is_tried(project)
    for target, patch, _ in CHANGES:
        project.run(
            "kubectl", "patch", "--namespace", "cortex-mcp", target, "--type=merge", "--patch", json.dumps(patch)
        )
    report = json.loads(project.refused("cortex", "verify", "local", "--read-only", "--format", "json"))
    findings = [one for result in report["results"] for one in result["findings"]]
    found = {(one["object"]["kind"].lower(), one["object"]["name"], one["code"]) for one in findings}
    assert {(*target.split("/"), code) for target, _, code in CHANGES} <= found

    project.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--refresh")
    project.run("cortex", "verify", "local", "--read-only")
    del settings["servers"]["gateway"]["controller"]
    settings["servers"]["talosctl"]["controller"] = "StatefulSet"
    project.up(settings)
    assert project.names("statefulsets", "cortex-mcp") == {"talosctl-mcp-server"}
    project.up(before)
    assert project.names("persistentvolumeclaims", "cortex-mcp") == {"vision-mcp-server-models"}
    assert project.names("statefulsets", "cortex-mcp") == set()


def outside_is_tried(project: Project) -> None:
    """Make sure that a NodePort and an Ingress are asked from this machine."""
    assert exposure(project)[1] == {
        ("chat-mcp-server", "exposure.no-address"),
        ("realtime-mcp-server", "exposure.no-address"),
        ("vision-mcp-server", "exposure.no-address"),
    }
    (node,) = project.live("nodes")["items"]
    address = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
    service = project.live("service", "realtime-mcp-server", "--namespace", "cortex-mcp")
    node_port = next(one["nodePort"] for one in service["spec"]["ports"] if one["port"] == 80)
    front = Front(HOST, address, node_port)
    with listening(front.serve) as port:
        ingress = {"ip": "127.0.0.1", "ports": [{"port": port, "protocol": "TCP"}]}
        patch = json.dumps({"status": {"loadBalancer": {"ingress": [ingress]}}})
        change = ("kubectl", "patch", "--namespace", "cortex-mcp", "ingress/realtime-mcp-server", "--type=merge")
        project.run(*change, "--subresource=status", "--patch", patch)
        answered = {f"http://{address}:{node_port}/mcp: answered", f"http://{HOST}/mcp (127.0.0.1:{port}): answered"}
        others = {("chat-mcp-server", "exposure.no-address"), ("vision-mcp-server", "exposure.no-address")}
        until(project, lambda facts, codes: (facts, codes) == (answered, others))
        front.open = False
        until(project, lambda _, codes: ("realtime-mcp-server", "exposure.wrong") in codes)
    until(project, lambda _, codes: ("realtime-mcp-server", "exposure.unreached") in codes)


def until(project: Project, is_found: Callable[[set[str], set[tuple[str, str]]], bool]) -> None:
    """Verify until this is found: a busy machine may take longer for an answer than it has."""
    deadline = time.monotonic() + 120
    while not is_found(*(last := exposure(project))):
        assert time.monotonic() < deadline, last


def exposure(project: Project) -> tuple[set[str], set[tuple[str, str]]]:
    """Give what the addresses answer, and the findings."""
    done = project.cortex("verify", "local", "--only", "exposure", "--format", "json")
    (result,) = json.loads(done.stdout)["results"]
    assert result["unknowns"] == []
    facts = {fact["value"] for fact in result["facts"] if fact["name"] == "outside"}
    return facts, {(one["object"]["name"], one["code"]) for one in result["findings"]}
