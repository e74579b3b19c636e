"""The Job whose pod tries to reach the MCP servers: restricted, without a token, and gone by itself whatever happens.

A Job rather than a pod: Kubernetes removes it after its time even if this program is killed, and no other controller
can take its pod for one of its own, though it carries a client's labels.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from checks.kube.resources import PROBE_LABEL
from checks.kube.retry import SETTLE_SECONDS
from checks.network.callers import Caller, admitted, asked
from stacks.manifests import pods
from stacks.manifests.manifest import Value
from stacks.manifests.site import site
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.server import Server

PREFIX = "cortex-probe-"

LONGEST_SECONDS = 60
"""After this the Job is ended, and LEFT_SECONDS later removed, by Kubernetes itself."""
LEFT_SECONDS = 30

DENIED_SECONDS = 3.0
"""How long a refusal must last: other nodes, on which servers run, may learn of the pod later than its own."""
ALONE_SECONDS = 0.5
"""The same in a cluster of one node: what has put the pod's own policies to work there knows of the pod."""

_REPORT = "/dev/termination-log"
_PROGRAM = Path(__file__).with_name("probe_program.py")


def job(name: str, caller: Caller, declaration: Declaration, image: str, *, alone: bool = False) -> Value:
    """Give the Job of one caller, which tries to reach the servers, in their order; `alone` if there is one node."""
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
                "spec": _pod(caller, declaration, image, ALONE_SECONDS if alone else DENIED_SECONDS),
            },
        },
    }


def _pod(caller: Caller, declaration: Declaration, image: str, lasting: float) -> Value:
    limits = declaration.namespaces[caller.namespace].limits
    task = _task(caller, asked(declaration), lasting)
    return {
        "imagePullSecrets": site(declaration).image_pull_secrets(caller.namespace),
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "activeDeadlineSeconds": LONGEST_SECONDS,
        # Never true, so that no Service whose selector the client's labels match sends it requests.
        "readinessGates": [{"conditionType": PROBE_LABEL}],
        "securityContext": pods.pod_security(),
        "containers": [
            {
                "name": "probe",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["python3", "-I", "-S", "-c", _PROGRAM.read_text(encoding="utf-8"), task],
                # The least that the namespace's LimitRange admits, and no more than it gives by itself.
                "resources": {"requests": limits.min.model_dump(), "limits": limits.default.model_dump()},
                "securityContext": pods.container_security(),
                "terminationMessagePath": _REPORT,
            }
        ],
    }


def _task(caller: Caller, servers: Mapping[str, Server], lasting: float) -> str:
    targets: Sequence[tuple[str, int, bool]] = [
        # The dot at the end: the name is whole, no search domain need be tried.
        (f"{names.server(kind)}.{server.namespace}.svc.cluster.local.", server.port, admitted(server, caller))
        for kind, server in servers.items()
    ]
    return json.dumps({"targets": targets, "seconds": SETTLE_SECONDS, "lasting": lasting, "report": _REPORT})
