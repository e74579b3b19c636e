"""Wrong stack files, each with the exact lines that its author gets to read."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import cast

import pytest
import yaml

from stacks.errors import DeclarationError
from stacks.loader import load

Settings = dict[str, object]

VALID: Settings = {
    "cluster": {"context": "prod", "environment": "production"},
    "namespaces": {
        "cortex-system": {"component": "system", "description": "Core"},
        "cortex-mcp": {"component": "mcp-servers", "description": "MCP server deployments"},
    },
    "servers": {
        "time": {
            "image": "registry.test/time:1",
            "version": "1.0.0",
            "transport": "stdio",
            "capabilities": {"time": ["get_current_time"]},
        }
    },
}
REMOVED = object()


def changed(changes: Mapping[str, object]) -> Settings:
    """Give the valid settings with values put (or REMOVED) at dotted paths; `~` stands for a dot inside a key."""
    settings = deepcopy(VALID)
    for path, value in changes.items():
        *parents, last = (part.replace("~", ".") for part in path.split("."))
        place = settings
        for parent in parents:
            place = cast("Settings", place.setdefault(parent, {}))
        if value is REMOVED:
            del place[last]
        else:
            place[last] = value
    return settings


def lines(settings: Settings, root: Path) -> list[str]:
    """Load the settings as a stack file, and give the lines of the refusal without the file's name."""
    document = {"config": {f"cortex:{key}": value for key, value in settings.items()}}
    (root / "Pulumi.prod.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(DeclarationError) as raised:
        load("prod", root)
    found = str(raised.value).splitlines()
    assert all(line.startswith("Pulumi.prod.yaml: cortex:") for line in found)
    return [line.removeprefix("Pulumi.prod.yaml: cortex:") for line in found]


def test_the_unchanged_settings_are_valid(tmp_path: Path) -> None:
    document = {"config": {f"cortex:{key}": value for key, value in VALID.items()}}
    (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    assert list(load("prod", tmp_path).servers) == ["time"]


LABEL = "DNS label: use at most 63 of a-z, 0-9 and '-', and begin and end with a letter or digit"
TYPE = "server type: use at most 52 of a-z, 0-9 and '-', begin with a letter, end with a letter or digit"
VALUE = "label value: use at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
FILE = "file name: use at most 253 letters, digits, '-', '_' and '.', and do not begin with '..'"
QUANTITY = "quantity: write for instance 500m, 2, 128Mi or 20Gi"

WRONG: list[tuple[dict[str, object], str]] = [
    ({"cluster": REMOVED}, "cluster: is missing"),
    ({"cluster": "prod"}, "cluster: must be a mapping of settings"),
    ({"cluster.context": REMOVED}, "cluster.context: is missing"),
    ({"cluster.context": ""}, "cluster.context: string should have at least 1 character"),
    ({"cluster.contxt": "x"}, "cluster.contxt: is no known setting: check its spelling"),
    ({"cluster.environment": "on prod"}, f"cluster.environment: 'on prod' is no {VALUE}"),
    ({"cluster.nodes": 0}, "cluster.nodes: input should be greater than or equal to 1"),
    ({"cluster.networkPolicies": "maybe"}, "cluster.networkPolicies: input should be 'enforced' or 'ignored'"),
    ({"clusters": {}}, "clusters: is no known setting: check its spelling"),
    ({"namespaces": []}, "namespaces: must be a mapping of settings"),
    ({"namespaces": {}}, "namespaces: needs at least one entry"),
    (
        {"namespaces.cortex-system": REMOVED},
        "namespaces.cortex-system: is missing: declare it, the declaration is kept there",
    ),
    ({"namespaces.Cortex": VALID["namespaces"]["cortex-mcp"]}, f"namespaces.Cortex: 'Cortex' is no {LABEL}"),  # type: ignore[index]
    (
        {"namespaces.kube-system": {"component": "x", "description": "x"}},
        "namespaces.kube-system: belongs to Kubernetes: choose another name, for instance cortex-kube-system",
    ),
    (
        {"namespaces.default": {"component": "x", "description": "x"}},
        "namespaces.default: belongs to Kubernetes: choose another name, for instance cortex-default",
    ),
    ({"namespaces.cortex-mcp.component": REMOVED}, "namespaces.cortex-mcp.component: is missing"),
    (
        {"namespaces.cortex-mcp.description": 7},
        "namespaces.cortex-mcp.description: must be text: put the value in quotes",
    ),
    (
        {"namespaces.cortex-mcp.podSecurity": "strict"},
        "namespaces.cortex-mcp.podSecurity: input should be 'restricted', 'baseline' or 'privileged'",
    ),
    (
        {"namespaces.cortex-mcp.quota": {"limits.cpu": "many"}},
        f"namespaces.cortex-mcp.quota.limits.cpu: 'many' is no {QUANTITY}",
    ),
    (
        {"namespaces.cortex-mcp.quota": {"requests.memory": "20 GB"}},
        f"namespaces.cortex-mcp.quota.requests.memory: '20 GB' is no {QUANTITY}",
    ),
    (
        {"namespaces.cortex-mcp.quota.pods": -1},
        "namespaces.cortex-mcp.quota.pods: '-1' is negative: a quantity here is zero or more",
    ),
    (
        {"namespaces.cortex-mcp.quota.pods": "10E"},
        "namespaces.cortex-mcp.quota.pods: '10E' is more than Kubernetes can count: write a smaller quantity",
    ),
    (
        {"namespaces.cortex-mcp.quota.pods": True},
        "namespaces.cortex-mcp.quota.pods: must be text: put the value in quotes",
    ),
    (
        {"namespaces.cortex-mcp.limits.min": {"cpu": "3", "memory": "64Mi"}},
        "namespaces.cortex-mcp.limits: min is larger than defaultRequest: order them min, defaultRequest, default, max",
    ),
    (
        {"namespaces.cortex-mcp.quota.pods": 2},
        "namespaces.cortex-mcp.quota.pods: is 2, but its servers need 3 while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {"namespaces.cortex-mcp.quota": {"limits.memory": "1Gi"}},
        "namespaces.cortex-mcp.quota.limits.memory: is 1Gi, but its servers need 1.5Gi while they roll: "
        "raise it, or lower resources or replicas",
    ),
    ({"servers.9": VALID["servers"]["time"]}, f"servers.9: '9' is no {TYPE}"),  # type: ignore[index]
    ({"servers.time.image": REMOVED}, "servers.time.image: is missing"),
    (
        {"servers.time.image": "Time Server"},
        "servers.time.image: 'Time Server' is no image reference: write for instance ghcr.io/owner/name:1.0.0",
    ),
    (
        {"servers.time.image": "registry.test/time"},
        "servers.time.image: 'registry.test/time' has no tag or digest: write one, or for images built here "
        'set CORTEX_IMAGES: eval "$(cortex local env)"',
    ),
    ({"servers.time.version": 1.0}, "servers.time.version: must be text: put the value in quotes"),
    ({"servers.time.transport": "sse"}, "servers.time.transport: input should be 'http' or 'stdio'"),
    ({"servers.time.capabilities": {}}, "servers.time.capabilities: needs at least one entry"),
    (
        {"servers.time.capabilities": {"time": "get_current_time"}},
        "servers.time.capabilities.time: must be a list",
    ),
    ({"servers.time.replicas": -1}, "servers.time.replicas: input should be greater than or equal to 0"),
    ({"servers.time.replicas": True}, "servers.time.replicas: input should be a valid integer"),
    ({"servers.time.port": 70000}, "servers.time.port: input should be less than or equal to 65535"),
    ({"servers.time.path": "mcp"}, "servers.time.path: 'mcp' is no HTTP path: begin it with '/' and use no spaces"),
    ({"servers.time.args": ["--port", 8080]}, "servers.time.args.1: must be text: put the value in quotes"),
    (
        {"servers.time.env": {"LOG-LEVEL": "x"}},
        "servers.time.env.LOG-LEVEL: 'LOG-LEVEL' is no environment variable: "
        "use letters, digits and '_', and do not begin with a digit",
    ),
    ({"servers.time.config": {"a/b": ""}}, f"servers.time.config.a/b: 'a/b' is no {FILE}"),
    ({"servers.time.config": {"..": ""}}, f"servers.time.config...: '..' is no {FILE}"),
    (
        {"servers.time.secretEnv": {"TOKEN": "my token"}},
        "servers.time.secretEnv.TOKEN: 'my token' is no secret's key: "
        "use letters, digits, '-', '_' and '.', and begin with a letter",
    ),
    (
        {"servers.time.secretEnv": {"TOKEN": "a"}, "servers.time.secretFiles": {"TOKEN": "b"}},
        "servers.time: 'TOKEN' is in secretEnv and in secretFiles: they share one Secret, so name it once",
    ),
    (
        {"servers.time.secretEnv": {"TOKEN": "a"}, "servers.time.env": {"TOKEN": "b"}},
        "servers.time: 'TOKEN' is in env and in secretEnv: only one can be meant, remove the other",
    ),
    (
        {"servers.time.resources.requests": {"cpu": "1", "memory": "1Gi"}},
        "servers.time.resources: requests are larger than limits: lower requests or raise limits",
    ),
    (
        {"servers.time.resources.limits": {"cpu": "3", "memory": "1Gi"}},
        "servers.time.resources.limits: are larger than namespaces.cortex-mcp.limits.max: lower these or raise those",
    ),
    (
        {"servers.time.resources.requests": {"cpu": "10m", "memory": "64Mi"}},
        "servers.time.resources.requests: are smaller than namespaces.cortex-mcp.limits.min: "
        "raise these or lower those",
    ),
    (
        {"servers.time.probes.liveness": {"successThreshold": 2}},
        "servers.time.probes: liveness.successThreshold must be 1: Kubernetes allows more for readiness only",
    ),
    (
        {"servers.time.probes.startup.periodSeconds": "5s"},
        "servers.time.probes.startup.periodSeconds: input should be a valid integer",
    ),
    (
        {"servers.time.namespace": "cortex-mpc"},
        "servers.time.namespace: namespace 'cortex-mpc' is not declared: "
        "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system",
    ),
    (
        {"servers.time.kubernetes": {"namespaces": ["prod"]}},
        "servers.time.kubernetes.namespaces: namespace 'prod' is not declared: "
        "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system",
    ),
    ({"servers.time.kubernetes": {"namespaces": []}}, "servers.time.kubernetes.namespaces: needs at least one entry"),
    (
        {"servers.time.kubernetes": {"namespaces": ["cortex-mcp", "cortex-mcp"]}},
        "servers.time: kubernetes.namespaces has the same entry twice: remove one",
    ),
    (
        {"servers.time.clients": [{"namespace": "a"}, {"namespace": "a", "labels": {}}]},
        "servers.time: clients has the same entry twice: remove one",
    ),
    (
        {"servers.time.clients": [{"namespace": "a", "labels": {"app": "a b"}}]},
        f"servers.time.clients.0.labels.app: 'a b' is no {VALUE}",
    ),
    ({"servers.time.smoke": {"arguments": {}}}, "servers.time.smoke.tool: is missing"),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=[line.partition(": ")[0] for _, line in WRONG])
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CORTEX_IMAGES", raising=False)
    assert lines(changed(changes), tmp_path) == [line]


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    found = lines(changed({"cluster.context": REMOVED, "servers.time.port": 0, "servers.time.prot": 1}), tmp_path)
    assert found == [
        "cluster.context: is missing",
        "servers.time.port: input should be greater than or equal to 1",
        "servers.time.prot: is no known setting: check its spelling",
    ]


def test_every_fault_between_parts_has_its_line(tmp_path: Path) -> None:
    changes = {"servers.time.namespace": "a", "servers.time.kubernetes": {"namespaces": ["b"]}}
    found = lines(changed({**changes, "namespaces.kube-x": {"component": "x", "description": "x"}}), tmp_path)
    assert [line.partition(": ")[0] for line in found] == [
        "namespaces.kube-x",
        "servers.time.namespace",
        "servers.time.kubernetes.namespaces",
    ]
