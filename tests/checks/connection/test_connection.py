"""The connection: what is measured over HTTP and TLS, each fault's own finding, and the row as the judge gives it."""

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from math import inf, isfinite
from pathlib import Path
from threading import Thread

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from checks.connection import collect_api_server as api_server
from checks.connection.api_server import percentile
from checks.connection.check import CHECK
from checks.connection.collect_api_server import ApiServer, Certificate, Transport
from checks.connection.collect_dns import Answer
from checks.connection.collect_encryption import ApiServerPod
from checks.kube.connection import Connection
from checks.kube.credentials import Credential, Means, certificate_expiry, token_expiry
from checks.kube.reading import Read, ReadFailure, Reason
from checks.results.catalogue import catalogue
from checks.results.result import Severity, Status
from tests.checks.collecting import collect
from tests.checks.fake_api import FakeApi, ordinary, serve, status
from tests.checks.world import NOW, World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}))) as api:
        yield api


def set_server(**changes: object) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.api_server = replace(world.api_server, **changes)  # type: ignore[arg-type]

    return change


def certificate(days: float) -> Callable[[World], None]:
    return set_server(certificate=Certificate("CN=test-ca", NOW + timedelta(days=days)))


def client_certificate(days: float) -> Callable[[World], None]:
    return set_server(credential=Credential(Means.CERTIFICATE, NOW + timedelta(days=days)))


def slow(*slowest: float) -> Callable[[World], None]:
    return set_server(latencies=Read((*[0.001] * (20 - len(slowest)), *slowest), 1.0))


def without_policy(world: World) -> None:
    groups = world.api_server.groups
    assert isinstance(groups, Read)
    world.api_server = replace(world.api_server, groups=Read(groups.value - {"policy/v1"}, 0.1))


def mute(world: World) -> None:
    world.dns = {"coredns-1": Read(Answer("NXDOMAIN"), 0.1)}


def unencrypted(world: World) -> None:
    pods = {"kube-apiserver-a": True, "kube-apiserver-b": False}
    world.encryption = Read(tuple(ApiServerPod(name, encrypts) for name, encrypts in pods.items()), 0.01)


FAULTS: list[tuple[str, Callable[[World], None]]] = [
    ("api.latency", slow(0.201, 0.3)),
    ("api.insecure", set_server(transport=Transport.PLAIN, certificate=None)),
    ("api.insecure", set_server(transport=Transport.UNVERIFIED)),
    ("api.certificate", certificate(29.9)),
    ("api.certificate", certificate(3)),
    ("api.certificate-urgent", certificate(2.9)),
    ("api.certificate-urgent", certificate(-1)),
    ("api.clock", set_server(skew=5.1)),
    ("api.clock", set_server(skew=-60.0)),
    ("api.clock-wrong", set_server(skew=-60.1)),
    ("api.credential", client_certificate(6.9)),
    ("api.credential", set_server(credential=Credential(Means.TOKEN, NOW + timedelta(minutes=9, seconds=59)))),
    ("api.latency", slow(inf, inf)),
    ("api.group", without_policy),
    ("dns.answer", mute),
    ("api.encryption", unencrypted),
]

GOOD: list[Callable[[World], None]] = [
    slow(0.2, 9.0),
    slow(0.2, inf),
    set_server(credential=Credential(Means.TOKEN, NOW + timedelta(minutes=10))),
    set_server(credential=Credential(Means.PLUGIN, NOW + timedelta(minutes=1))),
    set_server(transport=Transport.LOOPBACK, certificate=None),
    certificate(30),
    set_server(skew=-5.0),
    client_certificate(7),
    set_server(credential=Credential(Means.TOKEN, NOW + timedelta(hours=1))),
    set_server(credential=Credential(Means.SERVICE_ACCOUNT, NOW + timedelta(hours=1))),
    set_server(credential=Credential(Means.TOKEN)),
]


@pytest.mark.parametrize(("code", "fault"), FAULTS, ids=[f"{n}-{fault[0]}" for n, fault in enumerate(FAULTS)])
def test_fault_gives_exactly_its_finding(world: World, code: str, fault: Callable[[World], None]) -> None:
    fault(world)
    assert world.codes() == [code]


@pytest.mark.parametrize("change", GOOD)
def test_what_is_good_enough_is_no_finding(world: World, change: Callable[[World], None]) -> None:
    change(world)
    assert CHECK.run(world.declaration, world.snapshot()).status is Status.PASS


def test_every_code_is_provoked_here() -> None:
    codes = {code for code in catalogue() if code.startswith("api.")} | {"dns.answer"}
    assert {code for code, _ in FAULTS} == codes


def test_messages_say_what_and_until_when(world: World) -> None:
    certificate(2)(world)
    (finding,) = world.findings()
    assert finding.message == "the API server's certificate, issued by CN=test-ca, expires on 2026-01-03"
    assert (finding.severity, finding.actual) == (Severity.ERROR, "2 days left")


def test_missing_group_names_who_needs_it(world: World) -> None:
    without_policy(world)
    (finding,) = world.findings()
    assert finding.message.startswith("the API server does not serve policy/v1, which PodDisruptionBudget ")


@pytest.mark.parametrize(
    "change", [set_server(skew=None), set_server(certificate=None)], ids=["no date", "no certificate"]
)
def test_what_cannot_be_seen_is_unknown(world: World, change: Callable[[World], None]) -> None:
    change(world)
    assert CHECK.run(world.declaration, world.snapshot()).status is Status.UNKNOWN


