"""Drifts of a healthy cluster: what changes, and which finding it must give."""

from collections.abc import Callable
from typing import Any

import yaml

from checks.mcp.answer import Answer, Outcome
from checks.results.catalogue import FOLDER
from checks.results.conclusion import FINDINGS, exit_code
from checks.results.result import Severity
from stacks.model import names
from tests.checks.world import World

Break = Callable[[World], object]

ACCOUNT = "serviceaccounts", "cortex-mcp", "time"
ROLE = "roles", "cortex-mcp", names.MCP_MANAGER_ROLE
BINDING = "rolebindings", "cortex-mcp", names.MCP_MANAGER_BINDING
DENY = "networkpolicies", "cortex-mcp", names.DEFAULT_DENY
CONFIG = "configmaps", "cortex-mcp", "shared"
BUDGET = "poddisruptionbudgets", "cortex-mcp", "time"
NODE = "nodes", "", "node-0"
DNS = "pods", "kube-system", "coredns"
SPACE = "namespaces", "", "cortex-mcp"
QUOTA = "resourcequotas", "cortex-mcp", ""
LIMIT = "limitranges", "cortex-mcp", ""
TIME = "deployments", "cortex-mcp", "time"
POD = "pods", "cortex-mcp", "time"
SERVICE = "services", "cortex-mcp", "time"
DEPLOYED = "configmaps", "cortex-system", names.DECLARATION_CONFIG_MAP
TEMPLATE = "spec/template/spec/containers/0"
DELETED = "2026-01-01T00:00:00Z"


def meta(plural: str, namespace: str, prefix: str, field: str, changes: dict[str, str | None]) -> Break:
    """Set or, with None, delete keys of an object's labels or annotations."""

    def apply(world: World) -> None:
        values = world.one(plural, namespace, prefix)["metadata"][field]
        for key, value in changes.items():
            if value is None:
                del values[key]
            else:
                values[key] = value

    return apply


def status(world: World, **changes: int) -> None:
    world.one("deployments", "cortex-mcp", "time")["status"].update(changes)


def waiting(world: World) -> None:
    status(world, availableReplicas=1)
    pod = world.one("pods", "cortex-mcp", "time")
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}
    pod["status"] = {
        "phase": "Pending",
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "main", "state": state}],
    }
    about = {"kind": "Pod", "name": pod["metadata"]["name"]}
    for minute, message in ((1, "old news"), (2, "pull denied")):
        event = {
            "metadata": {"name": f"e{minute}"},
            "involvedObject": about,
            "reason": "Failed",
            "message": message,
            "lastTimestamp": f"2026-01-01T00:0{minute}:00Z",
        }
        world.add("events", "cortex-mcp", event)


def no_namespace(world: World) -> None:
    world.remove("namespaces", "", "cortex-mcp")
    for plural in ("resourcequotas", "limitranges", "deployments", "services"):
        world.objects[plural, "cortex-mcp"] = []
    world.objects["pods", "cortex-mcp"] = []
    for kind in world.mcp:
        world.mcp[kind] = Answer(Outcome.UNREACHABLE, "not found")


def set_in(plural: str, namespace: str, prefix: str, path: str, value: object) -> Break:
    """Set a field, given by its path with `/`, of an object."""

    def apply(world: World) -> None:
        target: Any = world.one(plural, namespace, prefix)
        *parents, last = path.split("/")
        for key in parents:
            target = target[int(key)] if key.isdigit() else target[key]
        target[last] = value

    return apply


def add(plural: str, name: str, namespace: str = "cortex-mcp") -> Break:
    """Add an object that carries the label of ours."""
    metadata = {"name": name, "labels": {names.COMPONENT: "x"}}
    return lambda world: world.add(plural, namespace, {"metadata": metadata})


def edited(plural: str, namespace: str, prefix: str, path: str) -> Break:
    """Set what the stack leaves open, as `kubectl edit` would."""

    def apply(world: World) -> None:
        fields: dict[str, Any] = {}
        for key in reversed(path.split("/")):
            fields = {key if key.startswith("k:") else f"f:{key}": fields}
        managed = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": fields}
        world.one(plural, namespace, prefix)["metadata"]["managedFields"].append(managed)

    return apply


def drop(plural: str, namespace: str, prefix: str, path: str) -> Break:
    """Remove a field, given by its path with `/`, of an object."""

    def apply(world: World) -> None:
        target: Any = world.one(plural, namespace, prefix)
        *parents, last = path.split("/")
        for key in parents:
            target = target[int(key)] if key.isdigit() else target[key]
        del target[last]

    return apply


def unlabelled(plural: str, name: str, namespace: str = "cortex-mcp") -> Break:
    """Add an object that does not say that it is ours."""
    return lambda world: world.add(plural, namespace, {"metadata": {"name": name}})


def assert_found(world: World, code: str, obj: str, drift: Break) -> None:
    """Check that a drift gives exactly one finding, of this code about this object."""
    drift(world)
    assert [(finding.code, str(finding.object)) for finding in world.findings()] == [(code, obj)]
    assert exit_code(world.results(), Severity.WARNING) == FINDINGS


def codes_of(check: str, *elsewhere: str) -> set[str]:
    """Return the codes in a check's folder, without those that begin with one of these prefixes."""
    codes = yaml.safe_load((FOLDER / check / "codes.yaml").read_text(encoding="utf-8"))
    return {code for code in codes if not code.startswith(elsewhere)}
