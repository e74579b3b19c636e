"""`cortex repair` on the deployed stack: much drift at once is put right, and no newer change is undone."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

from checks.kube.connection import from_kubeconfig
from checks.repair.actions import Outcome
from checks.repair.run import carry_out, prepare
from checks.results.result import Selection
from checks.target import Target
from stacks.loader import load
from tests.conftest import Cluster

pytestmark = pytest.mark.live

MCP, WORKERS = "cortex-mcp", "cortex-workers"
CONFIG = f"ConfigMap {MCP}/time-mcp-config"
DEPLOYMENT = f"Deployment {MCP}/time-mcp-server"
STRAY = {"cortex.dev/component": "stray"}
SECURE = {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}
SECRET = "hand-made-and-secret"


@dataclass(frozen=True)
class Hand:
    """Somebody with kubectl."""

    stack: Cluster

    def get(self, kind: str, name: str, namespace: str = MCP) -> Any:
        """Give an object."""
        return json.loads(self.stack.run("kubectl", "-n", namespace, "get", kind, name, "-o", "json").stdout)

    def patch(self, kind: str, name: str, patch: object, form: str = "merge", *more: str) -> None:
        """Change an object in the namespace of the MCP servers, as `kubectl edit` does."""
        options = (f"--type={form}", "--patch", json.dumps(patch), "--field-manager=kubectl-edit", *more)
        self.stack.run("kubectl", "-n", MCP, "patch", kind, name, *options)

    def create(self, kind: str, version: str, **fields: object) -> None:
        """Make an object in the namespace of the workers."""
        metadata = {"name": "stray", "namespace": WORKERS, "labels": STRAY}
        document = {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}
        self.stack.run("kubectl", "create", "-f", "-", given=json.dumps(document))

    def debug(self) -> str:
        """Join a container to a pod, as `kubectl debug` does, and name the pod."""
        selector = "mcp.cortex.dev/type=kubernetes"
        listed = self.stack.run("kubectl", "-n", MCP, "get", "pods", "-l", selector, "-o", "json")
        pod = next(one for one in json.loads(listed.stdout)["items"] if "deletionTimestamp" not in one["metadata"])
        name: str = pod["metadata"]["name"]
        joined = {"name": "debug", "image": pod["spec"]["containers"][0]["image"], "securityContext": SECURE}
        patch = {"spec": {"ephemeralContainers": [joined]}}
        self.patch("pod", name, patch, "strategic", "--subresource=ephemeralcontainers")
        return name


@pytest.fixture
def hand(stack: Cluster) -> Hand:
    return Hand(stack)


def repair(stack: Cluster, *options: str, code: int) -> str:
    """Run the command, and give what it printed."""
    done = stack.run("cortex", "repair", "local", *options, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    return done.stdout


def drift(hand: Hand) -> str:
    """Bring much drift about, and name the pod with a debug container."""
    image = hand.get("deployment", "time-mcp-server")["spec"]["template"]["spec"]["containers"][0]["image"]
    # As the first process of a container, Python ignores SIGTERM.
    program = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit()); signal.pause()"
    command = ["python3", "-c", program]
    containers = [
        {"name": "time-mcp-server", "env": [{"name": "DRIFT", "value": SECRET}]},
        {"name": "extra", "image": image, "command": command, "securityContext": SECURE},
    ]
    spec = {"containers": containers, "hostAliases": [{"ip": "127.0.0.1", "hostnames": ["drift.invalid"]}]}
    template = {"metadata": {"annotations": {"drift": "yes"}, "labels": {"drift": "yes"}}, "spec": spec}
    hand.patch("deployment", "time-mcp-server", {"spec": {"template": template}}, "strategic")
    hand.patch("service", "time-mcp-server", {"spec": {"publishNotReadyAddresses": True}})
    hand.patch("configmap", "time-mcp-config", {"data": {"more": SECRET}})
    eve = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "eve"}
    hand.patch(
        "rolebinding", "cortex-mcp-manager-binding", [{"op": "add", "path": "/subjects/-", "value": eve}], "json"
    )
    rule = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}
    hand.patch("role", "cortex-mcp-manager", [{"op": "add", "path": "/rules/-", "value": rule}], "json")
    hand.create("ConfigMap", "v1", data={"key": SECRET})
    hand.create("NetworkPolicy", "networking.k8s.io/v1", spec={"podSelector": {}, "ingress": [{}]})
    return hand.debug()


REMOVED = {
    CONFIG: {"data.more"},
    DEPLOYMENT: {
        "spec.template.metadata.annotations.drift",
        "spec.template.metadata.labels.drift",
        "spec.template.spec.containers[extra]",
        "spec.template.spec.containers[time-mcp-server].env[DRIFT]",
        "spec.template.spec.hostAliases",
    },
    f"RoleBinding {MCP}/cortex-mcp-manager-binding": {"subjects[1]"},
    f"Service {MCP}/time-mcp-server": {"spec.publishNotReadyAddresses"},
    f"ConfigMap {WORKERS}/stray": {None},
    f"NetworkPolicy {WORKERS}/stray": {None},
}
"""What is planned, beside a rule of a Role and the pod with a debug container."""


def test_much_drift_is_put_right_at_once(stack: Cluster, hand: Hand) -> None:
    pod = drift(hand)
    plan = json.loads(repair(stack, "--dry-run", "--format", "json", code=1))
    fields: dict[str, set[str | None]] = {}
    for action in plan["actions"]:
        ref = action["object"]
        space = f"{ref['namespace']}/" if "namespace" in ref else ""
        fields.setdefault(f"{ref['kind']} {space}{ref['name']}", set()).add(action["field"])
        assert action["outcome"] == "planned"
        assert action["author"]["time"]
    expected = {**REMOVED, f"Pod {MCP}/{pod}": {None}}
    assert {ref: fields.get(ref) for ref in expected} == expected
    (rule,) = fields[f"Role {MCP}/cortex-mcp-manager"]
    assert str(rule).startswith("rules[")
    assert {action["author"]["manager"] for action in plan["actions"] if action["field"]} == {"kubectl-edit"}
    assert "more" in hand.get("configmap", "time-mcp-config")["data"], "a dry run changes nothing"

    repair(stack, "--yes", code=0)
    stack.run("cortex", "verify", "local", "--read-only")
    stack.run("pulumi", "preview", "--refresh", "--stack", "local", "--expect-no-changes")


def test_a_newer_change_is_not_undone(stack: Cluster, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    hand.patch("configmap", "time-mcp-config", {"data": {"more": "seen", "other": "seen"}})
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    declaration = load("local", stack.root)
    connection = from_kubeconfig(declaration.cluster.context, stack.kubeconfig)
    planned = anyio.run(prepare, Target("local", declaration, connection), Selection(checks=("config",)), CONFIG)
    hand.patch("configmap", "time-mcp-config", {"data": {"more": "newer"}})
    report = anyio.run(carry_out, planned)
    assert {action.field: action.outcome for action in report.actions} == {
        "data.more": Outcome.CHANGED,
        "data.other": Outcome.DONE,
    }
    data = hand.get("configmap", "time-mcp-config")["data"]
    assert (data["more"], "other" in data) == ("newer", False)
    repair(stack, "--yes", "--object", CONFIG, code=0)
    assert "more" not in hand.get("configmap", "time-mcp-config")["data"]


@contextmanager
def writer(stack: Cluster) -> Iterator[None]:
    """Set a key of a ConfigMap again and again."""
    over = threading.Event()
    options = ("--type=merge", "--patch", '{"data":{"more":"mine"}}', "--field-manager=stubborn")
    command = ("kubectl", "-n", MCP, "patch", "configmap", "time-mcp-config", *options)

    def write() -> None:
        while not over.wait(0.2):
            stack.run(*command)

    stack.run(*command)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_writer_that_acts_again_and_again_is_named(stack: Cluster) -> None:
    with writer(stack):
        out = repair(stack, "--yes", "--only", "config", code=1)
    assert f"back      remove {CONFIG} data.more: stubborn at " in out
    assert "set it again: stop that writer, or declare the object or field" in out
    repair(stack, "--yes", "--only", "config", code=0)


def test_a_read_only_account_changes_nothing(stack: Cluster, hand: Hand, tmp_path: Path) -> None:
    hand.patch("configmap", "time-mcp-config", {"data": {"more": "seen"}})
    stack.run("kubectl", "-n", "default", "create", "serviceaccount", "reader")
    stack.run("kubectl", "create", "clusterrole", "reader", "--verb=get,list", "--resource=*.*")
    stack.run(
        "kubectl", "create", "clusterrolebinding", "reader", "--clusterrole=reader", "--serviceaccount=default:reader"
    )
    try:
        token = stack.run("kubectl", "-n", "default", "create", "token", "reader").stdout.strip()
        kubeconfig = yaml.safe_load(stack.run("kubectl", "config", "view", "--raw", "--minify").stdout)
        kubeconfig["users"][0]["user"] = {"token": token}
        file = tmp_path / "kubeconfig"
        file.write_text(yaml.safe_dump(kubeconfig))
        out = repair(stack, "--yes", "--only", "config", "--kubeconfig", str(file), code=3)
        assert f'the account lacks the verb "patch" on "configmaps" in namespace {MCP}: grant it' in out
        assert hand.get("configmap", "time-mcp-config")["data"]["more"] == "seen"
    finally:
        stack.run("kubectl", "delete", "clusterrolebinding/reader", "clusterrole/reader")
        stack.run("kubectl", "-n", "default", "delete", "serviceaccount", "reader")
    repair(stack, "--yes", "--only", "config", code=0)