def test_declared_alerts_set_the_limit_of_latency(world: World) -> None:
    metrics = {"image": "registry.test/ksm:1", "namespace": "cortex-system", "alerts": {"apiLatencyMs": 100}}
    custom = {"context": "test", "environment": "testing", "nodes": 2, "customResources": ["PrometheusRule"]}
    world = World(declared(kubeStateMetrics=metrics, cluster=custom))
    slow(0.15, 0.15)(world)
    assert world.codes() == ["api.latency"]


def test_percentiles_are_nearest_rank() -> None:
    values = tuple(float(n) for n in range(1, 21))
    assert [percentile(values, percent) for percent in (0, 50, 95, 100)] == [1, 10, 19, 20]
    assert percentile((7.0,), 95) == 7


def measured(connection: Connection) -> ApiServer:
    async def main() -> ApiServer:
        return await collect(api_server.API_SERVER, declared(servers={}), connection)

    return anyio.run(main)


def test_twenty_requests_are_timed_and_groups_read(api: FakeApi) -> None:
    server = measured(Connection("test", api.url))
    assert isinstance(server.latencies, Read)
    assert isinstance(server.groups, Read)
    assert len(server.latencies.value) == api_server.REQUESTS
    assert list(server.latencies.value) == sorted(server.latencies.value)
    assert api.requests["/version"] == api_server.REQUESTS + api_server.CLIENTS
    assert api.requests["/apis"] == 1
    assert server.groups.value == {"networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"}
    assert (server.skew, server.transport, server.certificate) == (0.0, Transport.LOOPBACK, None)


@pytest.mark.parametrize("code", [429, 503])
def test_answer_of_a_busy_server_is_slower_than_any(api: FakeApi, code: int) -> None:
    api.faults["/version"] = [*[ordinary()] * 10, status(code, "busy"), ordinary()]
    server = measured(Connection("test", api.url))
    assert isinstance(server.latencies, Read)
    *others, slowest = server.latencies.value
    assert (slowest, all(map(isfinite, others)), isfinite(server.latencies.seconds)) == (inf, True, True)
    assert server.skew == 0.0


def test_busy_server_has_no_figure(world: World) -> None:
    slow(inf, inf)(world)
    result = CHECK.run(world.declaration, world.snapshot())
    facts = {fact.name: fact.value for fact in result.facts}
    assert (facts["latency_p95_ms"], facts["latency_max_ms"], facts["latency_min_ms"]) == (None, None, 1.0)
    assert (result.findings[0].message, result.findings[0].actual) == (
        "the API server is too busy to answer",
        "too busy to answer",
    )


def test_refused_request_is_unread(api: FakeApi) -> None:
    api.faults["/version"] = [status(403, "no")]
    server = measured(Connection("test", api.url))
    assert isinstance(server.latencies, ReadFailure)
    assert server.latencies.reason is Reason.FORBIDDEN


@pytest.mark.parametrize(
    ("host", "transport"),
    [
        ("http://127.0.0.1:8001", Transport.LOOPBACK),
        ("http://[::1]:8001", Transport.LOOPBACK),
        ("http://localhost:8001", Transport.LOOPBACK),
        ("http://10.0.0.1:8080", Transport.PLAIN),
        ("http://localhost.evil.test", Transport.PLAIN),
        ("https://10.0.0.1:6443", Transport.VERIFIED),
    ],
)
def test_protection_of_the_connection(host: str, transport: Transport) -> None:
    assert api_server.transport(Connection("test", host)) is transport


def signed(folder: Path, end: datetime) -> Path:
    """Make a certificate for 127.0.0.1 that signs itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lonely")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
    )
    (folder / "tls.pem").write_bytes(pem)
    return folder / "tls.pem"


def test_certificate_and_clock_are_the_servers(tmp_path: Path) -> None:
    end = (datetime.now(UTC) + timedelta(days=12)).replace(microsecond=0)
    pem = signed(tmp_path, end)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = b'{"gitVersion": "v1.34.4", "groups": []}'
            self.send_response_only(200)
            self.send_header("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(HTTPServer):
        def process_request(self, request: object, address: object) -> None:
            Thread(target=self.process, args=(request, address), daemon=True).start()

        def process(self, request: object, address: object) -> None:
            with tls.wrap_socket(request, server_side=True) as secured:  # type: ignore[arg-type]
                self.finish_request(secured, address)

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        seen = measured(Connection("test", f"https://127.0.0.1:{server.server_port}", tls=unverified))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert seen.certificate == Certificate("CN=lonely", end)
    assert seen.transport is Transport.UNVERIFIED
    assert seen.skew is not None
    behind = datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)
    assert abs(seen.skew + behind.total_seconds()) < 60


def test_credentials_tell_when_they_end(tmp_path: Path) -> None:
    end = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert certificate_expiry(signed(tmp_path, end).read_bytes()) == end
    assert certificate_expiry(b"none") is None
    payload = base64.urlsafe_b64encode(json.dumps({"exp": end.timestamp()}).encode()).decode().rstrip("=")
    assert token_expiry(f"Bearer e30.{payload}.x") == end
    assert [token_expiry(token) for token in ("opaque", "a.b.c", "e30.e30.x", "e30.bnVsbA.x")] == [None] * 4
