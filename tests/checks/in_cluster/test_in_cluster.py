"""A verification inside the cluster: its credentials, its declaration, its way to the servers, and its patience."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import certifi
import pytest

from checks.errors import UsageError
from checks.health import collect as health
from checks.health.http_probe import Reply
from checks.kube.connection import Connection, from_service_account
from checks.kube.endpoint import endpoint
from checks.kube.reading import Permission, Reason
from checks.kube.retry import patiently
from checks.mcp import replicas as mcp_replicas
from checks.mcp.answer import Answer as McpAnswer
from checks.mcp.answer import Outcome
from checks.objects import collect as unmanaged
from checks.results.result import Report, Severity, Status
from checks.verification.verify import verify_deployed
from stacks.model import names
from tests.checks.fake_api import Answer, FakeApi, ordinary, serve, status
from tests.checks.world import Json, World, declared, known

pytestmark = pytest.mark.usefixtures("patient")

ENVIRONMENT = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
DECLARATION = "/api/v1/namespaces/cortex-system/configmaps/cortex-declaration"


@pytest.fixture
def account(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("first-token\n")
    (tmp_path / "ca.crt").write_text(Path(certifi.where()).read_text())
    return tmp_path


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers={}, configMaps={}))) as api:
        yield api


def verified(api: FakeApi) -> Report:
    connection = Connection("in-cluster", api.url, token=lambda: "Bearer secret", inside=True, resolve=known)
    return anyio.run(verify_deployed, connection, Severity.ERROR)


def deployed(api: FakeApi) -> Json:
    return api.world.one("configmaps", "cortex-system", "cortex-declaration")


def test_pods_account_is_used(account: Path) -> None:
    connection = from_service_account(account, ENVIRONMENT)
    assert (connection.context, connection.host, connection.inside) == ("in-cluster", "https://10.96.0.1:443", True)
    assert connection.tls is not None
    assert connection.token() == "Bearer first-token"


def test_renewed_token_is_used_at_once(account: Path) -> None:
    connection = from_service_account(account, ENVIRONMENT)
    (account / "token").write_text("second-token\n")
    assert connection.token() == "Bearer second-token"


@pytest.mark.parametrize("missing", ["token", "ca.crt"])
def test_pod_without_its_accounts_files_is_told(account: Path, missing: str) -> None:
    (account / missing).unlink()
    with pytest.raises(UsageError, match=r"--in-cluster works only in a pod .* elsewhere give a STACK$"):
        from_service_account(account, ENVIRONMENT)


def test_elsewhere_than_in_a_pod_is_told(account: Path) -> None:
    with pytest.raises(UsageError, match=r"Service host/port is not set; elsewhere give a STACK$"):
        from_service_account(account, {})


def test_servers_are_reached_by_name_and_without_the_credentials() -> None:
    server = declared().servers["time"]
    connection = Connection(
        "in-cluster", "https://10.96.0.1", token=lambda: "Bearer secret", inside=True, domain="corp.test"
    )
    way, path = endpoint(connection, "time", server)
    assert way.host + path == names.endpoint("time", server.namespace, server.port, server.path, "corp.test")
    assert way.token() is None


def test_from_outside_servers_are_reached_through_the_api_server() -> None:
    connection = Connection("test", "https://api", token=lambda: "Bearer secret")
    way, path = endpoint(connection, "time", declared().servers["time"])
    assert way is connection
    assert path == "/api/v1/namespaces/cortex-mcp/services/http:time-mcp-server:8080/proxy/mcp"


def test_deployed_declaration_is_the_expectation(api: FakeApi) -> None:
    report = verified(api)
    assert (report.status, report.exit_code) == (Status.PASS, 0)
    assert (report.stack, report.context) == ("", "test")
    assert report.declaration == api.world.declaration.digest()
    api.world.remove("nodes", "", "node-1")
    report = verified(api)
    assert ([finding.code for finding in report.findings], report.exit_code) == (["node.count"], 1)


def test_edited_declaration_is_a_finding(api: FakeApi) -> None:
    edited = declared(servers={}, configMaps={}, cluster={"context": "test", "environment": "testing", "nodes": 1})
    deployed(api)["data"] = {names.DECLARATION_KEY: edited.canonical()}
    api.world.remove("nodes", "", "node-1")
    report = verified(api)
    assert ([finding.code for finding in report.findings], report.exit_code) == (["declaration.corrupt"], 1)


def absent(api: FakeApi) -> None:
    api.world.remove("configmaps", "cortex-system")


def unreadable(api: FakeApi) -> None:
    deployed(api)["data"] = {names.DECLARATION_KEY: '{"later": {}}'}


def contradictory(api: FakeApi) -> None:
    """Leave out the namespace that every declaration must have; each part alone is valid."""
    content = json.loads(deployed(api)["data"][names.DECLARATION_KEY])
    del content["namespaces"]["cortex-system"]
    deployed(api)["data"] = {names.DECLARATION_KEY: json.dumps(content)}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (absent, "ConfigMap cortex-system/cortex-declaration does not exist: deploy the stack (`pulumi up`)"),
        (unreadable, "has no declaration that this version of cortex can read: deploy the stack again"),
        (contradictory, "has no declaration that this version of cortex can read: deploy the stack again"),
    ],
    ids=["absent", "unreadable", "contradictory"],
)
def test_without_a_declaration_nothing_is_known(api: FakeApi, change: Callable[[FakeApi], None], sentence: str) -> None:
    change(api)
    report = verified(api)
    assert (report.status, report.exit_code, report.declaration) == (Status.UNKNOWN, 3, "")
    (unknown,) = report.unknowns
    assert sentence in unknown.message


def test_forbidden_declaration_names_the_missing_right(api: FakeApi) -> None:
    api.faults[DECLARATION] = [status(403, "no")]
    report = verified(api)
    (unknown,) = report.unknowns
    assert (report.exit_code, unknown.reason) == (3, Reason.FORBIDDEN)
    assert unknown.permission == Permission("get", "configmaps", "cortex-system")


def test_network_that_comes_late_is_waited_for(api: FakeApi) -> None:
    api.faults[DECLARATION] = [Answer(drop=True), ordinary()]
    assert verified(api).exit_code == 0


def test_server_whose_policy_comes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    talos = {**declared().servers["talos"].model_dump(), "replicas": 1}
    with serve(World(declared(servers={"talos": talos}))) as api:
        answers = [
            McpAnswer(Outcome.UNREACHABLE, "refused"),
            McpAnswer(Outcome.UNREACHABLE, "no connection within 5 s"),
        ]
        answers.append(McpAnswer(Outcome.ANSWERED, definitions={"talos_health": {}, "talos_list": {}}))

        replies = [Reply(None, "refused"), *[Reply(200)] * 3]

        async def probe(*_: object) -> McpAnswer:
            return answers.pop(0)

        async def ask(*_: object) -> Reply:
            return replies.pop(0)

        monkeypatch.setattr(mcp_replicas, "probe", probe)
        monkeypatch.setattr(health, "ask", ask)
        assert verified(api).findings == ()
    assert (answers, replies) == ([], [])


def test_kinds_that_no_stack_declares_are_not_asked_for(api: FakeApi) -> None:
    report = verified(api)
    assert not {kind.path() for name, kind in unmanaged.KINDS.items() if name != "Pod"} & set(api.requests)
    (result,) = [result for result in report.results if result.name == "objects"]
    facts = [(fact.subject, fact.name, fact.value) for fact in result.facts]
    assert (result.status, facts) == (Status.PASS, [("kinds that few stacks declare", "searched", False)])


def test_patience_ends() -> None:
    asked: list[int] = []

    async def ask() -> int:
        asked.append(len(asked))
        return asked[-1]

    async def main() -> tuple[int, int]:
        answered = await patiently(ask, lambda number: number == 2, settle=60, pause=0)
        return answered, await patiently(ask, lambda number: False, settle=0.2, pause=0.1)

    answered, given_up = anyio.run(main)
    assert answered == 2
    assert 3 <= given_up <= 5
