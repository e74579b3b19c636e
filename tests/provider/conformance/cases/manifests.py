"""Arguments of the resources in conformance cases."""

from __future__ import annotations

from typing import Any

from tests.provider.conformance.cases.model import NS
from tests.provider.conformance.engine import Resource

CORE, APPS, BATCH = f"api/v1/namespaces/{NS}", f"apis/apps/v1/namespaces/{NS}", f"apis/batch/v1/namespaces/{NS}"
RBAC, NETWORK = f"apis/rbac.authorization.k8s.io/v1/namespaces/{NS}", f"apis/networking.k8s.io/v1/namespaces/{NS}"
SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
LABELS = {"app": "x"}
SELECTOR = {"matchLabels": LABELS}
NOWHERE = {"nodeSelector": {"nowhere": "true"}}
FORCING = {"pulumi.com/patchForce": "true"}


def meta(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": NS, **more}


def wide(name: str, **more: Any) -> dict[str, Any]:
    return {"name": f"{NS}-{name}", **more}


def template(image: str = "none", **container: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [{"name": "c", "image": image, **container}], **NOWHERE},
    }


def workload(name: str, image: str = "none", selector: Any = SELECTOR, **spec: Any) -> dict[str, Any]:
    return {"metadata": meta(name), "spec": {"selector": selector, "template": template(image), **spec}}


def pod(image: str, name: str = "pod", **labels: str) -> dict[str, Any]:
    metadata = meta(name, annotations=SKIP_AWAIT, labels=labels or None)
    return {"metadata": metadata, "spec": template(image)["spec"]}


def largest(size: str) -> dict[str, Any]:
    return {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": size}}]}


def config(name: str, value: str = "1", resource: str = "", **options: Any) -> Resource:
    arguments = {"metadata": meta(name), "data": {"a": value}}
    return Resource(resource or name, "core.v1.ConfigMap", arguments, options)


def labelled(name: str, value: str, resource: str = "", **options: Any) -> Resource:
    return Resource(resource or name, "core.v1.ServiceAccount", {"metadata": meta(name, labels={"a": value})}, options)
