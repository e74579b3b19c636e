"""Sends what the components render to a live API server, which checks it in full: schema, admission, Pod Security."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from provider.api import APPLY
from provider.cluster import Cluster
from provider.kinds import Kind
from provider.kubeconfig import connect
from provider.settings import Settings
from tests.components.recording import Recording

Manifest = Mapping[str, Any]

PREFIX = "admission"
"""Begins the name of every namespace and of every object of the whole cluster that these tests send."""

_POD_TEMPLATES = {
    "Deployment": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "StatefulSet": ("spec", "template"),
}


class Admission:
    """A live API server."""

    def __init__(self, kubeconfig: Path) -> None:
        self._cluster = Cluster(*connect(Settings(kubeconfig=str(kubeconfig))))

    def keep(self, manifest: Manifest) -> Manifest:
        """Apply an object.

        Raises:
            ApiError: the server refuses it.
        """
        return self._apply(manifest, {})

    def try_out(self, manifest: Manifest) -> Manifest:
        """Do the same without keeping the object; everything but its storage happens."""
        return self._apply(manifest, {"dryRun": "All"})

    def _apply(self, manifest: Manifest, query: Mapping[str, str]) -> Manifest:
        group, _, version = manifest["apiVersion"].rpartition("/")
        ref = self._cluster.locate(Kind(group, version, manifest["kind"]), dict(manifest))
        query = {"fieldManager": PREFIX, "force": "true", "fieldValidation": "Strict", **query}
        return self._cluster.api.request("PATCH", ref.path, query=query, body=manifest, content_type=APPLY)

    def quota(self, namespace: str) -> Manifest:
        """Give the limits that the server counts by so far: none until its controller has seen the quota."""
        path = f"/api/v1/namespaces/{namespace}/resourcequotas"
        (quota,) = self._cluster.api.request("GET", path)["items"]
        return cast("Manifest", quota.get("status", {}).get("hard", {}))


def objects(recording: Recording) -> Iterator[Manifest]:
    """Give the objects that a program registered, moved to namespaces and names of these tests' own."""
    found = [resource.inputs for resource in recording.resources if resource.type.startswith("kubernetes:")]
    spaces = sorted({_name(one) for one in found if one["kind"] == "Namespace"})
    moved = {name: f"{PREFIX}-{number}" for number, name in enumerate(spaces)}
    return (_moved(one, moved) for one in found)


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _moved(manifest: Manifest, spaces: Mapping[str, str]) -> Manifest:
    metadata = manifest["metadata"]
    if "namespace" in metadata:
        place = {"namespace": spaces.get(metadata["namespace"], metadata["namespace"])}
        if manifest["kind"] in ("LimitRange", "ResourceQuota"):
            place["name"] = PREFIX  # of each example the same, or those of all would bind
    elif manifest["kind"] == "Namespace":
        place = {"name": spaces[metadata["name"]], "labels": {**metadata["labels"], PREFIX: "test"}}
    else:
        place = {"name": f"{PREFIX}-{metadata['name']}"}
    return {**manifest, "metadata": {**metadata, **place}}


def pod(manifest: Manifest) -> Manifest | None:
    """Give the pod that a controller would make of an object, if it has a template of one."""
    template = manifest
    if manifest["kind"] not in _POD_TEMPLATES:
        return None
    for part in _POD_TEMPLATES[manifest["kind"]]:
        template = template[part]
    place = {"name": PREFIX, "namespace": manifest["metadata"]["namespace"]}
    claims = (claim["metadata"]["name"] for claim in manifest["spec"].get("volumeClaimTemplates", ()))
    claimed = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    spec = {**template["spec"], "volumes": [*template["spec"].get("volumes", ()), *claimed]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], **place}, "spec": spec}
