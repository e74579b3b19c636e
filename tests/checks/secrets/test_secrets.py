"""Secrets and what pods read: judged without keeping a value, and no value in anything that can be printed."""

import base64
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import anyio
import pytest

from checks.kube.client import METADATA
from checks.kube.connection import Connection
from checks.kube.reading import ReadFailure, Reason
from checks.results.catalogue import catalogue
from checks.results.conclusion import UNKNOWN, exit_code
from checks.results.result import Result, Severity, Status
from checks.secrets import collect as secrets
from checks.secrets.check import CHECK
from checks.secrets.collect import Secrets
from checks.secrets.sealed import Opened
from checks.secrets.unused import UNUSED
from checks.secrets.wanted import Place
from stacks.manifests.checksum import checksum
from stacks.model import names
from stacks.model.uses import SecretUse
from tests.checks.collecting import collect
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.world import NOW, SETTINGS, Json, World, declared

VALUES = {"TOKEN": "very-secret-token", "ca.pem": "very-secret-ca"}
SHARED = {"password": "very-secret-password"}
MANY = {"very-secret": "very-secret-other"}
OWN = ("secrets", "cortex-mcp", "time-mcp-credentials")
COMMON = ("secrets", "cortex-mcp", "shared")
FOREIGN = ("secrets", "cortex-mcp", "foreign")
DEPLOYMENT = ("deployments", "cortex-mcp", "time")
Break = Callable[[World], object]


def secret(name: str, values: dict[str, str], *, made: bool = True) -> Json:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    meta: Json = {"name": name, "namespace": "cortex-mcp", "creationTimestamp": "2025-12-01T00:00:00Z"}
    if made:
        meta["labels"] = {names.COMPONENT: "mcp-servers"}
        meta["annotations"] = {names.CHECKSUM: checksum(f"cortex-mcp/{name}", {}, values)}
    return {"metadata": meta, "type": "Opaque", "data": data}


def references(shared: str = "shared") -> Json:
    """Give the specification of pods that read everything."""
    key = {"name": "time-mcp-credentials", "key": "TOKEN"}
    return {
        "containers": [
            {
                "name": "time-mcp-server",
                "env": [
                    {"name": "PLAIN", "value": "x"},
                    {"name": "TOKEN", "valueFrom": {"secretKeyRef": key}},
                    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                ],
                "envFrom": [{"configMapRef": {"name": "settings"}}],
            }
        ],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            {"name": "own", "configMap": {"name": "time-mcp-config"}},
            {"name": "files", "secret": {"secretName": "time-mcp-credentials", "items": [{"key": "ca.pem"}]}},
            {"name": "shared", "projected": {"sources": [{"secret": {"name": shared}}]}},
        ],
    }


def healthy() -> World:
    """Give a healthy cluster with a server that reads everything there is to read."""
    return deepcopy(_healthy())


@cache
def _healthy() -> World:
    time = {
        **SETTINGS["servers"]["time"],
        "config": {"a.yaml": "a: 1"},
        "secretEnv": {"TOKEN": "token"},
        "secretFiles": {"ca.pem": "ca"},
        "secrets": [{"name": "shared", "mount": "/shared"}, {"name": "foreign", "mount": "/foreign"}],
        "configMaps": [{"name": "settings", "envFrom": True}],
    }
    declaration = declared(
        servers={"time": time},
        secrets={
            "shared": {"namespace": "cortex-mcp", "keys": {"password": {"pulumi": "password"}}, "rotateAfterDays": 31},
            "foreign": {"namespace": "cortex-mcp", "existing": ["very-secret"]},
        },
        configMaps={"settings": {"namespace": "cortex-mcp", "data": {"LEVEL": "info"}}},
    )
    world = World(declaration)
    own = secret("time-mcp-credentials", VALUES)
    own["metadata"]["labels"] = {"app": "mcp-server", "mcp.cortex.dev/type": "time", names.COMPONENT: "mcp-server"}
    world.objects["secrets", "cortex-mcp"] = [
        own,
        secret("shared", SHARED),
        secret("foreign", {**MANY, "more": "very-secret-more"}, made=False),
    ]
    template = world.one(*DEPLOYMENT)["spec"]["template"]
    plain = {"a.yaml": "a: 1", "settings/LEVEL": "info"}
    hidden = {**VALUES, "shared/password": SHARED["password"]}
    template["metadata"]["annotations"] |= {names.CHECKSUM: checksum("cortex-mcp/time-mcp-server", plain, hidden)}
    template["spec"] = references()
    return world


