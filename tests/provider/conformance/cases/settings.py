"""Settings of the provider, and annotations that force a change."""

from __future__ import annotations

from tests.provider.conformance.cases.manifests import APPS, CORE, FORCING, labelled, meta, pod, workload
from tests.provider.conformance.cases.model import NS, UPDATE, Case
from tests.provider.conformance.engine import Resource

MUTABLE = Resource(
    "mutable", "Provider", {"enableSecretMutable": True, "enableConfigMapMutable": True, "namespace": NS}
)
CLIENT_SIDE = Resource("client-side", "Provider", {"enableServerSideApply": False})


SETTINGS = [
    Case(
        "mutable-contents",
        [
            MUTABLE,
            Resource("rotated", "core.v1.Secret", {"metadata": {"name": "rotated"}, "stringData": {"a": "1"}},
                {"provider": "mutable"}),
            Resource("reloaded", "core.v1.ConfigMap", {"metadata": {"name": "reloaded"}, "data": {"a": "1"}},
                {"provider": "mutable"}),
        ],
        [
            MUTABLE,
            Resource("rotated", "core.v1.Secret", {"metadata": {"name": "rotated"}, "stringData": {"a": "2"}},
                {"provider": "mutable"}),
            Resource("reloaded", "core.v1.ConfigMap", {"metadata": {"name": "reloaded"}, "data": {"b": "2"}},
                {"provider": "mutable"}),
        ],
        {"rotated": UPDATE, "reloaded": UPDATE},
        live={
            f"{CORE}/secrets/rotated": {"data": {"a": "Mg=="}},
            f"{CORE}/configmaps/reloaded": {"data": {"b": "2"}},
        },
    ),
    Case(
        "client-side",
        [CLIENT_SIDE, Resource("merged", "apps.v1.Deployment", workload("merged", "a", replicas=0, minReadySeconds=5),
            {"provider": "client-side"}),
            Resource("merged-pod", "core.v1.Pod", pod("a", "merged-pod"), {"provider": "client-side"})],
        [CLIENT_SIDE, Resource("merged", "apps.v1.Deployment", workload("merged", "b", replicas=0),
            {"provider": "client-side"}),
            Resource("merged-pod", "core.v1.Pod", pod("a", "merged-pod", a="1"), {"provider": "client-side"})],
        {"merged": UPDATE, "merged-pod": UPDATE},
        live={f"{APPS}/deployments/merged": {
            "metadata": {"labels": {"app.kubernetes.io/managed-by": "pulumi"}},
            "spec": {"template": {"spec": {"containers": [{"image": "b"}]}}},
        }, f"{CORE}/pods/merged-pod": {"metadata": {"labels": {"a": "1"}}}},
    ),
    Case(
        "default-namespace",
        [
            MUTABLE,
            Resource("placed", "core.v1.ServiceAccount", {"metadata": {"name": "placed"}}, {"provider": "mutable"}),
        ],
        live={f"{CORE}/serviceaccounts/placed": {"metadata": {"name": "placed"}}},
    ),
    Case(
        "forced", [labelled("forced", "1")],
        [Resource("forced", "core.v1.ServiceAccount",
            {"metadata": meta("forced", labels={"a": "3"}, annotations=FORCING)})],
        {"forced": UPDATE}, live={f"{CORE}/serviceaccounts/forced": {"metadata": {"labels": {"a": "3"}}}},
    ),
]  # fmt: skip
