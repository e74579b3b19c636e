"""Strategies for the settings of servers that are off by default."""

from typing import Any

from hypothesis import strategies as st

from stacks.model.types import DnsLabel, LabelKey, LabelValue
from tests.stacks.fitting import fitting

PORTS = st.integers(1025, 65535)
# Of one Service, these must differ.
SERVICE_PORTS, METRICS_PORTS = st.integers(1025, 32767), st.integers(32768, 65535)
COMMANDS = st.lists(st.sampled_from(["sh", "-c", "true", "a b", "$HOME"]), min_size=1, max_size=3)
LABELS = st.dictionaries(
    st.sampled_from(["example.com/team", "azure.workload.identity/use", "tier"]), fitting(LabelValue), max_size=2
)
ANNOTATIONS = st.dictionaries(st.sampled_from(["example.com/a", "vault.hashicorp.com/role"]), st.text(max_size=9))
# A pod must be scheduled: the labels are those that any node has, and no taint is refused.
TOLERATIONS = st.lists(
    st.one_of(
        st.just({"operator": "Exists"}),
        st.fixed_dictionaries({"key": fitting(LabelKey), "operator": st.just("Exists")}),
        st.fixed_dictionaries(
            {"key": fitting(LabelKey), "value": fitting(LabelValue), "effect": st.just("NoExecute")},
            optional={"tolerationSeconds": st.integers(0, 90)},
        ),
    ),
    max_size=2,
    unique_by=str,
)
_TERM: dict[str, Any] = {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}
_NODES = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_TERM]}}}
HOOKS = st.one_of(st.fixed_dictionaries({"exec": COMMANDS}), st.fixed_dictionaries({"sleep": st.integers(1, 9)}))
ACTIONS = st.one_of(
    st.fixed_dictionaries({"tcpSocket": st.fixed_dictionaries({}, optional={"port": PORTS})}),
    st.fixed_dictionaries({"exec": st.fixed_dictionaries({"command": COMMANDS})}),
    st.fixed_dictionaries({"grpc": st.fixed_dictionaries({}, optional={"port": PORTS, "service": st.just("mcp")})}),
    st.fixed_dictionaries(
        {
            "httpGet": st.fixed_dictionaries(
                {"path": st.just("/live")},
                optional={
                    "port": PORTS,
                    "scheme": st.sampled_from(["HTTP", "HTTPS"]),
                    "headers": st.just({"X-Probe": "yes"}),
                },
            )
        }
    ),
    st.just({"none": "the image has no health route"}),
)
SECURITY = st.fixed_dictionaries(
    {},
    optional={
        "runAsUser": st.integers(1, 99999),
        "runAsGroup": st.integers(1, 99999),
        "fsGroup": st.integers(1, 99999),
        "supplementalGroups": st.lists(st.integers(1, 99999), min_size=1, max_size=2, unique=True),
        "addCapabilities": st.just(["NET_BIND_SERVICE"]),
    },
)
ROLLOUTS = st.fixed_dictionaries(
    {},
    optional={
        "minReadySeconds": st.integers(0, 1),
        "progressDeadlineSeconds": st.integers(60, 900),
        "revisionHistoryLimit": st.integers(0, 20),
    },
)
SERVICES = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={"type": st.just("NodePort"), "port": SERVICE_PORTS, "annotations": ANNOTATIONS},
    ),
    st.just({"headless": True}),
    st.fixed_dictionaries(
        {"sessionAffinity": st.just("ClientIP")}, optional={"sessionAffinitySeconds": st.integers(1, 86400)}
    ),
)
VOLUMES = st.dictionaries(
    st.sampled_from(["cache", "scratch"]),
    st.one_of(
        st.fixed_dictionaries(
            {"emptyDir": st.sampled_from([{}, {"size": "1024Mi"}, {"medium": "Memory", "size": "64Mi"}])},
        ),
        st.just({"token": {"audience": "vault", "expirationSeconds": 7200}}),
    ),
    max_size=2,
).map(lambda drawn: {name: {**volume, "mount": f"/mnt/{name}"} for name, volume in drawn.items()})
SIDECARS = st.dictionaries(
    st.sampled_from(["proxy", "helper"]),
    st.fixed_dictionaries(
        {"image": st.just("registry.example/helper:1")},
        optional={"command": COMMANDS, "env": st.just({"NODE": {"fieldRef": "spec.nodeName"}})},
    ),
    max_size=1,
)
EXPOSURES = st.fixed_dictionaries(
    {"host": st.just("mcp.example.com"), "proxy": st.fixed_dictionaries({"namespace": fitting(DnsLabel)})},
    optional={
        "tls": st.fixed_dictionaries({"secret": st.just("tls")}, optional={"clusterIssuer": st.just("ca")}),
        "annotations": ANNOTATIONS,
        "path": st.just("/time"),
    },
)
METRICS = st.fixed_dictionaries({}, optional={"port": METRICS_PORTS, "serviceMonitor": st.booleans()})
PATCHES = st.sampled_from(
    [
        {"Deployment": {"spec": {"template": {"spec": {"hostname": "mcp"}}}}},
        {"Service": {"spec": {"ipFamilies": ["IPv4"]}}},
    ]
)

BY_MCP = st.fixed_dictionaries({"mcp": st.just({"image": "registry.example/cortex:1"})}).flatmap(
    lambda probe: st.sampled_from([probe, {"tcpSocket": {}, "readiness": probe}])
)
"""Probes by MCP, for servers that speak HTTP themselves."""

SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "command": COMMANDS,
        "workingDir": st.just("/srv"),
        "imagePullPolicy": st.sampled_from(["Always", "IfNotPresent", "Never"]),
        "lifecycle": st.fixed_dictionaries({}, optional={"preStop": HOOKS, "postStart": HOOKS}),
        "terminationGracePeriodSeconds": st.integers(10, 60),
        "architecture": st.just("amd64"),
        "nodeSelector": st.just({"kubernetes.io/os": "linux"}),
        "tolerations": TOLERATIONS,
        "affinity": st.just(_NODES),
        "hostAliases": st.just([{"ip": "192.0.2.7", "hostnames": ["db.example.com"]}]),
        "dnsConfig": st.just({"options": [{"name": "ndots", "value": "2"}], "searches": ["example.com"]}),
        "probes": ACTIONS,
        "securityContext": SECURITY,
        "rollout": ROLLOUTS,
        "labels": LABELS,
        "annotations": ANNOTATIONS,
        "service": SERVICES,
        "volumes": VOLUMES,
        "writable": st.sampled_from([["/var/cache"], [{"path": "/srv/data", "size": "2Gi"}]]),
        "sidecars": SIDECARS,
        "initContainers": st.dictionaries(
            st.just("setup"), st.just({"image": "registry.example/setup:1", "command": ["true"]}), max_size=1
        ),
        "exposure": EXPOSURES,
        "metrics": METRICS,
        "patch": PATCHES,
    },
)
"""Settings of a server that may be added to any others, each admitted under Pod Security `restricted`."""
