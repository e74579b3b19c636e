"""Waiting for objects, and for those that they need."""

from __future__ import annotations

from tests.provider.conformance.cases.manifests import CORE, meta, wide
from tests.provider.conformance.cases.model import NS, Case
from tests.provider.conformance.engine import Resource

AWAITS = [
    Case(
        "late-namespace",
        [
            Resource("early", "core.v1.ServiceAccount", {"metadata": {"name": "early", "namespace": f"{NS}-late"}}),
            Resource("late", "core.v1.Namespace", {"metadata": wide("late")}),
        ],
        live={f"api/v1/namespaces/{NS}-late/serviceaccounts/early": {}},
    ),
    Case(
        "service-without-pods",
        [Resource("lonely", "core.v1.Service",
            {"metadata": meta("lonely"), "spec": {"ports": [{"port": 80}], "selector": {"no": "pod"}}})],
        live={f"{CORE}/services/lonely": {"spec": {"selector": {"no": "pod"}}}},
    ),
    Case(
        "service-account-token",
        [Resource("token", "core.v1.Secret", {"type": "kubernetes.io/service-account-token",
            "metadata": meta("token", annotations={"kubernetes.io/service-account.name": "default"})})],
    ),
    Case(
        "wait-for",
        [Resource("awaited", "core.v1.Namespace",
            {"metadata": wide("awaited", annotations={"pulumi.com/waitFor": "jsonpath={.status.phase}=Active"})})],
    ),
]  # fmt: skip
