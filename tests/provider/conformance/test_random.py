"""For random valid manifests, a second `up` changes nothing, and a refresh finds no differences."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.provider.conformance.cases.manifests import meta
from tests.provider.conformance.conftest import in_namespace
from tests.provider.conformance.engine import Resource, Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.provider.conformance.conftest import Live

pytestmark = pytest.mark.live

names = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
tags = st.dictionaries(names, names, max_size=3)
notes = st.dictionaries(names, texts, max_size=3)
metadata = st.fixed_dictionaries({}, optional={"labels": tags, "annotations": notes})
protocols = st.sampled_from(["TCP", "UDP"])
arguments = st.lists(texts, max_size=2)
quantities = st.sampled_from(["100m", "0.1", "1", "1000m", "1.5", "1500m", "2"])
memory = st.sampled_from(["64Mi", "65536Ki", "1Gi", "1024Mi", "100M", "0.5Gi"])
resources = st.fixed_dictionaries({"limits": st.fixed_dictionaries({"cpu": quantities, "memory": memory})})
variables = st.lists(
    st.one_of(
        st.fixed_dictionaries({"name": names, "value": texts}),
        st.fixed_dictionaries({"name": names, "valueFrom": st.just({"fieldRef": {"fieldPath": "metadata.name"}})}),
    ),
    max_size=3,
    unique_by=lambda variable: str(variable["name"]),
)
container_ports = st.lists(
    st.fixed_dictionaries({"containerPort": st.integers(1, 65535)}, optional={"protocol": protocols}),
    max_size=2,
    unique_by=lambda port: port["containerPort"],
)
containers = st.lists(
    st.fixed_dictionaries(
        {"name": names, "image": names},
        optional={
            "env": variables,
            "resources": resources,
            "args": arguments,
            "ports": container_ports,
        },
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda container: str(container["name"]),
)
service_ports = st.lists(
    st.fixed_dictionaries(
        {"port": st.integers(1, 65535), "name": names},
        optional={"targetPort": st.one_of(st.integers(1, 65535), st.just("http"))},
    ),
    min_size=1,
    max_size=3,
    unique_by=(lambda port: port["port"], lambda port: port["name"]),
)
verbs = st.lists(st.sampled_from(["get", "list", "watch", "create"]), min_size=1, max_size=3, unique=True)
rules = st.lists(
    st.fixed_dictionaries({"apiGroups": st.just([""]), "resources": st.just(["pods"]), "verbs": verbs}), max_size=2
)
peers = st.lists(st.fixed_dictionaries({"podSelector": st.fixed_dictionaries({"matchLabels": tags})}), max_size=2)


def workload(pods: list[dict[str, Any]]) -> dict[str, Any]:
    spec = {"containers": pods}
    template = {"metadata": {"labels": {"app": "x"}}, "spec": spec}
    return {"spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": template}}


manifests = st.one_of(
    st.dictionaries(names, texts, max_size=4).map(lambda data: ("core.v1.ConfigMap", {"data": data})),
    st.dictionaries(names, texts, max_size=4).map(lambda data: ("core.v1.Secret", {"stringData": data})),
    st.booleans().map(lambda given: ("core.v1.ServiceAccount", {"automountServiceAccountToken": given})),
    rules.map(lambda given: ("rbac.v1.Role", {"rules": given})),
    containers.map(lambda given: ("apps.v1.Deployment", workload(given))),
    service_ports.map(lambda given: ("core.v1.Service", {"spec": {"ports": given}})),
    peers.map(
        lambda given: ("networking.v1.NetworkPolicy", {"spec": {"podSelector": {}, "ingress": [{"from": given}]}})
    ),
    memory.map(lambda given: ("core.v1.ResourceQuota", {"spec": {"hard": {"requests.memory": given}}})),
)
programs = st.lists(st.tuples(manifests, metadata), min_size=40, max_size=40)


# An example takes half a minute, so a failing one is not shrunk.
@settings(max_examples=2, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate])
@given(program=programs)
def test_a_second_up_of_anything_valid_changes_nothing(
    engine: Mapping[str, str], live: Live, tmp_path_factory: pytest.TempPathFactory, program: list[Any]
) -> None:
    stack = Stack(engine, tmp_path_factory.mktemp("random"), f"{live.namespace}-{uuid.uuid4().hex[:4]}")
    declared = [
        Resource(f"random-{i}", kind, {**body, "metadata": meta(f"random-{i}", **more)})
        for i, ((kind, body), more) in enumerate(program)
    ]
    stack.declare(in_namespace(declared, live))
    try:
        up = stack.run("up", "--yes", "--skip-preview")
        assert not up.failed, up.output
        for again in (stack.run("preview"), stack.run("refresh", "--yes", "--skip-preview"), stack.run("preview")):
            assert not again.failed, again.output
            changed = {name: done for name, done in again.operations.items() if set(done) - {"same", "refresh"}}
            assert changed == {}
    finally:
        stack.run("destroy", "--yes", "--skip-preview")
