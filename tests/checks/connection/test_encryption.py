"""Encryption at rest: what the API server's pods tell, and what is said where they are not visible."""

from collections.abc import Iterator

import anyio
import pytest

from checks.connection.check import CHECK
from checks.connection.collect_encryption import ENCRYPTION, ApiServerPod
from checks.kube.connection import Connection
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.results.result import Result, Status
from tests.checks.collecting import collect
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.world import Json, World, declared

OPTION = "--encryption-provider-config"
PODS = "/api/v1/namespaces/kube-system/pods"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}))) as api:
        yield api


def server(name: str, *command: str, mirror: bool = True, container: str = "kube-apiserver", **more: object) -> Json:
    """Give a pod as kubeadm and Talos run the API server."""
    return {
        "metadata": {
            "name": f"kube-apiserver-{name}",
            "namespace": "kube-system",
            "labels": {"component": "kube-apiserver", "tier": "control-plane"},
            "annotations": {"kubernetes.io/config.mirror": "0123"} if mirror else {},
        },
        "spec": {"containers": [{"name": container, "command": ["kube-apiserver", *command], **more}]},
    }


def read(api: FakeApi, *pods: Json) -> Reading[tuple[ApiServerPod, ...]]:
    api.world.objects["pods", "kube-system"] += pods
    return anyio.run(collect, ENCRYPTION, api.world.declaration, Connection("test", api.url))


def shown(pods: Reading[tuple[ApiServerPod, ...]]) -> tuple[Result, object]:
    """Give the result of the check, and its fact about encryption."""
    world = World(declared())
    world.encryption = pods
    result = CHECK.run(world.declaration, world.snapshot())
    return result, next((fact.value for fact in result.facts if fact.name == "encryption_at_rest"), None)


@pytest.mark.parametrize(
    "pod",
    [
        server("a", "--etcd-servers=x", f"{OPTION}=/system/secrets/kubernetes/kube-apiserver/encryptionconfig.yaml"),
        server("a", OPTION, "/etc/kubernetes/encryption.yaml", "--secure-port=6443"),
        server("a", args=[f"{OPTION}=/etc/kubernetes/encryption.yaml"]),
    ],
    ids=["option", "two words", "args"],
)
def test_server_with_a_provider_encrypts(api: FakeApi, pod: Json) -> None:
    found = read(api, pod)
    assert isinstance(found, Read)
    assert found.value == (ApiServerPod("kube-apiserver-a", encrypts=True),)
    result, fact = shown(found)
    assert (result.status, fact) == (Status.PASS, "configured")


@pytest.mark.parametrize(
    "command",
    [(), (f"{OPTION}=",), (OPTION,), (f"{OPTION}-automatic-reload=true",)],
    ids=["none", "empty", "no value", "another option"],
)
def test_server_without_a_provider_is_a_finding(api: FakeApi, command: tuple[str, ...]) -> None:
    found = read(api, server("b", *command), server("a", f"{OPTION}=/etc/encryption.yaml"))
    result, fact = shown(found)
    (finding,) = result.findings
    assert (finding.code, str(finding.object), fact) == (
        "api.encryption",
        "Pod kube-system/kube-apiserver-b",
        "missing",
    )


@pytest.mark.parametrize(
    "pod",
    [None, server("a", mirror=False), server("a", container="proxy")],
    ids=["managed or embedded", "no static pod", "another container"],
)
def test_where_no_server_is_visible_nothing_is_asserted(api: FakeApi, pod: Json | None) -> None:
    result, fact = shown(read(api, *([pod] if pod else [])))
    assert (result.status, result.unknowns, fact) == (Status.PASS, (), "not visible")


def test_account_that_may_not_look_sees_nothing(api: FakeApi) -> None:
    """No permission would show it on a managed cluster, so it is not a lack of the account's."""
    api.faults[PODS] = [status(403, "no")]
    result, fact = shown(read(api))
    assert (result.status, fact) == (Status.PASS, "not visible")


def test_api_server_that_fails_is_unknown(api: FakeApi) -> None:
    api.faults[PODS] = [status(500, "broken")]
    found = read(api)
    assert isinstance(found, ReadFailure)
    assert found.reason is Reason.FAILED
    result, fact = shown(found)
    assert (result.status, fact) == (Status.UNKNOWN, None)
