"""Custom resources and their definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.provider.conformance.cases.manifests import meta
from tests.provider.conformance.cases.model import NS, UPDATE, Case
from tests.provider.conformance.engine import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping


LATE = f"late.{NS}.example.com"


def custom_definition(*columns: Mapping[str, str], group: str = f"{NS}.example.com") -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    if columns:
        version["additionalPrinterColumns"] = list(columns)
    return {
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [version],
        },
    }


def widget(size: int, group: str = f"{NS}.example.com") -> dict[str, Any]:
    return {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": meta("widget"),
        "spec": {"size": size, "any": {"thing": "stays"}},
    }


CUSTOM_KINDS = [
    Case(
        "custom-resource",
        [
            Resource("definition", "apiextensions.v1.CustomResourceDefinition", custom_definition()),
            Resource("widget", "apiextensions.CustomResource", widget(1), {"depends_on": ["definition"]}),
        ],
        [
            Resource("definition", "apiextensions.v1.CustomResourceDefinition",
                custom_definition({"name": "Size", "type": "integer", "jsonPath": ".spec.size"})),
            Resource("widget", "apiextensions.CustomResource", widget(2), {"depends_on": ["definition"]}),
        ],
        {"definition": UPDATE, "widget": UPDATE},
        {"widget": {"spec.size"}},
        {f"apis/{NS}.example.com/v1/namespaces/{NS}/widgets/widget": {"spec": {"size": 2, "any": {"thing": "stays"}}}},
    ),
    Case(  # also destroyed in any order
        "late-kind",
        [
            Resource("early-widget", "apiextensions.CustomResource", widget(1, LATE)),
            Resource("late-definition", "apiextensions.v1.CustomResourceDefinition", custom_definition(group=LATE)),
        ],
        live={f"apis/{LATE}/v1/namespaces/{NS}/widgets/widget": {"spec": {"size": 1}}},
    ),
]  # fmt: skip
