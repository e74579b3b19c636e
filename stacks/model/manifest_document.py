"""A Kubernetes manifest that a stack takes as it is, from a YAML file."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, JsonValue

from stacks.model.types import DnsLabel

_METADATA: Final = ("name", "namespace", "labels", "annotations")
_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9][a-z0-9]*")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")
_NAME = re.compile(r"(?!\.{1,2}$)[^/%\s]{1,253}")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def _checked(document: dict[str, JsonValue]) -> dict[str, JsonValue]:
    version, kind = _text(document, "apiVersion"), _text(document, "kind")
    if not _VERSION.fullmatch(version):
        raise ValueError(f"apiVersion {version!r} is not one: write for instance v1 or apps/v1")
    if not _KIND.fullmatch(kind):
        raise ValueError(f"kind {kind!r} is not one: write for instance ConfigMap")
    if "items" in document and kind.endswith("List"):
        raise ValueError("is a list: write its items as documents of their own, with --- between them")
    if (version, kind) == ("v1", "Secret"):
        raise ValueError("is a Secret, whose values would be in the clear: declare it under cortex:secrets")
    if "status" in document:
        raise ValueError("has a status, which the cluster writes: remove it")
    _check_metadata(document.get("metadata"))
    return document


def _check_metadata(metadata: JsonValue) -> None:
    if not isinstance(metadata, dict):
        raise ValueError("has no metadata: give at least metadata.name")  # noqa: TRY004 - pydantic takes no other
    if not _NAME.fullmatch(name := _text(metadata, "name", "metadata.")):
        raise ValueError(
            f"metadata.name {name!r} is not a name: use at most 253 characters, without '/', '%' and spaces"
        )
    if "namespace" in metadata and not _NAMESPACE.fullmatch(namespace := _text(metadata, "namespace", "metadata.")):
        raise ValueError(f"metadata.namespace {namespace!r} is not the name of a namespace")
    if others := [key for key in metadata if key not in _METADATA]:
        raise ValueError(f"has metadata.{others[0]}: only {', '.join(_METADATA)} are taken, so remove it")
    for field in ("labels", "annotations"):
        values = metadata.get(field, {})
        if not isinstance(values, dict):
            raise ValueError(f"metadata.{field} must be a mapping")  # noqa: TRY004 - pydantic takes no other
        for key, value in values.items():
            if not isinstance(value, str):
                fault = f"metadata.{field} has {key!r}, whose value must be text: put it in quotes"
                raise ValueError(fault)  # noqa: TRY004 - pydantic takes no other


def _text(fields: dict[str, JsonValue], key: str, place: str = "") -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise ValueError(f"has no {place}{key}: give it as text")  # noqa: TRY004 - pydantic takes no other
    return value


ManifestDocument = Annotated[dict[str, JsonValue], AfterValidator(_checked)]
"""A manifest as JSON, without fields that are null."""


def namespace_of(document: ManifestDocument) -> DnsLabel:
    """Return the namespace of a manifest; empty if it gives none."""
    metadata = document["metadata"]
    return str(metadata.get("namespace", "")) if isinstance(metadata, dict) else ""
