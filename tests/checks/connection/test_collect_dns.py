"""What the cluster's DNS is asked, through the API server or from a pod, and what its answer says."""

from collections.abc import Iterator
from dataclasses import replace

import anyio
import pytest
from dns.message import make_response

from checks.connection import collect_dns as dns_part
from checks.connection import dns_message as dns
from checks.kube.connection import Connection
from checks.kube.reading import Permission, Read
from stacks.model.declaration import Declaration
from tests.checks.collecting import collect
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.world import SETTINGS, World, declared

SERVERLESS = declared(servers={})


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}))) as api:
        yield api


def asked(api: FakeApi, declaration: Declaration = SERVERLESS, **changes: object) -> dict[str, object]:
    """Give what the cluster's DNS answered; of what could not be asked, the missing right."""

    async def main() -> dict[str, object]:
        connection = replace(Connection("test", api.url, token=lambda: "Bearer secret"), **changes)  # type: ignore[arg-type]
        seen = await collect(dns_part.DNS, declaration, connection)
        return {
            name: answer.value.trouble if isinstance(answer, Read) else answer.permission
            for name, answer in seen.answers.items()
        }

    return anyio.run(main)


def test_pods_are_asked_through_the_api_server(api: FakeApi) -> None:
    assert asked(api) == {"coredns-1": ""}
    assert api.queries[-1] == {"ports": "53"}
    assert api.authorizations == {"Bearer secret"}


def test_other_port_is_the_pods_own(api: FakeApi) -> None:
    ports = [{"name": "dns", "containerPort": 1053, "protocol": "UDP"}, {"name": "dns-tcp", "containerPort": 1053}]
    api.world.one("pods", "kube-system")["spec"] = {"containers": [{"name": "coredns", "ports": ports}]}
    asked(api)
    assert api.queries[-1] == {"ports": "1053"}


@pytest.mark.parametrize(("code", "trouble"), [(3, "NXDOMAIN"), (2, "SERVFAIL"), (9, "NOTAUTH"), (12, "code 12")])
def test_wrong_answer_is_told(api: FakeApi, code: int, trouble: str) -> None:
    api.dns_code = code
    assert asked(api) == {"coredns-1": trouble}


def test_closed_port_is_told(api: FakeApi) -> None:
    api.dns_error = "connection refused"
    assert asked(api) == {"coredns-1": "connection refused"}


def test_missing_right_is_named(api: FakeApi) -> None:
    api.faults["/api/v1/namespaces/kube-system/pods/coredns-1/portforward"] = [status(403, "no")]
    assert asked(api) == {"coredns-1": Permission("get", "pods/portforward", "kube-system")}


def test_pod_that_is_not_ready_is_not_asked(api: FakeApi) -> None:
    api.world.one("pods", "kube-system")["status"]["phase"] = "Pending"
    assert asked(api) == {}


def test_inside_the_service_is_asked(api: FakeApi) -> None:
    names: list[str] = []

    async def resolve(name: str) -> None:
        names.append(name)
        if len(names) == 1:
            raise OSError("Temporary failure in name resolution")

    assert asked(api, inside=True, resolve=resolve) == {"kube-dns": ""}
    assert names == ["kubernetes.default.svc.cluster.local"] * 2, "a new pod's network comes some seconds late"


def test_domain_that_is_too_long_is_told(api: FakeApi) -> None:
    assert asked(api, declared(servers={}, cluster={**SETTINGS["cluster"], "domain": "a" * 64})) == {
        "coredns-1": "A DNS label is > 63 octets long."
    }


def test_what_is_no_answer_is_none() -> None:
    sent = dns.query("a.b")
    wire = sent.to_wire(prepend_length=True)
    assert dns.answer(sent, wire) is None, "a query"
    assert dns.answer(sent, b"") is None
    reply = make_response(sent).to_wire(prepend_length=True)
    assert dns.answer(sent, reply) == dns.NO_ERROR
    assert dns.answer(dns.query("a.c"), reply) is None
    assert dns.answer(sent, reply[:-1]) is None
    assert not dns.complete(b"")
    assert not dns.complete(reply[:1])
    assert not dns.complete(reply[:-1])
    assert dns.complete(reply)
