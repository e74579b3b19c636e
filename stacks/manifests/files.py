"""Manifests that a stack takes as they are, from the files of `cortex:manifests`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from stacks.manifests.manifest import Manifest, Value
from stacks.model.manifest_document import ManifestDocument, namespace_of

SECTION = "manifests"
"""The first part of the path of such a manifest's declaration."""


def file_manifests(documents: Sequence[ManifestDocument]) -> Iterator[Manifest]:
    """Yield the manifests of a file, each to be deployed after the one before it."""
    before: list[Manifest] = []
    for document in documents:
        manifest = _manifest(document).after(before)
        before = [manifest]
        yield manifest


def is_from_file(manifest: Manifest) -> bool:
    """Check whether a manifest is from a file."""
    return manifest.declared_at[:1] == (SECTION,)


def plurals(manifests: Iterable[Manifest]) -> Mapping[tuple[str, str], str]:
    """Return API group and kind of each manifest → the plural under which the API most likely serves it.

    Custom resource definitions among them say it; for others it follows from the kind, as Kubernetes recommends.
    """
    manifests = tuple(manifests)
    known = {(group_of(each), each.kind): _plural(each.kind) for each in manifests}
    for each in manifests:
        spec = each.content.get("spec")
        if each.kind == "CustomResourceDefinition" and isinstance(spec, Mapping):
            defined = cast("Mapping[str, str]", spec.get("names") or {})
            known[str(spec.get("group")), defined.get("kind", "")] = defined.get("plural", "")
    return known


def group_of(manifest: Manifest) -> str:
    """Return the API group of a manifest; empty for the core group."""
    return manifest.api_version.rpartition("/")[0]


def _manifest(document: ManifestDocument) -> Manifest:
    metadata = cast("Mapping[str, Mapping[str, str]]", document["metadata"])
    own = ("apiVersion", "kind", "metadata")
    return Manifest(
        str(document["apiVersion"]),
        str(document["kind"]),
        str(metadata["name"]),
        namespace_of(document),
        metadata.get("labels", {}),
        metadata.get("annotations", {}),
        cast("Mapping[str, Value]", {key: value for key, value in document.items() if key not in own}),
    )


def _plural(kind: str) -> str:
    small = kind.lower()
    if re.search("(s|x|z|ch|sh)$", small):
        return small if small == "endpoints" else f"{small}es"
    return f"{small[:-1]}ies" if re.search("[^aeiou]y$", small) else f"{small}s"
