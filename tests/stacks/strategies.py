"""Any declaration that the model allows, as a stack file would have it: texts from its patterns, parts that agree."""

import json
import re
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from stacks.model import names
from stacks.model.declaration import WorkloadName
from stacks.model.kubernetes_access import RoleName
from stacks.model.probe import HttpPath
from stacks.model.secret import REQUIRED_KEYS, Duration, SecretKey
from stacks.model.server import ServerType
from stacks.model.types import (
    ENV_NAME,
    DnsLabel,
    DnsSubdomain,
    EnvName,
    FileKey,
    Folder,
    LabelKey,
    LabelValue,
)
from stacks.validation.secret_references import PULL_SECRET
from tests.stacks.basic_strategies import (
    COUNTS,
    DESTINATIONS,
    FILES,
    IMAGES,
    NETWORKS,
    RESOURCES,
    SECONDS,
    TEXTS,
    VARIABLES,
    Drawn,
    compute,
)
from tests.stacks.fitting import fitting
from tests.stacks.server_strategies import BY_MCP, SETTINGS
from tests.stacks.system_strategies import AGENTS, METRICS, SUPPRESSIONS, TALOS, VERIFIERS

# Stacks are large examples, and machines that run tests are busy.
UNHURRIED = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
BRIEF = settings(UNHURRIED, max_examples=25)
"""For a property of every setting alike, where each stack has many; the next run draws others."""

Settings = dict[str, Any]
NO_MORE: Drawn = st.just({})

LIMITS = st.fixed_dictionaries(
    {"min": compute(0, 50), "defaultRequest": compute(51, 99), "default": compute(100, 999), "max": compute(2000, 9999)}
)
QUOTAS = st.builds(
    lambda requests, limits, counted: {
        **{f"requests.{key}": value for key, value in requests.items()},
        **{f"limits.{key}": value for key, value in limits.items()},
        **counted,
    },
    compute(10**5, 10**6),
    compute(10**5, 10**6),
    st.fixed_dictionaries(
        {}, optional={"pods": st.sampled_from(["50", "5e1", "0.1k", 200]), "persistentvolumeclaims": st.integers(0, 9)}
    ),
)
NAMESPACES = st.fixed_dictionaries(
    {"component": fitting(LabelValue), "description": TEXTS, "quota": QUOTAS, "limits": LIMITS},
    optional={
        "owner": TEXTS,
        "podSecurity": st.sampled_from(["restricted", "baseline", "privileged"]),
        "egress": DESTINATIONS,
    },
)


def probe(**more: st.SearchStrategy[int]) -> Drawn:
    times = {"periodSeconds": COUNTS, "timeoutSeconds": COUNTS, "failureThreshold": COUNTS}
    return st.fixed_dictionaries(
        {}, optional={"path": fitting(HttpPath), "initialDelaySeconds": SECONDS, **times, **more}
    )


CLIENTS = st.lists(
    st.fixed_dictionaries(
        {
            "namespace": fitting(DnsLabel) | st.sampled_from([names.SYSTEM_NAMESPACE, names.MCP_NAMESPACE]),
            "labels": st.dictionaries(fitting(LabelKey), fitting(LabelValue), max_size=3),
        }
    ),
    max_size=3,
    unique_by=lambda client: json.dumps(client, sort_keys=True),
)
ARGUMENTS = TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
SMOKE = st.fixed_dictionaries({"tool": TEXTS}, optional={"arguments": st.dictionaries(TEXTS, ARGUMENTS)})
FEW = st.integers(0, 1).map(lambda number: {"replicas": number})
MANY = st.integers(2, 3).map(lambda number: {"replicas": number}) | st.fixed_dictionaries(
    {
        "autoscaling": st.fixed_dictionaries(
            {"minReplicas": st.integers(2, 3), "maxReplicas": st.integers(3, 4)},
            optional={"cpuPercent": st.integers(1, 100)},
        )
    },
    optional={"replicas": st.just(3)},
)


