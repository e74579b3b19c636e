"""The kinds of objects that a repair reads and changes. Secrets are not among them: they are never read."""

from collections.abc import Mapping
from typing import cast

from checks.kube.client import Kind
from checks.kube.resources import CLUSTER_WIDE, CUSTOM, NAMESPACED, Document
from checks.objects import collect as unmanaged
from checks.results.result import Ref

KINDS: Mapping[str, Kind[Document]] = {
    **CLUSTER_WIDE,
    **NAMESPACED,
    **CUSTOM,
    **{name: Kind(kind.prefix, kind.plural, cast("type[Document]", dict)) for name, kind in unmanaged.KINDS.items()},
}
HOLDS_DATA = frozenset({"Namespace", "PersistentVolumeClaim", "Secret", "StatefulSet"})
"""Kinds of which no object is deleted: what it holds would be lost."""


def kind_of(ref: Ref) -> Kind[Document]:
    """Return where the API server has an object."""
    return KINDS[ref.kind]
