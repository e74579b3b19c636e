"""A talos MCP server that wants a token: `cortex talos status` and the check `talos` ask with the declared one."""

import base64
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

from checks.kube.connection import Connection
from checks.mcp import replicas
from tests.checks.cli.project import Project
from tests.checks.fake_api import Answer, FakeApi
from tests.checks.mcp.authorizing import CLIENT, SECRET, AuthorizationServer, authorizing
from tests.checks.mcp.test_authorization import TOKEN, guarded
from tests.checks.mcp.test_probe import running
from tests.checks.talos.simulated_node import SimulatedCluster
from tests.checks.talos.talos_servers import pypi
from tests.checks.talos.talos_world import become_talos
from tests.checks.world import SETTINGS, World, declared

STORED = {"secret": "talos-token", "key": "token"}
PROBES = "/api/v1/namespaces/cortex-mcp/services/http:talos-mcp-server:8080/proxy"
Gated = Callable[..., Project]


@pytest.fixture
def gated(
    project: Project, api: FakeApi, talos: SimulatedCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gated]:
    """Give a project whose talos MCP server wants TOKEN, and whose Secret has this one, if any."""
    config = tmp_path / "served"
    addresses = [node.address for node in talos.nodes.values() if node.control_plane]
    config.write_text(talos.talosconfig(endpoints=[f"{address}:{talos.port}" for address in addresses]))
    with ExitStack() as stack:
        server = stack.enter_context(running(guarded(pypi(config).app())))

        @asynccontextmanager
        async def forwarded(_connection: Connection, _namespace: str, _pod: str, _port: int) -> AsyncGenerator[str]:
            yield server.host.removeprefix("http://")

        monkeypatch.setattr(replicas, "forwarded", forwarded)

        def made(authorization: dict[str, Any] | None, token: str = TOKEN) -> Project:
            one = {**SETTINGS["servers"]["talos"], **({"authorization": authorization} if authorization else {})}
            servers = {**SETTINGS["servers"], "talos": one}
            secrets = {"talos-token": {"namespace": "cortex-mcp", "existing": ["token"]}}
            settings = {**SETTINGS, "servers": servers, "secrets": secrets}
            project.declare({**settings, "cluster": {**SETTINGS["cluster"], "nodes": 4}, "talos": {"port": talos.port}})
            world = World(declared())
            become_talos(world, talos.nodes.values())
            api.world.__dict__.update(world.__dict__)
            data = {"token" if token else "other": base64.b64encode(token.encode()).decode()}
            api.world.add("secrets", "cortex-mcp", {"metadata": {"name": "talos-token"}, "data": data})
            for path in ("health", "ready", "startup"):
                api.faults[f"{PROBES}/{path}"] = [Answer(200)]
            pods = [pod["metadata"]["name"] for pod in api.world.objects["pods", "cortex-mcp"]]
            api.leads.update(dict.fromkeys((one for one in pods if one.startswith("talos")), server.host))
            return project

        yield made


def status(project: Project) -> dict[str, Any]:
    out, err = project.cortex("talos", "status", "test", "--format", "json", code=3)
    assert TOKEN not in out + err
    report: dict[str, Any] = json.loads(out)
    return report


def answering(report: dict[str, Any]) -> set[tuple[str, ...]]:
    return {tuple(node["ways"]) for node in report["nodes"]}


def used(report: dict[str, Any]) -> str:
    [way] = [way for way in report["ways"] if way["way"] == "mcp"]
    detail: str = way["detail"]
    return detail


def test_right_token_is_used_and_shown_nowhere(gated: Gated) -> None:
    report = status(gated({"bearer": STORED}))
    assert (answering(report), used(report)) == ({("mcp",)}, "")
    assert {node["talos"] for node in report["nodes"]} == {"v1.6.7"}


def test_check_uses_the_token(gated: Gated, talos: SimulatedCluster) -> None:
    talos.nodes["127.0.0.21"].services["kubelet"] = ("Running", False, "refused")
    project = gated({"bearer": STORED})
    out, _ = project.cortex("verify", "test", "--only", "talos", "--format", "json", code=1)
    [result] = json.loads(out)["results"]
    assert [finding["code"] for finding in result["findings"]] == ["talos.service"]
    assert TOKEN not in out


def test_access_token_of_a_client_is_used(gated: Gated) -> None:
    with authorizing(AuthorizationServer()) as login:
        # The check of the MCP servers, on which the health of the pods rests, asks for one of its own.
        login.answers = [JSONResponse({"access_token": TOKEN, "token_type": "Bearer"}) for _ in range(2)]
        client = {"tokenUrl": f"{login.url}/token", "clientId": CLIENT, "clientSecret": STORED}
        report = status(gated({"clientCredentials": client}, SECRET))
    assert (answering(report), used(report)) == ({("mcp",)}, "")
    assert SECRET not in json.dumps(report)


REFUSED = "the server runs, but requires credentials (HTTP 401)"
DECLARE = "declare a token or an OAuth client in cortex:servers.talos.authorization"


@pytest.mark.parametrize(
    ("authorization", "token", "detail"),
    [
        ({"bearer": STORED}, "another", f"it refuses the declared token: {REFUSED}"),
        ({"anonymous": "refused"}, TOKEN, f"{REFUSED}: {DECLARE}"),
        (None, TOKEN, f"{REFUSED}: {DECLARE}"),
        ({"bearer": STORED}, "", None),
        ({"bearer": STORED}, "two words", None),
    ],
    ids=["wrong", "anonymous", "none", "no key", "unusable"],
)
def test_without_an_accepted_token_it_is_unknown_and_says_which(
    gated: Gated, authorization: dict[str, Any] | None, token: str, detail: str | None
) -> None:
    report = status(gated(authorization, token))
    assert (report["overall"], answering(report)) == ("unknown", {()})
    said = used(report)
    if detail:
        assert said == f"the MCP server talos: {detail}"
    else:
        assert said.startswith("the MCP server talos: cannot read the token ")
    assert all(said in node["detail"] for node in report["nodes"])


def test_refused_access_token_and_refused_client_are_told_apart(gated: Gated) -> None:
    with authorizing(AuthorizationServer()) as login:
        client = {"tokenUrl": f"{login.url}/token", "clientId": CLIENT, "clientSecret": STORED}
        accepted = used(status(gated({"clientCredentials": client}, SECRET)))
        refused = used(status(gated({"clientCredentials": client}, "wrong")))
    assert accepted == f"the MCP server talos: it refuses the access token of the declared client: {REFUSED}"
    assert refused == "the MCP server talos: the authorization server refuses the declared client: invalid_client"