def budget(away: int) -> Drawn:
    return st.fixed_dictionaries({}, optional={"disruption": st.just({"maxUnavailable": away})})


# Of one pod there is no budget; one that lets all of several away is refused.
PODS = st.builds(dict.__or__, FEW, budget(9)) | st.builds(dict.__or__, MANY, budget(1))
SHARED: dict[str, st.SearchStrategy[Any]] = {
    "args": st.lists(TEXTS, max_size=3),
    # Prefixes, because of two variables of one name only one could be meant.
    "env": st.dictionaries(fitting(EnvName, "A"), TEXTS, max_size=3),
    "config": FILES,
    "secretEnv": st.dictionaries(fitting(EnvName, "B"), fitting(SecretKey), max_size=3),
    "secretFiles": st.dictionaries(fitting(FileKey, "C"), fitting(SecretKey), max_size=3),
    "resources": RESOURCES,
    "clients": CLIENTS,
    "egress": DESTINATIONS,
    "probes": st.fixed_dictionaries(
        {}, optional={"liveness": probe(), "readiness": probe(successThreshold=COUNTS), "startup": probe()}
    ),
}
SERVERS = st.fixed_dictionaries(
    {
        "image": IMAGES,
        "version": fitting(LabelValue),
        "transport": st.sampled_from(["http", "sse", "stdio", "websocket"]),
        "capabilities": st.dictionaries(fitting(DnsLabel), st.lists(TEXTS, max_size=3), min_size=1, max_size=3),
    },
    optional={
        "port": st.integers(1, 65535),
        "path": fitting(HttpPath),
        "tls": st.sampled_from([True, False, {"verify": False}]),
        "authorization": st.just({"anonymous": "refused"}),
        "smoke": st.one_of(SMOKE, st.lists(SMOKE, min_size=1, max_size=2)),
        **SHARED,
    },
)
# All tools that are drawn must be served.
BRIDGE_RULES = st.fixed_dictionaries(
    {"allowTools": st.just(["*"])}, optional={"allowHosts": st.lists(fitting(DnsSubdomain), max_size=2)}
)
WORKLOADS = st.fixed_dictionaries({"image": IMAGES, "port": st.integers(1, 65535)}, optional=SHARED)
WORKERS = st.fixed_dictionaries({"image": IMAGES}, optional={"args": SHARED["args"], "egress": DESTINATIONS})
"""Workloads without a port, so that nobody connects to them."""
SOURCES = st.one_of(
    fitting(SecretKey).map(lambda key: {"pulumi": key}),
    TEXTS.map(lambda text: {"literal": text}),
    fitting(FileKey).map(lambda name: {"file": f"secrets/{name}"}),
)
STORE_KEYS = TEXTS.filter(bool)
STORES = st.fixed_dictionaries(
    {
        "store": fitting(DnsSubdomain),
        "keys": st.dictionaries(
            fitting(FileKey),
            STORE_KEYS | st.fixed_dictionaries({"key": STORE_KEYS, "property": STORE_KEYS}),
            min_size=1,
            max_size=2,
        ),
    },
    optional={"storeKind": st.sampled_from(["ClusterSecretStore", "SecretStore"]), "refresh": fitting(Duration)},
)


ROTATIONS = st.fixed_dictionaries(
    {"every": st.sampled_from(["1h", "90d"])},
    optional={
        "generator": st.fixed_dictionaries({"length": st.integers(8, 4096)}, optional={"alphabet": st.just("hex")})
    },
)


def typed(kind: str) -> Drawn:
    """Draw a Secret of a type that wants certain keys. Of Docker's, Kubernetes reads the value."""
    keys = [group[-1] for group in REQUIRED_KEYS[kind]]
    return st.just({"type": kind, "keys": {key: {"literal": "{}"} for key in keys}}) | st.just(
        {"type": kind, "existing": keys}
    )