@pytest.fixture
def world() -> World:
    return healthy()


def part(world: World, *, inside: bool = False, prepare: Callable[[FakeApi], object] = lambda api: None) -> Secrets:
    """Read the part from a fake API server into the world."""
    with serve(world) as api:
        prepare(api)
        connection = Connection("test", api.url, inside=inside)
        found = anyio.run(collect, secrets.READ_SECRETS, world.declaration, connection)
        world.unused = dict(anyio.run(collect, UNUSED, world.declaration, connection))
    world.secrets = replace(found, taken=NOW)
    return world.secrets


def judged(world: World) -> Result:
    """Read the part, and judge it."""
    part(world)
    return CHECK.run(world.declaration, world.snapshot())


def put(target: tuple[str, str, str], path: str, value: object) -> Break:
    """Set a field, or with None delete it."""

    def apply(world: World) -> None:
        at: Any = world.one(*target)
        *parents, last = path.split("/")
        for key in parents:
            at = at[key]
        if value is None:
            del at[last]
        else:
            at[last] = value

    return apply


def rolled_out_by_hand(world: World) -> None:
    annotations = world.one(*DEPLOYMENT)["spec"]["template"]["metadata"]["annotations"]
    annotations[names.CHECKSUM] = "0" * 64


def deployed_without_rolling(world: World) -> None:
    world.remove(*COMMON)
    world.add("secrets", "cortex-mcp", secret("shared", {"password": "very-secret-new"}))


def names_another(world: World) -> None:
    world.one(*DEPLOYMENT)["spec"]["template"]["spec"] = references("gone")


def names_another_key(world: World) -> None:
    variables = world.one(*DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]["env"]
    variables[1]["valueFrom"]["secretKeyRef"] = {"name": "shared", "key": "user"}


def names_another_text(world: World) -> None:
    world.one(*DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "no"}}]


def leave(plural: str) -> Break:
    meta = {"name": "old", "labels": {names.COMPONENT: "mcp-servers"}, "creationTimestamp": "2025-12-01T00:00:00Z"}
    return lambda world: world.add(plural, "cortex-system", {"metadata": meta})


SERVER = "Deployment cortex-mcp/time-mcp-server"
CREDENTIALS = "Secret cortex-mcp/time-mcp-credentials"
FAULTS: list[tuple[str, str, Break]] = [
    ("secret.missing", CREDENTIALS, lambda w: w.remove(*OWN)),
    ("secret.missing", "Secret cortex-mcp/foreign", lambda w: w.remove(*FOREIGN)),
    ("secret.keys", CREDENTIALS, put(OWN, "data/TOKEN", None)),
    ("secret.keys", CREDENTIALS, put(OWN, "data/extra", "eA==")),
    ("secret.keys", "Secret cortex-mcp/foreign", put(FOREIGN, "data/very-secret", None)),
    ("secret.type", CREDENTIALS, put(OWN, "type", "other")),
    ("secret.content", CREDENTIALS, put(OWN, "data/TOKEN", "eA==")),
    ("secret.content", CREDENTIALS, put(OWN, "metadata/annotations", None)),
    ("object.label", CREDENTIALS, put(OWN, "metadata/labels/app", None)),
    ("object.label", CREDENTIALS, put(OWN, "metadata/labels/app", "other")),
    ("secret.stale-pods", SERVER, deployed_without_rolling),
    ("secret.stale-pods", SERVER, rolled_out_by_hand),
    ("secret.rotation", "Secret cortex-mcp/shared", put(COMMON, "metadata/creationTimestamp", "2025-11-29T00:00:00Z")),
    ("secret.reference", SERVER, names_another),
    ("secret.reference", SERVER, names_another_key),
    ("config.reference", SERVER, names_another_text),
    ("secret.unused", "Secret cortex-system/old", leave("secrets")),
    ("config.unused", "ConfigMap cortex-system/old", leave("configmaps")),
]


