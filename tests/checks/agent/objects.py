"""Objects as a watch tells them."""

from typing import Any

import msgspec

from checks.kube import models as k8s


def _meta(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "namespace": "cortex-mcp", "uid": f"uid-{name}", "resourceVersion": "1", **fields}


def pod(
    name: str = "time-1", *, phase: str = "Running", ready: bool = True, restarts: int = 0, **meta: Any
) -> k8s.PodSummary:
    """Give a pod."""
    status = {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        "containerStatuses": [{"name": "main", "restartCount": restarts}],
    }
    return msgspec.convert({"metadata": _meta(name, **meta), "status": status}, k8s.PodSummary, strict=False)


def node(**conditions: str) -> k8s.Node:
    """Give a node with these conditions."""
    listed = [{"type": name, "status": status} for name, status in conditions.items()]
    return msgspec.convert({"metadata": {"name": "n1"}, "status": {"conditions": listed}}, k8s.Node)


def config_map(name: str = "features", namespace: str = "cortex-mcp", **data: str) -> k8s.ConfigMap:
    """Give a ConfigMap; in a key, `_` stands for a dot."""
    named = {key.replace("_", "."): value for key, value in data.items()}
    return msgspec.convert({"metadata": {**_meta(name), "namespace": namespace}, "data": named}, k8s.ConfigMap)
