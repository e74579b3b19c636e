"""Every setting of a stack file that reaches an object: another value of it there is found.

On a cluster whose pods are played, since only objects are compared.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain

import anyio
import httpx2
import pytest

from checks.config.check import CHECK as CONFIG
from checks.drift.compare import compare
from checks.kube.connection import Connection, from_kubeconfig
from checks.namespaces.check import CHECK as NAMESPACES
from checks.network.check import CHECK as NETWORK
from checks.objects.check import CHECK as OBJECTS
from checks.rbac.check import CHECK as RBAC
from checks.results.result import Finding
from checks.secrets.check import CHECK as SECRETS
from checks.servers.check import CHECK as SERVERS
from checks.snapshot.take import take
from checks.verification.verify import run
from tests.checks.mutations import replacing
from tests.checks.mutations.merging import combined, paths, rounds
from tests.checks.mutations.reasons import excused
from tests.checks.mutations.settings import Change, changes, declared, manifests, places, sent
from tests.checks.mutations.table import MEASURING, ROLLING
from tests.conftest import DEFINITIONS, ROOT, Cluster, cluster_name, cortex, start

pytestmark = pytest.mark.live

OTHERS = [DEFINITIONS, ROOT / "tests" / "real_world" / "custom_resources.yaml"]
# Policies are compared, and not tried.
POLICIES = replace(NETWORK, collectors=(), check=partial(compare, check=NETWORK.name))
COMPARED = (NAMESPACES, SERVERS, RBAC, POLICIES, SECRETS, CONFIG, OBJECTS)
FIRST = ("Namespace", "ServiceAccount")
SANDBOX = {
    "apiVersion": "node.k8s.io/v1",
    "kind": "RuntimeClass",
    "metadata": {"name": "sandbox"},
    "handler": "sandbox",
}


@pytest.fixture(scope="module")
def played() -> Iterator[Cluster]:
    name = cluster_name("settings")
    try:
        cluster: Cluster = start(name, ["--node", "kwok"])
        for file in OTHERS:
            cluster.run("kubectl", "apply", "--server-side", "-f", str(file))
            cluster.run("kubectl", "wait", "--for=condition=Established", "--timeout=30s", "-f", str(file))
        cluster.run("kubectl", "apply", "-f", "-", given=json.dumps(SANDBOX))
        cluster.make_namespace("openshift-dns")
        yield cluster
    finally:
        cortex("local", "down", "--name", name, "--delete")


def test_another_value_of_each_setting_is_found(played: Cluster) -> None:
    assert anyio.run(_missed, from_kubeconfig(declared().cluster.context, played.kubeconfig)) == []


async def _missed(connection: Connection) -> list[str]:
    """Try every setting, and return those of which another value in an object is not found."""
    some = list(changes())
    tried = {setting for one in some for setting in (one.place.setting, *one.place.groups)}
    missed = [
        f"{place}: nothing to change" for place in places() if not (place.setting in tried or excused(place.setting))
    ]
    async with connection.client() as client:
        await _deploy(client)
        before = await _found(connection)
        for together in rounds(some):
            objects = combined(together)
            saved = {name: await replacing.replace(client, name, *documents) for name, documents in objects.items()}
            found = await _found(connection) - before
            asked = [(one, name) for one in together for name in one.declared]
            missed += [f"{one.place}: {name}" for one, name in asked if not _told(found, one, name)]
            for name, (document, _) in objects.items():
                await replacing.restore(client, name, saved[name], document)
    return missed


def _told(findings: set[Finding], change: Change, name: str) -> bool:
    """Return whether a finding is about a field in which the change differs, or about an object that it removes.

    Of Secrets no field is read. An object that only the change makes is not declared, and has tests of its own.
    """
    before, after = change.objects[name]
    messages = [finding.message for finding in findings if str(finding.object) == name]
    if after is None or name.startswith("Secret "):
        return bool(messages)
    places = [re.sub(r"\[[^]]*\]", "", message.split()[0]) for message in messages]
    fields = [".".join(path) for path in paths(before, after)]
    return any(place.startswith(field) or field.startswith(place) for place in places for field in fields)


async def _deploy(client: httpx2.AsyncClient) -> None:
    objects = manifests(declared()).items()
    for name, manifest in sorted(objects, key=lambda one: one[1].kind not in FIRST):
        await replacing.apply(client, name, sent(manifest))


async def _found(connection: Connection) -> set[Finding]:
    """Return the findings, but those of pods, which are replaced after most changes."""
    snapshot = await take(declared(), connection, COMPARED)
    findings = chain.from_iterable(result.findings for result in run(COMPARED, declared(), snapshot))
    return {finding for finding in findings if finding.code not in ROLLING | MEASURING}
