"""Wrong stack files, each with the exact lines that its author gets to read."""

import re
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
        "clock": {
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
    assert list(load("prod", tmp_path).servers) == ["clock"]


LABEL = "DNS label: use at most 63 of a-z, 0-9 and '-', and begin and end with a letter or digit"
TYPE = "server type: use at most 52 of a-z, 0-9 and '-', begin with a letter, end with a letter or digit"
VALUE = "label value: use at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
FILE = "file name: use at most 253 letters, digits, '-', '_' and '.', and do not begin with '..'"
FOLDER = "folder: write for instance /etc/talos, without '..' and without '/' at the end"
MOVES = "may be another image tomorrow: in production write a fixed tag or a digest"
UNDECLARED = "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system"
TAKEN = "is a name that the stack itself uses there: choose another"
MONITORING: Settings = {"namespaces.cortex-monitoring": {"component": "monitoring", "description": "Monitoring"}}
TOKEN: Settings = {"namespace": "cortex-mcp", "keys": {"token": {"pulumi": "token"}}}
SETTINGS: Settings = {"namespace": "cortex-mcp", "data": {"LEVEL": "info"}}
ACCEPTED: Settings = {"code": "server.image", "reason": "known", "until": "2026-12-01"}
CODE = "code of a finding: write for instance server.image, or server.* for the family"
OBJECT = "object: write for instance Deployment cortex-mcp/talos-mcp-server, Pod cortex-mcp/* or Node worker-1"
DATE = "date: write for instance '2026-12-31'"
QUANTITY = "quantity: write for instance 500m, 2, 128Mi or 20Gi"

IMAGE = (
    "image reference: write for instance ghcr.io/owner/name:1.0.0, "
    "with all but the registry and the tag in lower case, or a whole digest in place of the tag"
)
WRONG_IMAGES: list[tuple[dict[str, object], str]] = [
    ({"servers.clock.image": image}, f"servers.clock.image: {image!r} is no {IMAGE}")
    for image in (
        "ghcr.io/Foo/bar:1",
        "a/b:",
        "a/b@",
        "a//b:1",
        "a/b:1:2",
        "a/b:-1",
        f"a/b:{'1' * 129}",
        "x@sha256:abc",
        "registry.test:port/a:1",
        "-a:1",
    )
]


def wants(kind: str, keys: str) -> str:
    return f"is of type kubernetes.io/{kind}, which wants the key {keys}: add it, or change the type"


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
    ({"suppressions": {}}, "suppressions: must be a list"),
    ({"suppressions": [{**ACCEPTED, "code": "server"}]}, f"suppressions.0.code: 'server' is no {CODE}"),
    ({"suppressions": [{**ACCEPTED, "code": "*.image"}]}, f"suppressions.0.code: '*.image' is no {CODE}"),
    ({"suppressions": [{**ACCEPTED, "object": "time"}]}, f"suppressions.0.object: 'time' is no {OBJECT}"),
    ({"suppressions": [{**ACCEPTED, "object": ""}]}, f"suppressions.0.object: '' is no {OBJECT}"),
    (
        {"suppressions": [{**ACCEPTED, "reason": " "}]},
        "suppressions.0.reason: says nothing: give the reason, for those who read the report",
    ),
    ({"suppressions": [{"code": "server.image", "reason": "r"}]}, "suppressions.0.until: is missing"),
    ({"suppressions": [{"code": "server.image", "until": "2026-12-01"}]}, "suppressions.0.reason: is missing"),
    ({"suppressions": [{**ACCEPTED, "until": "soon"}]}, f"suppressions.0.until: 'soon' is no {DATE}"),
    ({"suppressions": [{**ACCEPTED, "until": 20261201}]}, f"suppressions.0.until: '20261201' is no {DATE}"),
    ({"suppressions": [{**ACCEPTED, "until": "20261201"}]}, f"suppressions.0.until: '20261201' is no {DATE}"),
    (
        {"suppressions": [{**ACCEPTED, "until": "2026-02-30"}]},
        "suppressions.0.until: '2026-02-30' is no day of the calendar: write for instance '2026-12-31'",
    ),
    ({"suppressions": [{**ACCEPTED, "untill": "x"}]}, "suppressions.0.untill: is no known setting: check its spelling"),
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
        {"namespaces.cortex-mcp.quota.pods": 20.5},
        "namespaces.cortex-mcp.quota.pods: '20.5' is no whole number: Kubernetes counts these one by one",
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
        "namespaces.cortex-mcp.quota.pods: is 2, but its pods need 3 while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {"namespaces.cortex-mcp.quota": {"limits.memory": "1Gi"}},
        "namespaces.cortex-mcp.quota.limits.memory: is 1Gi, but its pods need 1.5Gi while they roll: "
        "raise it, or lower resources or replicas",
    ),
    ({"servers.9": VALID["servers"]["clock"]}, f"servers.9: '9' is no {TYPE}"),  # type: ignore[index]
    ({"servers.clock.image": REMOVED}, "servers.clock.image: is missing"),
    (
        {"servers.clock.image": "Time Server"},
        f"servers.clock.image: 'Time Server' is no {IMAGE}",
    ),
    *WRONG_IMAGES,
    (
        {"cluster.environment": "prod-eu", "servers.clock.image": "registry.test/time:latest"},
        f"servers.clock.image: 'registry.test/time:latest' {MOVES}",
    ),
    (
        {"cluster.environment": "staging", "servers.clock.image": "registry.test/time"},
        "servers.clock.image: 'registry.test/time' has no tag or digest: write one, or for images built here "
        'set CORTEX_IMAGES: eval "$(cortex local env)"',
    ),
    (
        {"cluster.environment": "staging", "verifier": {"image": "registry.test/cortex"}},
        "verifier.image: 'registry.test/cortex' has no tag or digest: write one, or for images built here "
        'set CORTEX_IMAGES: eval "$(cortex local env)"',
    ),
    (
        {"servers.clock.image": "registry.test/time"},
        f"servers.clock.image: 'registry.test/time' {MOVES}",
    ),
    (
        {"servers.clock.image": "localhost:5000/time:latest"},
        f"servers.clock.image: 'localhost:5000/time:latest' {MOVES}",
    ),
    ({"verifier": {"image": "registry.test/c:latest"}}, f"verifier.image: 'registry.test/c:latest' {MOVES}"),
    (
        {**MONITORING, "kubeStateMetrics": {"image": "registry.test/ksm"}},
        f"kubeStateMetrics.image: 'registry.test/ksm' {MOVES}",
    ),
    ({"servers.clock.version": 1.0}, "servers.clock.version: must be text: put the value in quotes"),
    ({"servers.clock.transport": "sse"}, "servers.clock.transport: input should be 'http' or 'stdio'"),
    ({"servers.clock.capabilities": {}}, "servers.clock.capabilities: needs at least one entry"),
    (
        {"servers.clock.capabilities": {"time": "get_current_time"}},
        "servers.clock.capabilities.time: must be a list",
    ),
    ({"servers.clock.replicas": -1}, "servers.clock.replicas: input should be greater than or equal to 0"),
    ({"servers.clock.replicas": True}, "servers.clock.replicas: input should be a valid integer"),
    ({"servers.clock.port": 70000}, "servers.clock.port: input should be less than or equal to 65535"),
    ({"servers.clock.path": "mcp"}, "servers.clock.path: 'mcp' is no HTTP path: begin it with '/' and use no spaces"),
    ({"servers.clock.args": ["--port", 8080]}, "servers.clock.args.1: must be text: put the value in quotes"),
    (
        {"servers.clock.env": {"LOG-LEVEL": "x"}},
        "servers.clock.env.LOG-LEVEL: 'LOG-LEVEL' is no environment variable: "
        "use at most 253 letters, digits and '_', and do not begin with a digit",
    ),
    ({"servers.clock.config": {"a/b": ""}}, f"servers.clock.config.a/b: 'a/b' is no {FILE}"),
    ({"servers.clock.config": {"..": ""}}, f"servers.clock.config...: '..' is no {FILE}"),
    (
        {"servers.clock.secretEnv": {"TOKEN": "my token"}},
        "servers.clock.secretEnv.TOKEN: 'my token' is no secret's key: "
        "use letters, digits, '-', '_' and '.', and begin with a letter",
    ),
    (
        {"servers.clock.secretEnv": {"TOKEN": "a"}, "servers.clock.secretFiles": {"TOKEN": "b"}},
        "servers.clock: 'TOKEN' is in secretEnv and in secretFiles: they share one Secret, so name it once",
    ),
    (
        {"servers.clock.secretEnv": {"TOKEN": "a"}, "servers.clock.env": {"TOKEN": "b"}},
        "servers.clock: 'TOKEN' is in env and in secretEnv: only one can be meant, remove the other",
    ),
    (
        {"servers.clock.resources.requests": {"cpu": "1", "memory": "1Gi"}},
        "servers.clock.resources: requests are larger than limits: lower requests or raise limits",
    ),
    (
        {"servers.clock.resources.limits": {"cpu": "3", "memory": "1Gi"}},
        "servers.clock.resources.limits: are larger than namespaces.cortex-mcp.limits.max: lower these or raise those",
    ),
    (
        {"servers.clock.resources.requests": {"cpu": "10m", "memory": "64Mi"}},
        "servers.clock.resources.requests: are smaller than namespaces.cortex-mcp.limits.min: "
        "raise these or lower those",
    ),
    (
        {"servers.clock.probes.liveness": {"successThreshold": 2}},
        "servers.clock.probes: liveness.successThreshold must be 1: Kubernetes allows more for readiness only",
    ),
    (
        {"servers.clock.probes.startup.initialDelaySeconds": 2**31},
        "servers.clock.probes.startup.initialDelaySeconds: input should be less than or equal to 2147483647",
    ),
    (
        {"servers.clock.probes.startup.periodSeconds": "5s"},
        "servers.clock.probes.startup.periodSeconds: input should be a valid integer",
    ),
    (
        {"servers.clock.namespace": "cortex-mpc"},
        "servers.clock.namespace: namespace 'cortex-mpc' is not declared: "
        "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system",
    ),
    (
        {"servers.clock.kubernetes": {"namespaces": ["prod"]}},
        "servers.clock.kubernetes.namespaces: namespace 'prod' is not declared: "
        "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system",
    ),
    ({"servers.clock.kubernetes": {"namespaces": []}}, "servers.clock.kubernetes.namespaces: needs at least one entry"),
    (
        {"servers.clock.kubernetes": {"namespaces": ["cortex-mcp", "cortex-mcp"]}},
        "servers.clock: kubernetes.namespaces has the same entry twice: remove one",
    ),
    (
        {"servers.clock.clients": [{"namespace": "a"}, {"namespace": "a", "labels": {}}]},
        "servers.clock: clients has the same entry twice: remove one",
    ),
    (
        {"servers.clock.kubernetes": {"clusterRole": "read/all", "namespaces": ["cortex-mcp"]}},
        "servers.clock.kubernetes.clusterRole: 'read/all' is no role name: use neither '/' nor '%'",
    ),
    (
        {"servers.clock.clients": [{"namespace": "a", "labels": {"a..b/app": "x"}}]},
        "servers.clock.clients.0.labels.a..b/app: 'a..b/app' is no label key: "
        "use at most 63 letters, digits, '-', '_' and '.', with or without a 'domain/' in front",
    ),
    (
        {"servers.clock.clients": [{"namespace": "a", "labels": {"app": "a b"}}]},
        f"servers.clock.clients.0.labels.app: 'a b' is no {VALUE}",
    ),
    ({"servers.clock.smoke": {"arguments": {}}}, "servers.clock.smoke.tool: is missing"),
]


