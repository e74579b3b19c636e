"""The kinds of objects that a repair reads and changes; not Secrets, which it never reads."""

from collections.abc import Mapping
from typing import cast

from checks.kube.client import Kind
from checks.kube.resources import CLUSTER_WIDE, NAMESPACED, RARE, Document
from checks.objects.collect import KINDS as UNMANAGED
from checks.results.result import Ref

KINDS: Mapping[str, Kind[Document]] = {
    **CLUSTER_WIDE,
    **NAMESPACED,
    **RARE,
    **{name: Kind(kind.prefix, kind.plural, cast("type[Document]", dict)) for name, kind in UNMANAGED.items()},
}
HOLDS_DATA = frozenset({"Namespace", "PersistentVolumeClaim", "Secret", "StatefulSet"})
"""Kinds of which no object is deleted, because its data would be lost."""


def kind_of(ref: Ref) -> Kind[Document]:
    """Return the kind of an object."""
    return KINDS[ref.kind]