def test_healthy_secrets_are_ok(world: World) -> None:
    result = judged(world)
    assert (result.findings, result.unknowns, result.skipped, result.status) == ((), (), 0, Status.PASS)
    # 4 assertions and the labels of 2 Secrets that the stack makes, 2 for that of others, 1 server, 2 namespaces
    assert result.passed == 4 * 2 + 3 + 1 + 2 + 1 + 2


@pytest.mark.parametrize(("code", "obj", "fault"), FAULTS, ids=[f"{n}-{f[0]}" for n, f in enumerate(FAULTS)])
def test_each_fault_gives_exactly_its_finding(world: World, code: str, obj: str, fault: Break) -> None:
    fault(world)
    assert [(finding.code, str(finding.object)) for finding in judged(world).findings] == [(code, obj)]


@pytest.mark.parametrize("fault", [lambda w: w.remove(*FOREIGN), put(FOREIGN, "data/very-secret", None)])
def test_a_secret_that_its_users_can_do_without_may_be_missing(fault: Break) -> None:
    world = healthy()
    time, use = world.declaration.servers["time"], {"name": "foreign", "env": {"X": "very-secret"}, "optional": True}
    servers = {"time": time.model_copy(update={"secrets": (*time.secrets, SecretUse.model_validate(use))})}
    world.declaration = world.declaration.model_copy(update={"servers": servers})
    fault(world)
    assert not {finding.code for finding in judged(world).findings} & {"secret.missing", "secret.keys"}


def test_pods_without_secrets_are_stale_by_their_configuration() -> None:
    time = {**SETTINGS["servers"]["time"], "config": {"a.yaml": "a: 1"}}
    world = World(declared(servers={"time": time}, configMaps={}))
    annotations = world.one(*DEPLOYMENT)["spec"]["template"]["metadata"]["annotations"]
    annotations[names.CHECKSUM] = checksum("cortex-mcp/time-mcp-server", {"a.yaml": "a: 1"}, {})
    assert judged(world).findings == ()
    annotations[names.CHECKSUM] = checksum("cortex-mcp/time-mcp-server", {"a.yaml": "a: 0"}, {})
    (finding,) = judged(world).findings
    assert finding.code == "config.stale-pods"
    assert "ConfigMap time-mcp-config" in finding.message


LEGACY = ("secrets", "cortex-system", names.RESOURCE_MANAGER_TOKEN)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("secret.missing", lambda w: w.remove(*LEGACY)),
        ("secret.keys", put(LEGACY, "data/token", None)),
        ("secret.type", put(LEGACY, "type", "Opaque")),
        ("object.label", lambda w: w.one(*LEGACY)["metadata"]["labels"].popitem()),
        (None, put(LEGACY, "data/token", "eA==")),
    ],
)
def test_legacy_token_has_its_type_and_keys_and_whatever_content(code: str | None, fault: Break) -> None:
    world = World(declared(servers={}, configMaps={}, resourceManager={"token": "legacy"}))
    world.one(*LEGACY)["data"] = {"token": "eA==", "ca.crt": "eA==", "namespace": "eA=="}
    assert judged(world).findings == ()
    fault(world)
    name = f"Secret cortex-system/{names.RESOURCE_MANAGER_TOKEN}"
    assert [(f.code, str(f.object)) for f in judged(world).findings] == ([(code, name)] if code else [])


def test_every_code_is_provoked() -> None:
    families = ("secret.", "config.")
    elsewhere = {"config.missing", "config.data"}  # see config/test_check.py
    elsewhere |= {code for code in catalogue() if code.startswith("secret.certificate")}  # see test_certificates.py
    ours = {code for code in catalogue() if code.startswith(families)} - elsewhere
    assert {code for code, *_ in FAULTS} - {"object.label"} | {"config.stale-pods"} == ours


def test_drifted_configuration_is_reported_elsewhere(world: World) -> None:
    world.one("configmaps", "cortex-mcp", "settings")["data"] = {"LEVEL": "debug"}
    result = judged(world)
    assert (result.findings, result.skipped) == ((), 1)
    assert exit_code((result,), Severity.ERROR) == UNKNOWN, "a skip that nothing explains is no pass"