SECRETS = st.builds(
    dict.__or__,
    st.one_of(
        st.fixed_dictionaries({"keys": st.dictionaries(fitting(FileKey), SOURCES, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"external": STORES}),
        st.fixed_dictionaries({"existing": st.lists(fitting(FileKey), min_size=1, max_size=2, unique=True)}),
        st.fixed_dictionaries({"existing": st.lists(fitting(FileKey), min_size=1, max_size=1), "rotation": ROTATIONS}),
        st.fixed_dictionaries({"generated": fitting(FileKey), "rotation": ROTATIONS}),
        *map(typed, REQUIRED_KEYS),
    ),
    st.fixed_dictionaries({}, optional={"rotateAfterDays": COUNTS}),
)

RULES = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"], "resourceNames": ["a"]}]


@st.composite
def declarations(draw: st.DrawFn, called: st.SearchStrategy[str] | None = None) -> Settings:
    """Draw the settings of a stack, in which namespaces, servers, workloads, Secrets and ConfigMaps are `called` so."""
    label = fitting(DnsLabel) if called is None else called
    spaces = [names.SYSTEM_NAMESPACE, *draw(st.lists(label | st.just(names.MCP_NAMESPACE), max_size=2))]
    existing = draw(st.sampled_from([[], ["default"]]))
    within = st.sampled_from([*spaces, *existing])
    secrets = draw(st.dictionaries(label, SECRETS, max_size=3))
    config_maps = draw(st.dictionaries(label, FILES.filter(bool) | VARIABLES, max_size=2))
    others = fitting(DnsSubdomain).filter(lambda name: name not in secrets)
    pullers = [name for name, secret in secrets.items() if secret.get("type") == PULL_SECRET]
    settings: Settings = {
        "cluster": {
            "context": draw(TEXTS.filter(bool)),
            "environment": draw(fitting(LabelValue)),
            "nodes": draw(COUNTS),
            "networkPolicies": draw(st.sampled_from(["enforced", "ignored"])),
            "customResources": ["CiliumNetworkPolicy", "ExternalSecret", "PrometheusRule", "ServiceMonitor"],
            "apiServers": draw(st.lists(NETWORKS, max_size=2)),
            "imagePullSecrets": [*pullers, *draw(st.lists(others, max_size=1))],
        },
        "suppressions": draw(SUPPRESSIONS),
        "namespaces": {space: draw(NAMESPACES) for space in spaces},
        "existingNamespaces": existing,
        "secrets": {name: {"namespace": draw(within), **secret} for name, secret in secrets.items()},
        "configMaps": {name: {"namespace": draw(within), "data": data} for name, data in config_maps.items()},
    }
    types = draw(st.lists(fitting(ServerType) if called is None else called, max_size=3, unique=True))
    settings["servers"] = {kind: _server(draw, within, settings) for kind in types}
    named = draw(st.lists(fitting(WorkloadName) if called is None else called, max_size=2, unique=True))
    settings["workloads"] = {name: _workload(draw, within, settings) for name in named}
    if draw(st.booleans()):
        settings["resourceManager"] = _manager(draw, within, settings["secrets"])
    if draw(st.booleans()):
        settings["kubeStateMetrics"] = draw(st.fixed_dictionaries({"namespace": within}, optional=METRICS))
    if draw(st.booleans()):
        settings["verifier"] = draw(VERIFIERS)
    if any("rotation" in secret for secret in secrets.values()):
        settings["rotator"] = {"image": draw(IMAGES)}
    if draw(st.booleans()):
        settings["agent"] = draw(AGENTS)
    if draw(st.booleans()):
        settings["talos"] = draw(TALOS)
    return settings


def _server(draw: st.DrawFn, within: st.SearchStrategy[str], declared: Settings) -> Settings:
    """Draw a server that uses some of the Secrets and ConfigMaps of its namespace."""
    server: Settings = {"namespace": draw(within), **draw(SERVERS), **draw(PODS), **draw(NO_MORE | SETTINGS)}
    server |= _uses(draw, server["namespace"], declared)
    if server["transport"] == "stdio" and draw(st.booleans()):
        server.pop("tls", None)
        server |= {"bridge": draw(IMAGES), "command": [*draw(st.lists(TEXTS, min_size=1, max_size=2))]}
        if draw(st.booleans()):
            server["bridgeRules"] = draw(BRIDGE_RULES)
    if server["transport"] in ("http", "sse") and draw(st.booleans()):
        server["probes"] = draw(BY_MCP)
    if draw(st.booleans()):
        server["kubernetes"] = draw(_access(within))
    return server


def _workload(draw: st.DrawFn, within: st.SearchStrategy[str], declared: Settings) -> Settings:
    """Draw a workload without a port, or one with a port and perhaps a server as its client."""
    workload: Settings = {"namespace": draw(within), **draw(PODS)}
    if draw(st.booleans()):
        return {**workload, **draw(WORKERS), **_uses(draw, workload["namespace"], declared)}
    workload |= {**draw(WORKLOADS), **draw(NO_MORE | SETTINGS), **_uses(draw, workload["namespace"], declared)}
    if declared["servers"] and draw(st.booleans()):
        workload["clients"] = [{"server": draw(st.sampled_from(sorted(declared["servers"])))}]
    return workload


def _uses(draw: st.DrawFn, namespace: str, declared: Settings) -> Settings:
    """Draw the use of some of the Secrets and ConfigMaps of a namespace."""
    drawn: Settings = {}
    for part in ("secrets", "configMaps"):
        here = sorted(name for name, one in declared[part].items() if one["namespace"] == namespace)
        used = draw(st.lists(st.sampled_from(here), unique=True)) if here else []
        folders = [f"/etc/{part}/{number}{draw(fitting(Folder))}" for number in range(len(used))]
        drawn[part] = [{"name": name, "mount": folder} for name, folder in zip(used, folders, strict=True)]
    for number, use in enumerate(drawn["secrets"]):
        keys = sorted(_keys(declared["secrets"][use["name"]]))
        use["env"] = draw(st.dictionaries(fitting(EnvName, f"D{number}_"), st.sampled_from(keys), max_size=2))
    variables: set[str] = set()
    for use in drawn["configMaps"]:
        keys = declared["configMaps"][use["name"]]["data"].keys()
        # Keys of two ConfigMaps may be the same, but not those of two that both become variables.
        if all(re.fullmatch(ENV_NAME, key) and key.startswith("E_") for key in keys) and keys.isdisjoint(variables):
            use["envFrom"] = draw(st.booleans())
            variables |= keys if use["envFrom"] else set()
    return drawn


def _access(within: st.SearchStrategy[str]) -> st.SearchStrategy[Settings]:
    """Return permissions on the Kubernetes API: in namespaces, or in the whole cluster."""
    spaces = {"namespaces": st.lists(within, min_size=1, unique=True)}
    one, several = {"clusterRole": fitting(RoleName)}, {"clusterRoles": st.lists(fitting(RoleName), unique=True)}
    own = {"rules": st.just(RULES), "clusterRules": st.just(RULES)}
    inside = st.fixed_dictionaries(spaces, optional=one) | st.fixed_dictionaries({**spaces, **own, **several})
    return inside | st.fixed_dictionaries(
        {"everywhere": st.sampled_from([True])}, optional={**one, "rules": st.just(RULES)}
    )


def _keys(secret: Settings) -> list[str]:
    if "generated" in secret:
        return [secret["generated"]]
    return list(secret.get("keys") or secret.get("existing") or secret["external"]["keys"])


def _manager(draw: st.DrawFn, within: st.SearchStrategy[str], secrets: Settings) -> Settings:
    readable: dict[str, list[str]] = {}
    for name in draw(st.lists(st.sampled_from(sorted(secrets)), unique=True)) if secrets else []:
        readable.setdefault(secrets[name]["namespace"], []).append(name)
    optional = {"scope": st.sampled_from(["namespaces", "cluster"]), "token": st.sampled_from(["bound", "legacy"])}
    manager = st.fixed_dictionaries({"execIn": st.lists(within, unique=True)}, optional=optional)
    return {"readableSecrets": readable, **draw(manager)}
