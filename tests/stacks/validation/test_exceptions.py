"""Faults of the settings of a server that are off by default."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import Wrong, ids, refused

CLOCK = "servers.clock"
CLAIM = {"mount": "/data", "claim": {"size": "1Gi", "accessModes": ["ReadWriteOncePod"]}}
PROXY = {"namespace": "a"}
RULES = "Pod Security 'restricted' of namespace cortex-mcp refuses such pods"
ELSEWHERE = "or move the server to a namespace of its own"

WRONG: Wrong = [
    (
        {f"{CLOCK}.service": {"port": 9090}, f"{CLOCK}.metrics": {"port": 9090}},
        f"{CLOCK}: service.port and metrics.port are both 9090, and the Service has both: change one of them",
    ),
    ({f"{CLOCK}.ports": {"admin": 8080}}, f"{CLOCK}: port and ports.admin are both 8080: remove one of them"),
    ({f"{CLOCK}.ports": {"http": 81}}, f"{CLOCK}: ports.http: is a name that the stack uses itself: choose another"),
    (
        {f"{CLOCK}.service": {"headless": True, "port": 80}},
        f"{CLOCK}: service.port is 80, but a headless Service leads to the pods' own port 8080: "
        "remove port, or headless",
    ),
    (
        {f"{CLOCK}.clientRanges": ["192.0.2.0/24"]},
        f"{CLOCK}: clientRanges admits addresses outside of the cluster: set service.type too, or remove clientRanges",
    ),
    (
        {f"{CLOCK}.sidecars": {"a": {"image": "a:1", "mounts": {"data": "/data"}}}},
        f"{CLOCK}: sidecars.a.mounts: names the volume 'data': declare it under volumes",
    ),
    (
        {f"{CLOCK}.sidecars": {"a": {"image": "a:1"}}, f"{CLOCK}.initContainers": {"a": {"image": "a:1"}}},
        f"{CLOCK}: 'a' is in initContainers and in sidecars: rename one of them",
    ),
    (
        {f"{CLOCK}.controller": "StatefulSet", f"{CLOCK}.rollout": {"strategy": "Recreate"}},
        f"{CLOCK}: rollout.strategy is Recreate, which a StatefulSet does not have: remove it",
    ),
    (
        {f"{CLOCK}.volumes": {"data": CLAIM}},
        f"{CLOCK}: volumes.data.claim.accessModes: is ReadWriteOncePod, so only one pod can mount it: "
        "set replicas: 1 and rollout: {strategy: Recreate}, or controller: StatefulSet",
    ),
    (
        {f"{CLOCK}.volumes": {"tmp": {"emptyDir": {}}}},
        f"{CLOCK}: volumes.tmp: is a name that the stack uses itself: choose another",
    ),
    (
        {f"{CLOCK}.writable": ["/tmp/cache"]},
        f"{CLOCK}: writable.0 /tmp/cache and the built-in /tmp overlap: choose another folder",
    ),
    (
        {f"{CLOCK}.labels": {"app": "mine"}},
        f"{CLOCK}: labels: app is set by the stack itself: choose another",
    ),
    (
        {f"{CLOCK}.annotations": {"mcp.cortex.dev/endpoint": "mine"}},
        f"{CLOCK}: annotations: mcp.cortex.dev/endpoint is set by the stack itself: choose another",
    ),
    (
        {f"{CLOCK}.patch": {"StatefulSet": {"spec": {}}}},
        f"{CLOCK}: patch.StatefulSet: the server has a Deployment: patch that",
    ),
    ({f"{CLOCK}.patch": {"Service": {"kind": "X"}}}, f"{CLOCK}: patch.Service.kind: cannot be patched: remove it"),
    (
        {f"{CLOCK}.patch": {"Service": {"metadata": {"name": "x"}}}},
        f"{CLOCK}: patch.Service.metadata: only labels and annotations can be patched",
    ),
    (
        {f"{CLOCK}.securityContext": {"runAsNonRoot": False}},
        f"{CLOCK}.securityContext.runAsNonRoot: {RULES}: set namespaces.cortex-mcp.podSecurity: baseline, {ELSEWHERE}",
    ),
    (
        {f"{CLOCK}.securityContext": {"addCapabilities": ["SYS_ADMIN"]}},
        f"{CLOCK}.securityContext.addCapabilities: {RULES}: "
        f"set namespaces.cortex-mcp.podSecurity: privileged, {ELSEWHERE}",
    ),
    (
        {f"{CLOCK}.sidecars": {"a": {"image": "a:1", "securityContext": {"seccompProfile": "Unconfined"}}}},
        f"{CLOCK}.sidecars.a.securityContext.seccompProfile: {RULES}: "
        f"set namespaces.cortex-mcp.podSecurity: privileged, {ELSEWHERE}",
    ),
    (
        {f"{CLOCK}.securityContext": {"runAsUser": 0}},
        f"{CLOCK}.securityContext: runAsUser is 0, which is root: write runAsNonRoot: false beside it, or another user",
    ),
    (
        {f"{CLOCK}.resources": {"limits": {"cpu": None}}},
        f"{CLOCK}.resources.limits.cpu: is null, but namespaces.cortex-mcp.limits gives a container without a limit "
        "200m: declare a limit here, or no limits and no quota for the namespace",
    ),
    (
        {f"{CLOCK}.resources": {"limits": {"cpu": None}}, "namespaces.cortex-mcp.limits": None},
        f"{CLOCK}.resources.limits.cpu: is null, but namespaces.cortex-mcp.quota counts limits of CPU, so that "
        "Kubernetes refuses the container: declare a limit here, or set namespaces.cortex-mcp.quota: null",
    ),
    (
        {f"{CLOCK}.probes": {"liveness": {"tcpSocket": {}, "exec": {"command": ["true"]}}}},
        f"{CLOCK}.probes.liveness: has tcpSocket and exec: keep one of them",
    ),
    ({f"{CLOCK}.env": {"PORT": 3000}}, f"{CLOCK}.env.PORT: must be text: put the value in quotes"),
    (
        {f"{CLOCK}.probes": {"liveness": None}},
        f"{CLOCK}.probes: liveness is null: write liveness: {{none: WHY}} if there is to be no such probe",
    ),
    (
        {f"{CLOCK}.lifecycle": {"preStop": {"sleep": 20}}},
        f"{CLOCK}: lifecycle.preStop.sleep is 20, but pods have 20 seconds to end: "
        "raise terminationGracePeriodSeconds, or wait less",
    ),
    (
        {f"{CLOCK}.tolerations": [{"effect": "NoExecute"}]},
        f"{CLOCK}.tolerations.0: has no key: name the taint's key, or write operator: Exists to accept all taints",
    ),
    (
        {f"{CLOCK}.service": {"nodePort": 30000}},
        f"{CLOCK}.service: nodePort needs type: NodePort or LoadBalancer",
    ),
    (
        {f"{CLOCK}.volumes": {"data": {"emptyDir": {}, "existingClaim": "a"}}},
        f"{CLOCK}.volumes.data: give exactly one of emptyDir, claim, existingClaim and token",
    ),
    (
        {f"{CLOCK}.serviceAccount": {"existing": True}},
        f"{CLOCK}.serviceAccount: is existing, but has no name: name it",
    ),
    (
        {f"{CLOCK}.egress": [{"ports": [443]}]},
        f"{CLOCK}.egress.0: give exactly one of cidrs, dnsNames and namespace",
    ),
    (
        {f"{CLOCK}.exposure": {"host": "a.test", "proxy": PROXY, "gateway": {"name": "g", "namespace": "a"}}},
        f"{CLOCK}.exposure.gateway: needs the custom resource HTTPRoute: "
        "add it to cluster.customResources if the cluster has it, or remove this",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_a_fault_is_one_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
