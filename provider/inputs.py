"""The inputs of a resource: completed from the program at check, or read back from the cluster."""

from __future__ import annotations

import hashlib
import secrets as random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provider.diff import refreshed
from provider.errors import ProviderError
from provider.properties import Object, Secret, plain_text, protect, reveal

if TYPE_CHECKING:
    from provider.kinds import Kind

_AUTONAMED = "pulumi.com/autonamed"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_SERVER_SET = (
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "selfLink", "uid",
)  # fmt: skip
_CONTROLLER_SET = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")


@dataclass(frozen=True)
class Naming:
    """How to name an object without a name: as the engine proposes, else from the resource's name and `seed`."""

    name: str
    seed: bytes = b""
    proposed: str = ""
    disabled: bool = False

    def choose(self) -> str:
        """Return a name, the same in the preview and the update.

        Raises:
            ProviderError: Auto-naming is disabled.
        """
        if self.disabled:
            raise ProviderError(f"auto-naming is disabled, and {self.name} has no metadata.name: set one")
        digits = hashlib.sha256(self.seed).hexdigest() if self.seed else random.token_hex(4)
        return self.proposed or f"{self.name}-{digits[:8]}"


def annotation(declared: Object, name: str) -> str:
    """Return the value of an annotation, or ''."""
    metadata = reveal(declared.get("metadata"))
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return str(annotations.get(name, "")) if isinstance(annotations, dict) else ""


def is_true(declared: Object, name: str) -> bool:
    """Return whether an annotation has the value `true`."""
    return annotation(declared, name) == "true"


def is_autonamed(inputs: Object) -> bool:
    """Return whether the object's name was generated here, so that a replacement may have another name."""
    return is_true(inputs, _AUTONAMED)


def completed(kind: Kind, old: Object, new: Object, naming: Naming, *, server_side: bool) -> Object:
    """Return the `new` inputs completed with kind and name; `old` are the inputs of the same object, or empty.

    Raises:
        ProviderError: A Patch has no name or is applied client-side, or `generateName` is applied server-side.
    """
    inputs = {"apiVersion": kind.api_version, "kind": kind.name, **new}
    given = new.get("metadata", {})
    metadata = given.value if isinstance(given, Secret) else given
    if not isinstance(metadata, dict):  # not known until the update
        return protect(inputs)
    metadata = {key: value for key, value in metadata.items() if key not in _SERVER_SET}
    if kind.is_patch and not (server_side and metadata.get("name")):
        raise ProviderError(
            f"the patch {naming.name} needs `metadata.name` and a provider with server-side apply"
            " (`enableServerSideApply`)"
        )
    if not metadata.get("name"):
        if is_autonamed(old):
            metadata = _marked({**metadata, "name": reveal(old["metadata"])["name"]})
        elif not metadata.get("generateName"):
            metadata = _marked({**metadata, "name": naming.choose()})
        elif server_side:
            raise ProviderError(
                f"{naming.name} has `metadata.generateName`, which server-side apply does not support: remove it,"
                " and the name is generated from the resource's name"
            )
    labels = metadata.get("labels", {})
    if not server_side and (not old or _is_labelled(old)) and isinstance(labels, dict):
        metadata = {**metadata, "labels": {**labels, _MANAGED_BY: "pulumi"}}
    return protect({**inputs, "metadata": Secret(metadata) if isinstance(given, Secret) else metadata})


def _marked(metadata: Object) -> Object:
    annotations = metadata.get("annotations", {})
    known = annotations.value if isinstance(annotations, Secret) else annotations
    if not isinstance(known, dict):
        return metadata
    marked = {**known, _AUTONAMED: "true"}
    return {**metadata, "annotations": Secret(marked) if isinstance(annotations, Secret) else marked}


def _is_labelled(inputs: Object) -> bool:
    labels = reveal(inputs["metadata"]).get("labels")
    return isinstance(labels, dict) and _MANAGED_BY in labels


def imported(live: Object) -> Object:
    """Return the inputs for an imported object that no program has declared."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in _SERVER_SET}
    annotations = {k: v for k, v in metadata.pop("annotations", {}).items() if k not in _CONTROLLER_SET}
    if annotations:
        metadata["annotations"] = annotations
    return protect({**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata})


def current(inputs: Object, live: Object) -> Object:
    """Return `inputs` with the values that their fields have in the cluster."""
    if live.get("kind") == "Secret" and "stringData" in inputs:
        live = {**live, "stringData": plain_text(live.get("data", {}))}
    result: Object = refreshed(inputs, live)
    return result
