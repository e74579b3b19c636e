"""Changes of objects by other clients."""

from __future__ import annotations

from tests.provider.conformance.cases.manifests import APPS, CORE, SKIP_AWAIT, config, labelled, meta, workload
from tests.provider.conformance.cases.model import CREATE, DELETE, SAME, UPDATE, Case, Write
from tests.provider.conformance.engine import Resource


def scaled(image: str) -> Resource:
    """Return a Deployment whose replicas another client sets, as an autoscaler does."""
    options = {"ignore_changes": ["spec.replicas"]}
    arguments = workload("scaled", image, replicas=1)
    return Resource(
        "scaled", "apps.v1.Deployment", {**arguments, "metadata": meta("scaled", annotations=SKIP_AWAIT)}, options
    )


DRIFT = [
    Case(
        "drifted", [labelled("drifted", "1")],
        live={f"{CORE}/serviceaccounts/drifted": {"metadata": {"labels": {"a": "1"}}}},
        drift=[Write(f"{CORE}/serviceaccounts/drifted", {"metadata": {"labels": {"a": "2", "b": "2"}}})],
        refreshed={"drifted": UPDATE}, repaired={"drifted": UPDATE},
    ),
    Case(
        "deleted-outside", [config("lost")], drift=[Write(f"{CORE}/configmaps/lost", None)],
        refreshed={"lost": DELETE}, repaired={"lost": CREATE},
        live={f"{CORE}/configmaps/lost": {"data": {"a": "1"}}},
    ),
    Case(
        "ignored-drift", [scaled("a")], [scaled("b")], {"scaled": UPDATE},
        {"scaled": {"spec.template.spec.containers[0].image"}},
        meanwhile=[Write(f"{APPS}/deployments/scaled/scale", {"spec": {"replicas": 2}}, manager="kubectl")],
        drift=[Write(f"{APPS}/deployments/scaled/scale", {"spec": {"replicas": 3}}, manager="kubectl")],
        refreshed={"scaled": SAME},
        live={f"{APPS}/deployments/scaled": {
            "spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "b"}]}}}}},
    ),
]  # fmt: skip
