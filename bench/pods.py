"""Pods as an API server sends them: with managed fields, conditions, volumes and statuses, 6 KB each."""

import json
from typing import Any

Json = dict[str, Any]

_MADE = "2026-01-01T00:00:00Z"
_PROBE = {"httpGet": {"path": "/health", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10}


def listing(count: int) -> bytes:
    """Give a PodList as JSON."""
    pods = [running(number) for number in range(count)]
    meta = {"resourceVersion": "123456"}
    return json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": meta, "items": pods}).encode()


def watched(kind: str, number: int) -> bytes:
    """Give a line of a watch."""
    return json.dumps({"type": kind, "object": running(number)}).encode() + b"\n"


def running(number: int) -> Json:
    """Give a pod that runs."""
    return {**pod(number), "status": _status(number)}


def pod(number: int) -> Json:
    """Give one pod without its status, as an admission with Pod Security `restricted` takes it."""
    labels = {
        "app": f"app-{number // 10}",
        "app.kubernetes.io/name": f"app-{number // 10}",
        "app.kubernetes.io/part-of": "bench",
        "pod-template-hash": "7d9f8c5b6d",
    }
    meta: Json = {"name": f"app-{number // 10}-7d9f8c5b6d-{number:05}", "namespace": f"team-{number % 50}"}
    fields = {"f:metadata": {"f:labels": {f"f:{key}": {} for key in labels}}, "f:spec": {"f:containers": _fields()}}
    meta |= {
        "uid": f"6c0f7d5e-0000-4000-8000-{number:012}",
        "creationTimestamp": _MADE,
        "resourceVersion": str(number),
        "labels": labels,
        "annotations": {"checksum/config": "0123456789abcdef" * 4, "prometheus.io/scrape": "true"},
        "managedFields": [
            {"manager": name, "operation": "Update", "apiVersion": "v1", "time": _MADE, "fieldsV1": fields}
            for name in ("kube-controller-manager", "kubelet")
        ],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": _spec(number)}


def _spec(number: int) -> Json:
    locked = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    container = {
        "name": "app",
        "image": "registry.example/app:1.0.0",
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": f"SETTING_{one}", "value": f"value {one} of an ordinary application"} for one in range(12)],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "livenessProbe": _PROBE,
        "readinessProbe": _PROBE,
        "resources": {side: {"cpu": "50m", "memory": "64Mi"} for side in ("requests", "limits")},
        "securityContext": locked,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    return {
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "nodeName": f"node-{number % 50}",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}],
    }


def _fields() -> Json:
    keys = ("env", "image", "imagePullPolicy", "livenessProbe", "name", "ports", "readinessProbe", "resources")
    return {'k:{"name":"app"}': {f"f:{key}": {".": {}, "f:value": {}} for key in keys}}


def _status(number: int) -> Json:
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    container = {
        "name": "app",
        "state": {"running": {"startedAt": _MADE}},
        "lastState": {},
        "ready": True,
        "started": True,
        "restartCount": 0,
        "image": "registry.example/app:1.0.0",
        "imageID": f"registry.example/app@sha256:{'0123456789abcdef' * 4}",
        "containerID": f"containerd://{number:064}",
    }
    return {
        "phase": "Running",
        "conditions": [
            {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": _MADE} for kind in kinds
        ],
        "hostIP": "10.1.0.7",
        "podIP": "10.2.3.4",
        "podIPs": [{"ip": "10.2.3.4"}],
        "startTime": _MADE,
        "containerStatuses": [container],
        "qosClass": "Guaranteed",
    }
