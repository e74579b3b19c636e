"""The DNS of a cluster that has it elsewhere, under another domain."""

from dataclasses import replace
from typing import Any

import anyio
import pytest

from checks.connection.check import CHECK
from checks.connection.collect_dns import DNS
from checks.connection.dns_message import known_name
from checks.kube.connection import Connection
from checks.kube.reading import Read
from tests.checks.collecting import collect
from tests.checks.fake_api import serve
from tests.checks.world import SETTINGS, World, declared

OPENSHIFT: Any = {
    "namespace": "openshift-dns",
    "labels": {"dns.operator.openshift.io/daemonset-dns": "default"},
    "ports": [5353],
}


@pytest.fixture
def world() -> World:
    cluster = {**SETTINGS["cluster"], "dns": OPENSHIFT, "domain": "corp.test"}
    world = World(declared(cluster=cluster, servers={}))
    pod = world.one("pods", "kube-system", "coredns")
    world.objects["pods", "kube-system"] = []
    pod["metadata"] |= {"name": "dns-default-1", "namespace": "openshift-dns", "labels": OPENSHIFT["labels"]}
    world.add("pods", "openshift-dns", pod)
    return world


def test_its_pods_are_asked(world: World) -> None:
    with serve(world) as api:
        seen = anyio.run(collect, DNS, world.declaration, Connection("test", api.url))
    assert {name: isinstance(answer, Read) for name, answer in seen.answers.items()} == {"dns-default-1": True}


def test_inside_a_name_of_the_domain_is_asked(world: World) -> None:
    names: list[str] = []

    async def resolve(name: str) -> None:
        names.append(name)

    with serve(world) as api:
        inside = replace(Connection("test", api.url), inside=True, resolve=resolve)
        anyio.run(collect, DNS, world.declaration, inside)
    assert names == [known_name("corp.test")] == ["kubernetes.default.svc.corp.test"]


def test_without_a_ready_pod_the_declared_labels_are_told(world: World) -> None:
    world.one("pods", "openshift-dns")["status"]["conditions"] = []
    found = CHECK.run(world.declaration, world.snapshot())
    (finding,) = found.findings
    assert str(finding.object) == "Pods openshift-dns/dns.operator.openshift.io/daemonset-dns=default"