def test_age_counts_from_when_an_owner_of_the_values_last_wrote(world: World) -> None:
    meta = world.one(*COMMON)["metadata"]
    meta["creationTimestamp"] = "2025-01-01T00:00:00Z"
    meta["managedFields"] = [
        {"manager": "pulumi", "time": "2025-12-30T00:00:00Z", "fieldsV1": {"f:data": {}, "f:metadata": {}}},
        {"manager": "other", "time": "2025-12-31T00:00:00Z", "fieldsV1": {"f:metadata": {}}},
    ]
    reading = part(world).secrets[Place("cortex-mcp", "shared")]
    assert not isinstance(reading, ReadFailure)
    assert reading.value is not None
    assert NOW - reading.value.changed == timedelta(days=2, hours=12)


def test_used_by_others_is_used(world: World) -> None:
    leave("secrets")(world)
    account = {"metadata": {"name": "a"}, "imagePullSecrets": [{"name": "old"}]}
    world.add("serviceaccounts", "cortex-system", account)
    leave("configmaps")(world)
    job = {"spec": {"template": {"spec": {"volumes": [{"name": "v", "configMap": {"name": "old"}}]}}}}
    world.add("cronjobs", "cortex-system", {"metadata": {"name": "c"}, "spec": {"jobTemplate": job}})
    assert judged(world).findings == ()


def test_values_are_read_by_name_and_lists_ask_for_metadata_alone(world: World) -> None:
    seen: list[tuple[str, str]] = []
    part(world, prepare=lambda api: setattr(api, "on_accept", lambda path, accept: seen.append((path, accept))))
    lists = [(path, accept) for path, accept in seen if path.endswith("/secrets")]
    assert {accept for _, accept in lists} == {METADATA}
    gets = {path.rsplit("/", 1)[1] for path, _ in seen if "/secrets/" in path}
    assert gets == {"time-mcp-credentials", "shared", "foreign"}


def test_inside_nothing_is_asked_for(world: World) -> None:
    asked: list[str] = []
    found = part(world, inside=True, prepare=lambda api: setattr(api, "on_request", asked.append))
    assert (asked, found, world.unused) == ([], Secrets(NOW, skipped=secrets.INSIDE), {})


@pytest.mark.parametrize("path", ["secrets/shared", "configmaps", "secrets"])
def test_what_may_not_be_read_is_unknown(world: World, path: str) -> None:
    def forbid(api: FakeApi) -> None:
        for place in (path, f"namespaces/cortex-mcp/{path}"):
            api.faults[f"/api/v1/{place}"] = [status(403, "no")]

    part(world, prepare=forbid)
    result = CHECK.run(world.declaration, world.snapshot())
    assert result.status is Status.UNKNOWN
    assert {unknown.reason for unknown in result.unknowns} == {Reason.FORBIDDEN}


def printed(world: World) -> Iterator[str]:
    """Give everything that is kept and could be printed."""
    yield from (repr(part(world)), repr(world.snapshot()), repr(CHECK.run(world.declaration, world.snapshot())))


@pytest.mark.parametrize("fault", [lambda w: None, *(fault for *_, fault in FAULTS)])
def test_no_value_is_kept(world: World, fault: Break) -> None:
    fault(world)
    plain = [*VALUES.values(), *SHARED.values(), *MANY.values(), "very-secret-more", "very-secret-new"]
    coded = [base64.b64encode(value.encode()).decode() for value in plain]
    for text in printed(world):
        assert [value for value in [*plain, *coded] if value in text] == []


def test_opened_secret_shows_no_value() -> None:
    import msgspec

    opened = msgspec.convert(secret("shared", SHARED), Opened)
    assert (repr(opened), str(opened)) == ("Opened(cortex-mcp/shared)", "Opened(cortex-mcp/shared)")
    assert opened.values_() == SHARED


@pytest.mark.parametrize("data", [{"password": 5}, "very-secret-token", {"password": ["very-secret-token"]}])
def test_answer_that_is_no_secret_shows_no_value(world: World, data: object) -> None:
    put(COMMON, "data", data)(world)
    reading = part(world).secrets[Place("cortex-mcp", "shared")]
    assert isinstance(reading, ReadFailure)
    assert reading.reason is Reason.UNDECODABLE
    assert "very-secret" not in repr(reading)


def test_bytes_that_are_no_text_are_told_from_others(world: World) -> None:
    first = base64.b64encode(b"\xff\x00").decode()
    put(COMMON, "data/password", first)(world)
    assert [finding.code for finding in judged(world).findings] == ["secret.content"]
