"""Certificates in Secrets: days left, validity, key and chain, without showing anything of them."""

import base64
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import anyio
import pytest

from checks.kube.connection import Connection
from checks.kube.reading import Permission, Reason
from checks.results.catalogue import catalogue
from checks.results.result import Result, Status
from checks.secrets.check import CHECK
from checks.secrets.collect import READ_SECRETS
from checks.secrets.tls import TLS
from tests.checks.collecting import collect
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.secrets.issuing import DAY, Issued, issue
from tests.checks.world import NOW, SETTINGS, Json, World, declared

SECRET = "Secret cortex-mcp/web"
Data = dict[str, bytes]


class Pki(NamedTuple):
    root: Issued
    intermediate: Issued
    leaf: Issued
    stranger: Issued


@cache
def pki() -> Pki:
    root = issue("very-secret-root", ca=True)
    intermediate = issue("very-secret-intermediate", root, ca=True)
    leaf = issue("very-secret-leaf", intermediate)
    return Pki(root, intermediate, leaf, issue("very-secret-root", ca=True))


def whole() -> Data:
    root, intermediate, leaf, _ = pki()
    return {"tls.crt": leaf.pem + intermediate.pem, "tls.key": leaf.key_pem(), "ca.crt": root.pem}


def of(leaf: Issued, *more: Issued) -> Data:
    return {"tls.crt": b"".join(each.pem for each in (leaf, *more)), "tls.key": leaf.key_pem()}


def lasting(days: float, lifetime: float = 365) -> Data:
    """Return a certificate with so many days left."""
    return of(issue("short", begins=NOW + (days - lifetime) * DAY, ends=NOW + days * DAY))


def with_intermediate(ends_in: float) -> Data:
    intermediate = issue("old", pki().root, ca=True, ends=NOW + ends_in * DAY)
    return of(issue("leaf", intermediate), intermediate)


def no_authority() -> Data:
    """Return a chain whose second certificate may not issue others."""
    end = issue("end", pki().root)
    return of(issue("leaf", end), end)


FAULTS: dict[str, tuple[str, Callable[[], Data]]] = {
    "ends soon": ("secret.certificate", lambda: lasting(29.9)),
    "ends soon for its lifetime": ("secret.certificate", lambda: lasting(1.9, lifetime=6)),
    "intermediate ends soon": ("secret.certificate", lambda: with_intermediate(20)),
    "has ended": ("secret.certificate-invalid", lambda: lasting(-0.1)),
    "intermediate has ended": ("secret.certificate-invalid", lambda: with_intermediate(-1)),
    "begins later": ("secret.certificate-invalid", lambda: of(issue("new", begins=NOW + DAY))),
    "no certificate": ("secret.certificate-invalid", lambda: {**whole(), "tls.crt": b"very-secret"}),
    "empty": ("secret.certificate-invalid", lambda: {"tls.crt": b"", "tls.key": b""}),
    "cut off": ("secret.certificate-invalid", lambda: {**whole(), "tls.crt": whole()["tls.crt"][:200]}),
    "key of another": ("secret.certificate-key", lambda: {**whole(), "tls.key": pki().stranger.key_pem()}),
    "no key": ("secret.certificate-key", lambda: {**whole(), "tls.key": b"very-secret"}),
    "binary key": ("secret.certificate-key", lambda: {**whole(), "tls.key": b"\x00\xff"}),
    "locked key": ("secret.certificate-key", lambda: {**whole(), "tls.key": pki().leaf.key_pem(b"very-secret")}),
    "gap": ("secret.certificate-chain", lambda: {**whole(), "tls.crt": pki().leaf.pem + pki().root.pem}),
    "same name, other key": ("secret.certificate-chain", lambda: {**whole(), "ca.crt": pki().stranger.pem}),
    "no authority": ("secret.certificate-chain", no_authority),
    "no ca.crt in PEM": ("secret.certificate-chain", lambda: {**whole(), "ca.crt": b"very-secret"}),
}


def world(data: Data, kind: str = TLS, **more: object) -> World:
    """Return a cluster with a declared Secret of others that has this content."""
    server = {**SETTINGS["servers"]["time"], "secrets": [{"name": "web", "mount": "/tls"}]}
    secret = {"namespace": "cortex-mcp", "existing": ["tls.crt", "tls.key"], "type": kind}
    made = World(declared(servers={"time": server}, secrets={"web": secret}, configMaps={}, **more))
    made.objects["secrets", "cortex-mcp"] = []
    add(made, "web", data, kind)
    made.one("deployments", "cortex-mcp", "time")["spec"]["template"]["metadata"]["annotations"] = {}
    return made


