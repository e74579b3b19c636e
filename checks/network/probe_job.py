"""The Job of a probe pod, which is restricted, has no token and is always removed.

It is a Job instead of a bare pod because Kubernetes removes a finished Job even if this program is killed, and because
no other controller adopts a pod that has a controller, although it has the labels of a client.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from checks.kube.resources import PROBE_LABEL
from checks.kube.retry import SETTLE_SECONDS
from checks.network.callers import Caller, admitted, asked
from stacks.manifests.manifest import Value
from stacks.manifests.pods import container_security, pod_security
from stacks.manifests.site import site
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.namespace import ContainerLimits
from stacks.model.owner import Owner
from stacks.model.workload import Workload

PREFIX = "cortex-probe-"

LONGEST_SECONDS = 60
"""Kubernetes ends the Job after this time, and removes it LEFT_SECONDS later."""
LEFT_SECONDS = 30

DENIED_SECONDS = 3.0
"""How long a refusal must last: the nodes of the servers may learn of the pod later than the pod's own node."""
SINGLE_NODE_SECONDS = 0.5
"""The same in a cluster of one node, which knows of the pod once the pod's own policies are enforced."""

_REPORT = "/dev/termination-log"
_PROGRAM = Path(__file__).with_name("probe_program.py")


def job(name: str, caller: Caller, declaration: Declaration, image: str, *, single_node: bool = False) -> Value:
    """Return the Job of a caller, which tries to reach all targets; `single_node` if the cluster has one node."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": caller.namespace, "labels": {PROBE_LABEL: name}},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": LONGEST_SECONDS,
            "ttlSecondsAfterFinished": LEFT_SECONDS,
            "template": {
                "metadata": {"labels": {**dict(caller.labels), PROBE_LABEL: name}},
                "spec": _pod(caller, declaration, image, SINGLE_NODE_SECONDS if single_node else DENIED_SECONDS),
            },
        },
    }


def _pod(caller: Caller, declaration: Declaration, image: str, lasting: float) -> Value:
    limits = declaration.namespaces[caller.namespace].limits or ContainerLimits()
    task = _task(caller, asked(declaration), declaration.cluster.service_domain(), lasting)
    return {
        "imagePullSecrets": site(declaration).image_pull_secrets(caller.namespace),
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "activeDeadlineSeconds": LONGEST_SECONDS,
        # Never true: a Service whose selector matches the client's labels must not send it requests.
        "readinessGates": [{"conditionType": PROBE_LABEL}],
        "securityContext": pod_security(),
        "containers": [
            {
                "name": "probe",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["python3", "-I", "-S", "-c", _PROGRAM.read_text(encoding="utf-8"), task],
                # The minimum of the namespace's LimitRange, and its default limits.
                "resources": {"requests": limits.min.model_dump(), "limits": limits.default.model_dump()},
                "securityContext": container_security(),
                "terminationMessagePath": _REPORT,
            }
        ],
    }


def _task(caller: Caller, targets: Mapping[Owner, Workload], domain: str, lasting: float) -> str:
    tries: Sequence[tuple[str, int | None, bool]] = [
        # The trailing dot makes the name absolute, so that no search domains are tried.
        (f"{names.host(owner.name, target.namespace, domain)}.", target.service_port, admitted(target, caller))
        for owner, target in targets.items()
    ]
    return json.dumps({"targets": tries, "seconds": SETTLE_SECONDS, "lasting": lasting, "report": _REPORT})
