"""Values: quantities, outputs of other resources, secrets."""

from __future__ import annotations

from tests.provider.conformance.cases.manifests import CORE, largest, meta
from tests.provider.conformance.cases.model import NS, SAME, Case
from tests.provider.conformance.engine import Resource

VALUES = [
    Case(
        "quantities",
        [Resource("quantities", "core.v1.LimitRange", {"metadata": meta("quantities"),
            "spec": largest("1024Gi")})],
        [Resource("quantities", "core.v1.LimitRange", {"metadata": meta("quantities"),
            "spec": largest("1Ti")})],
        {"quantities": SAME},
    ),
    Case(
        "outputs-of-others",
        [
            Resource("source", "core.v1.ConfigMap", {"metadata": {"namespace": NS}, "data": {"a": "1"}}),
            Resource("sink", "core.v1.ConfigMap", {"metadata": meta("sink"),
                "data": {"name": {"$of": "source", "path": ["metadata", "name"]},
                    "uid": {"$of": "source", "path": ["metadata", "uid"]}}}),
        ],
    ),
    Case(
        "secret-anywhere",
        [Resource("hiding", "core.v1.ConfigMap", {"metadata": meta("hiding"), "data": {"a": {"$secret": "hushed"}}})],
        live={f"{CORE}/configmaps/hiding": {"data": {"a": "hushed"}}},
    ),
]  # fmt: skip