def add(world: World, name: str, data: Data, kind: str = TLS) -> None:
    coded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    world.add("secrets", "cortex-mcp", {"metadata": {"name": name}, "type": kind, "data": coded})


def judged(world: World, prepare: Callable[[FakeApi], object] = lambda api: None) -> Result:
    with serve(world) as api:
        prepare(api)
        found = anyio.run(collect, READ_SECRETS, world.declaration, Connection("test", api.url))
    world.secrets = replace(found, taken=NOW)
    for text in (repr(world.secrets), repr(result := CHECK.run(world.declaration, world.snapshot()))):
        assert "very-secret" not in text
        assert "PRIVATE KEY" not in text
    return result


def found(result: Result) -> list[tuple[str, str]]:
    """Return the findings about certificates."""
    return [(f.code, str(f.object)) for f in result.findings if f.code.startswith("secret.cert")]


def test_a_whole_chain_is_as_it_should_be_and_tells_its_days() -> None:
    result = judged(world(whole()))
    assert found(result) == []
    assert [(fact.subject, fact.name, fact.value) for fact in result.facts] == [(SECRET, "certificate_days", 300)]


@pytest.mark.parametrize(("code", "data"), FAULTS.values(), ids=FAULTS)
def test_each_fault_gives_exactly_its_finding(code: str, data: Callable[[], Data]) -> None:
    assert found(judged(world(data()))) == [(code, SECRET)]


def test_every_code_is_provoked() -> None:
    assert {code for code, _ in FAULTS.values()} == {code for code in catalogue() if code.startswith("secret.cert")}


@pytest.mark.parametrize("data", [lasting(30.1), lasting(2.1, lifetime=6), of(issue("self-signed"))])
def test_enough_days_are_enough_also_for_a_short_lifetime(data: Data) -> None:
    assert found(judged(world(data))) == []


def test_message_has_the_date_and_the_days() -> None:
    (finding,) = [f for f in judged(world(lasting(10.5))).findings if f.code == "secret.certificate"]
    assert finding.message == "the certificate, or one of its chain, ends on 2026-01-12"
    assert (finding.expected, finding.actual) == ("at least 30 days left", "10 days left")


def test_only_the_type_says_that_it_is_a_certificate() -> None:
    assert found(judged(world({**whole(), "tls.crt": b"x"}, "Opaque"))) == []


def test_an_undeclared_secret_that_pods_mount_is_checked() -> None:
    changed = world(whole())
    add(changed, "stray", lasting(-1))
    spec = changed.one("deployments", "cortex-mcp", "time")["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "v", "secret": {"secretName": "stray"}}]
    assert found(judged(changed)) == [("secret.certificate-invalid", "Secret cortex-mcp/stray")]


PROXY = {"namespace": "ingress", "labels": {"app": "nginx"}}
EXPOSURE: Json = {"host": "a.example.com", "proxy": PROXY, "tls": {"secret": "front"}}


def exposed(data: Data | None) -> World:
    server = {**SETTINGS["servers"]["talos"], "exposure": EXPOSURE}
    made = World(declared(servers={"talos": server}, configMaps={}))
    made.objects["secrets", "cortex-mcp"] = []
    if data is not None:
        add(made, "front", data)
    return made


def test_the_certificate_of_an_ingress_is_checked_once_it_is_there() -> None:
    assert found(judged(exposed(lasting(-1)))) == [("secret.certificate-invalid", "Secret cortex-mcp/front")]
    assert judged(exposed(None)).findings == ()


def test_a_certificate_that_may_not_be_read_is_unknown() -> None:
    path = "/api/v1/namespaces/cortex-mcp/secrets/front"
    result = judged(exposed(whole()), lambda api: api.faults.update({path: [status(403, "no")]}))
    assert result.status is Status.UNKNOWN
    assert [(unknown.reason, unknown.permission) for unknown in result.unknowns] == [
        (Reason.FORBIDDEN, Permission("get", "secrets", "cortex-mcp"))
    ]