WRONG_FOLDERS: list[tuple[dict[str, object], str]] = [
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token", "mount": folder}]},
        f"servers.clock.secrets.0.mount: {folder!r} is no {FOLDER}",
    )
    for folder in ("/", "etc", "/etc/", "/etc/../tmp", "/a b", "/a:b")
]

WRONG_VARIABLES: list[tuple[dict[str, object], str]] = [
    (
        {
            "secrets.token": TOKEN,
            "configMaps.settings": SETTINGS,
            "servers.clock.configMaps": [{"name": "settings", "envFrom": True}],
            f"servers.clock.{field}": value,
        },
        "servers.clock.configMaps.0.envFrom: the key 'LEVEL' of ConfigMap 'settings' "
        f"is in {place} as well: only one can be meant, remove the other",
    )
    for field, value, place in (
        ("env", {"LEVEL": "debug"}, "env"),
        ("secretEnv", {"LEVEL": "token"}, "secretEnv"),
        ("secrets", [{"name": "token", "env": {"LEVEL": "token"}}], "secrets.0.env"),
    )
]

WRONG_BETWEEN_PARTS: list[tuple[dict[str, object], str]] = [
    # Secrets
    ({"secrets.token": {"namespace": "cortex-mcp"}}, "secrets.token: give exactly one of keys, external and existing"),
    (
        {"secrets.token": {**TOKEN, "existing": ["token"]}},
        "secrets.token: give exactly one of keys, external and existing",
    ),
    (
        {"secrets.token": {**TOKEN, "keys": {"token": {"pulumi": "a", "literal": "b"}}}},
        "secrets.token.keys.token: name exactly one source: pulumi, file or literal",
    ),
    (
        {"secrets.token": {**TOKEN, "keys": {"token": {}}}},
        "secrets.token.keys.token: name exactly one source: pulumi, file or literal",
    ),
    ({"secrets.token": {**TOKEN, "keys": {"a/b": {"literal": ""}}}}, f"secrets.token.keys.a/b: 'a/b' is no {FILE}"),
    (
        {"secrets.token": {**TOKEN, "rotateAfterDays": 0}},
        "secrets.token.rotateAfterDays: input should be greater than or equal to 1",
    ),
    (
        {"secrets.token": {**TOKEN, "namespace": "mcp"}},
        f"secrets.token.namespace: namespace 'mcp' is not declared: {UNDECLARED}",
    ),
    (
        {"secrets.token": {"namespace": "cortex-mcp", "external": {"store": "vault", "keys": {"a": "b"}}}},
        "secrets.token.external: needs the custom resource ExternalSecret: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {
                "namespace": "cortex-mcp",
                "external": {"store": "vault", "keys": {"a": "b"}, "refresh": "1 hour"},
            },
        },
        "secrets.token.external.refresh: '1 hour' is no duration: write for instance 30m, 1h or 1h30m",
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {
                "namespace": "cortex-mcp",
                "external": {"store": "vault", "keys": {"a": "b"}, "refresh": "0h0m"},
            },
        },
        "secrets.token.external.refresh: '0h0m' is no duration: write for instance 30m, 1h or 1h30m",
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {
                "namespace": "cortex-mcp",
                "external": {"store": "vault", "keys": {"a": {"key": "b", "propery": "c"}}},
            },
        },
        "secrets.token.external.keys.a.propery: is no known setting: check its spelling",
    ),
    ({"secrets.token": {**TOKEN, "type": "kubernetes.io/tls"}}, "secrets.token: " + wants("tls", "'tls.crt'")),
    (
        {"secrets.token": {**TOKEN, "type": "kubernetes.io/basic-auth"}},
        "secrets.token: " + wants("basic-auth", "'username' or 'password'"),
    ),
    (
        {"secrets.token": {"namespace": "cortex-mcp", "type": "kubernetes.io/ssh-auth", "existing": ["key"]}},
        "secrets.token: " + wants("ssh-auth", "'ssh-privatekey'"),
    ),
    (
        {"cluster.imagePullSecrets": ["token"], "secrets.token": TOKEN},
        "cluster.imagePullSecrets: Secret 'token' is of type Opaque: "
        "declare it with type kubernetes.io/dockerconfigjson, or name another",
    ),
    ({"cluster.imagePullSecrets": ["a", "a"]}, "cluster: imagePullSecrets has the same entry twice: remove one"),
    (
        {"cluster.apiServers": ["api.test"]},
        "cluster.apiServers.0: 'api.test' is no address range: write for instance 10.0.0.0/24 or 192.0.2.10/32",
    ),
    (
        {"namespaces.cortex-mcp.egress": [{"cidrs": ["10.0.0.1/24"], "ports": [443]}]},
        "namespaces.cortex-mcp.egress.0.cidrs.0: '10.0.0.1/24' is no address range: "
        "write for instance 10.0.0.0/24 or 192.0.2.10/32",
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {"namespace": "cortex-mcp", "external": {"store": "The Vault", "keys": {"a": "b"}}},
        },
        "secrets.token.external.store: 'The Vault' is no DNS subdomain: use a-z, 0-9, '-' and '.', "
        "with a letter or digit around each '.'",
    ),
    (
        {"secrets.clock-mcp-credentials": TOKEN, "servers.clock.secretEnv": {"TOKEN": "token"}},
        "secrets.clock-mcp-credentials: servers.clock makes it from secretEnv and secretFiles: remove it here or there",
    ),
    (
        {"secrets.cortex-resource-manager-token": {**TOKEN, "namespace": "cortex-system"}},
        f"secrets.cortex-resource-manager-token: {TAKEN}",
    ),
    (
        {"cluster.customResources": ["Certificate"]},
        "cluster.customResources.0: input should be 'ExternalSecret', 'PrometheusRule' or 'ServiceMonitor'",
    ),
    # ConfigMaps
    (
        {"configMaps.settings": {**SETTINGS, "namespace": "mcp"}},
        f"configMaps.settings.namespace: namespace 'mcp' is not declared: {UNDECLARED}",
    ),
    ({"configMaps.settings": {**SETTINGS, "data": {}}}, "configMaps.settings.data: needs at least one entry"),
    (
        {"configMaps.clock-mcp-config": SETTINGS, "servers.clock.config": {"a": ""}},
        "configMaps.clock-mcp-config: servers.clock makes it from config: remove it here or there",
    ),
    (
        {"configMaps.cortex-declaration": {**SETTINGS, "namespace": "cortex-system"}},
        f"configMaps.cortex-declaration: {TAKEN}",
    ),
    (
        {"configMaps.cortex-verification": {**SETTINGS, "namespace": "cortex-system"}},
        f"configMaps.cortex-verification: {TAKEN}",
    ),
    (
        {"configMaps.settings": {**SETTINGS, "data": {"A": "é" * 2**19, "B": "b"}}},
        "configMaps.settings.data: is 1048577 bytes long, and a ConfigMap takes 1048576: shorten it, or split it",
    ),
    (
        {"servers.clock.config": {"a": "a" * 2**20, "b": "b"}},
        "servers.clock.config: is 1048577 bytes long, and a ConfigMap takes 1048576: shorten it, or split it",
    ),
    # Every key of these becomes a variable
    (
        {
            "configMaps.settings": {**SETTINGS, "data": {"log.level": "info"}},
            "servers.clock.configMaps": [{"name": "settings", "envFrom": True}],
        },
        "servers.clock.configMaps.0.envFrom: the key 'log.level' of ConfigMap 'settings' is no environment variable: "
        "rename it there, or use mount",
    ),
    *WRONG_VARIABLES,
    (
        {
            "configMaps.settings": SETTINGS,
            "configMaps.more": SETTINGS,
            "servers.clock.configMaps": [{"name": "settings", "envFrom": True}, {"name": "more", "envFrom": True}],
        },
        "servers.clock.configMaps.1.envFrom: the key 'LEVEL' of ConfigMap 'more' is in configMaps.0.envFrom as well: "
        "only one can be meant, remove the other",
    ),
    # What a server uses of them
    (
        {"servers.clock.secrets": [{"name": "token", "env": {"TOKEN": "token"}}]},
        "servers.clock.secrets.0.name: Secret 'token' is not declared: add it under cortex:secrets",
    ),
    (
        {
            "secrets.token": {**TOKEN, "namespace": "cortex-system"},
            "servers.clock.secrets": [{"name": "token", "mount": "/etc/token"}],
        },
        "servers.clock.secrets.0.name: Secret 'token' is in cortex-system, the server in cortex-mcp: "
        "a pod can use only what is in its own namespace, declare another there under a name of its own",
    ),
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token", "env": {"TOKEN": "tokn"}}]},
        "servers.clock.secrets.0.env.TOKEN: Secret 'token' has no key 'tokn': add it there, or use one of token",
    ),
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token"}]},
        "servers.clock.secrets.0: is not used: give env, mount, or both",
    ),
    (
        {
            "secrets.token": TOKEN,
            "servers.clock.secrets": [{"name": "token", "mount": "/a"}, {"name": "token", "mount": "/b"}],
        },
        "servers.clock: secrets names 'token' twice: join the two entries",
    ),
    (
        {"servers.clock.configMaps": [{"name": "settings", "envFrom": True}]},
        "servers.clock.configMaps.0.name: ConfigMap 'settings' is not declared: add it under cortex:configMaps",
    ),
    (
        {
            "configMaps.settings": {**SETTINGS, "namespace": "cortex-system"},
            "servers.clock.configMaps": [{"name": "settings", "envFrom": True}],
        },
        "servers.clock.configMaps.0.name: ConfigMap 'settings' is in cortex-system, the server in cortex-mcp: "
        "a pod can use only what is in its own namespace, declare another there under a name of its own",
    ),
    (
        {"configMaps.settings": SETTINGS, "servers.clock.configMaps": [{"name": "settings"}]},
        "servers.clock.configMaps.0: is not used: give envFrom, mount, or both",
    ),
    # Variables and folders
    (
        {
            "secrets.token": TOKEN,
            "servers.clock.env": {"TOKEN": "x"},
            "servers.clock.secrets": [{"name": "token", "env": {"TOKEN": "token"}}],
        },
        "servers.clock: 'TOKEN' is in env and in secrets.0.env: only one can be meant, remove the other",
    ),
    (
        {
            "secrets.token": TOKEN,
            "servers.clock.secretEnv": {"TOKEN": "x"},
            "servers.clock.secrets": [{"name": "token", "env": {"TOKEN": "token"}}],
        },
        "servers.clock: 'TOKEN' is in secretEnv and in secrets.0.env: only one can be meant, remove the other",
    ),
    (
        {
            "secrets.token": TOKEN,
            "configMaps.settings": SETTINGS,
            "servers.clock.secrets": [{"name": "token", "mount": "/etc/both"}],
            "servers.clock.configMaps": [{"name": "settings", "mount": "/etc/both"}],
        },
        "servers.clock: secrets.0.mount /etc/both and configMaps.0.mount /etc/both overlap: choose another folder",
    ),
    (
        {
            "secrets.token": TOKEN,
            "configMaps.settings": SETTINGS,
            "servers.clock.secrets": [{"name": "token", "mount": "/etc/both/inner"}],
            "servers.clock.configMaps": [{"name": "settings", "mount": "/etc/both"}],
        },
        "servers.clock: secrets.0.mount /etc/both/inner and configMaps.0.mount /etc/both overlap: "
        "choose another folder",
    ),
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token", "mount": "/tmp/token"}]},
        "servers.clock: secrets.0.mount /tmp/token and the built-in /tmp overlap: choose another folder",
    ),
    (
        {
            "configMaps.settings": SETTINGS,
            "servers.clock.configMaps": [{"name": "settings", "mount": "/etc/mcp/config"}],
        },
        "servers.clock: configMaps.0.mount /etc/mcp/config and the built-in /etc/mcp/config overlap: "
        "choose another folder",
    ),
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token", "mount": "/var/run"}]},
        "servers.clock: secrets.0.mount /var/run and the built-in /var/run/secrets/kubernetes.io/serviceaccount "
        "overlap: choose another folder",
    ),
    *WRONG_FOLDERS,
    # Pods: how many, and their room
    (
        {"servers.clock.autoscaling": {"minReplicas": 5}},
        "servers.clock.autoscaling: minReplicas is larger than maxReplicas: lower it or raise that",
    ),
    (
        {"servers.clock.autoscaling": {"minReplicas": 3}, "servers.clock.replicas": 2},
        "servers.clock: replicas is 2, but autoscaling goes from 3 to 4: set replicas between them",
    ),
    (
        {"servers.clock.autoscaling": {"cpuPercent": 101}},
        "servers.clock.autoscaling.cpuPercent: input should be less than or equal to 100",
    ),
    (
        {"servers.clock.disruption": {"maxUnavailable": 2}},
        "servers.clock: disruption.maxUnavailable is 2, and of 2 pods none need stay then: set it to at most 1",
    ),
    (
        {"servers.clock.disruption": {"maxUnavailable": 3}, "servers.clock.autoscaling": {"minReplicas": 3}},
        "servers.clock: disruption.maxUnavailable is 3, and of 3 pods none need stay then: set it to at most 2",
    ),
    (
        {"servers.clock.disruption": {"maxUnavailable": 0}},
        "servers.clock.disruption.maxUnavailable: input should be greater than or equal to 1",
    ),
    (
        {"servers.clock.autoscaling": {"maxReplicas": 9}, "namespaces.cortex-mcp.quota.pods": 9},
        "namespaces.cortex-mcp.quota.pods: is 9, but its pods need 10 while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {"verifier": {"image": "registry.test/cortex:1"}, "namespaces.cortex-system.quota.pods": 1},
        "namespaces.cortex-system.quota.pods: is 1, but its pods need 2 while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {
            "namespaces.cortex-monitoring": {
                "component": "monitoring",
                "description": "Monitoring",
                "quota": {"limits.memory": "500Mi"},
            },
            "kubeStateMetrics": {},
        },
        "namespaces.cortex-monitoring.quota.limits.memory: is 500Mi, but its pods need 512Mi while they roll: "
        "raise it, or lower resources or replicas",
    ),
    (
        {
            "verifier": {
                "image": "registry.test/cortex:1",
                "resources": {"limits": {"cpu": "3", "memory": "512Mi"}},
            }
        },
        "verifier.resources.limits: are larger than namespaces.cortex-system.limits.max: lower these or raise those",
    ),
    (
        {
            **MONITORING,
            "kubeStateMetrics": {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}},
        },
        "kubeStateMetrics.resources.requests: are smaller than namespaces.cortex-monitoring.limits.min: "
        "raise these or lower those",
    ),
    (
        {"verifier": {"image": "registry.test/cortex:1", "schedule": "hourly"}},
        "verifier.schedule: 'hourly' is no cron schedule: write five fields, for instance */15 * * * *",
    ),
    (
        {"verifier": {"image": "registry.test/cortex:1", "schedule": "0 24 * * *"}},
        "verifier.schedule: '0 24 * * *' is no cron schedule: '24' is no hour: "
        "write *, numbers from 0 to 23, ranges as 1-5, steps as */15, or a list of these",
    ),
    # Metrics, the resource manager, where a server may connect to
    (
        {"kubeStateMetrics": {}},
        f"kubeStateMetrics.namespace: namespace 'cortex-monitoring' is not declared: {UNDECLARED}",
    ),
    (
        {**MONITORING, "kubeStateMetrics": {"serviceMonitor": True}},
        "kubeStateMetrics.serviceMonitor: needs the custom resource ServiceMonitor: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
    (
        {**MONITORING, "kubeStateMetrics": {"alerts": {}}},
        "kubeStateMetrics.alerts: needs the custom resource PrometheusRule: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
    (
        {**MONITORING, "kubeStateMetrics": {"alerts": {"quotaPercent": 0}}},
        "kubeStateMetrics.alerts.quotaPercent: input should be greater than or equal to 1",
    ),
    (
        {**MONITORING, "kubeStateMetrics": {"monitorLabels": {"app": "x"}}},
        "kubeStateMetrics: monitorLabels has 'app', a label that the stack itself sets: remove it",
    ),
    ({"resourceManager": {"scope": "all"}}, "resourceManager.scope: input should be 'namespaces' or 'cluster'"),
    ({"resourceManager": {"token": "forever"}}, "resourceManager.token: input should be 'bound' or 'legacy'"),
    (
        {"resourceManager": {"execIn": ["cortex-workers"]}},
        f"resourceManager.execIn: namespace 'cortex-workers' is not declared: {UNDECLARED}",
    ),
    (
        {"resourceManager": {"execIn": ["cortex-mcp", "cortex-mcp"]}},
        "resourceManager: execIn has the same entry twice: remove one",
    ),
    # Without names, a Role would let it read all of them.
    (
        {"resourceManager": {"readableSecrets": {"cortex-mcp": []}}},
        "resourceManager.readableSecrets.cortex-mcp: needs at least one entry",
    ),
    (
        {"resourceManager": {"readableSecrets": {"cortex-data": ["token"]}}},
        f"resourceManager.readableSecrets: namespace 'cortex-data' is not declared: {UNDECLARED}",
    ),
    (
        {"secrets.token": TOKEN, "resourceManager": {"readableSecrets": {"cortex-system": ["token"]}}},
        "resourceManager.readableSecrets.cortex-system: Secret 'token' is not declared there: "
        "add it under cortex:secrets, or remove it here",
    ),
    (
        {"resourceManager": {"readableSecrets": {"cortex-mcp": ["clock-mcp-credentials"]}}},
        "resourceManager.readableSecrets.cortex-mcp: Secret 'clock-mcp-credentials' is not declared there: "
        "add it under cortex:secrets, or remove it here",
    ),
    (
        {"servers.clock.egress": [{"cidrs": ["proxmox.test"], "ports": [8006]}]},
        "servers.clock.egress.0.cidrs.0: 'proxmox.test' is no address range: "
        "write for instance 10.0.0.0/24 or 192.0.2.10/32",
    ),
    (
        {"servers.clock.egress": [{"cidrs": ["192.0.2.1/24"], "ports": [8006]}]},
        "servers.clock.egress.0.cidrs.0: '192.0.2.1/24' is no address range: "
        "write for instance 10.0.0.0/24 or 192.0.2.10/32",
    ),
    (
        {"servers.clock.egress": [{"cidrs": ["192.0.2.0/24"], "ports": []}]},
        "servers.clock.egress.0.ports: needs at least one entry",
    ),
]


@pytest.mark.parametrize(
    ("changes", "line"),
    WRONG + WRONG_BETWEEN_PARTS,
    ids=[line.partition(": ")[0] for _, line in WRONG + WRONG_BETWEEN_PARTS],
)
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CORTEX_IMAGES", raising=False)
    assert lines(changed(changes), tmp_path) == [line]


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    found = lines(changed({"cluster.context": REMOVED, "servers.clock.port": 0, "servers.clock.prot": 1}), tmp_path)
    assert found == [
        "cluster.context: is missing",
        "servers.clock.port: input should be greater than or equal to 1",
        "servers.clock.prot: is no known setting: check its spelling",
    ]


def test_every_fault_between_parts_has_its_line(tmp_path: Path) -> None:
    changes = {"servers.clock.namespace": "a", "servers.clock.kubernetes": {"namespaces": ["b"]}}
    found = lines(changed({**changes, "namespaces.kube-x": {"component": "x", "description": "x"}}), tmp_path)
    assert [line.partition(": ")[0] for line in found] == [
        "namespaces.kube-x",
        "servers.clock.namespace",
        "servers.clock.kubernetes.namespaces",
    ]


def test_every_fault_inside_a_server_has_its_line(tmp_path: Path) -> None:
    changes: Settings = {"env": {"A": "", "B": ""}, "secretEnv": {"A": "a", "B": "b"}}
    changes |= {"autoscaling": {"minReplicas": 3}, "replicas": 2}
    found = lines(changed({f"servers.clock.{field}": value for field, value in changes.items()}), tmp_path)
    assert found == [
        "servers.clock: 'A' is in env and in secretEnv: only one can be meant, remove the other",
        "servers.clock: 'B' is in env and in secretEnv: only one can be meant, remove the other",
        "servers.clock: replicas is 2, but autoscaling goes from 3 to 4: set replicas between them",
    ]


def test_a_declaration_that_its_config_map_cannot_hold_is_refused(tmp_path: Path) -> None:
    (line,) = lines(changed({"configMaps.settings": {**SETTINGS, "data": {"A": "a" * 2**20}}}), tmp_path)
    assert re.fullmatch(
        r"configMaps: with them the declaration is 105\d{4} bytes long, and its ConfigMap cortex-declaration takes "
        "1048576: shorten texts here or in servers",
        line,
    )
