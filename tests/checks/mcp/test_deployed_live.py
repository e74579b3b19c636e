"""Servers that Pulumi deploys and the verifier in the cluster asks: by an OAuth client, and by probes over MCP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.waiting import wait_until
from tests.checks.world import Json
from tests.conftest import Cluster
from tests.stacks.changing import Project

pytestmark = pytest.mark.live

HERE = Path(__file__).parent
SECRET, TOKEN = "live-secret-4711", "live-token-4711"
LOGIN = "login.yaml"
ISSUER = "http://login.cortex-workers.svc:8080"
LABELS = {"app": "login"}
CLIENT = {"clientId": "cortex", "clientSecret": {"secret": "client", "key": "secret"}}
VERIFIER = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cortex-system"}}}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def login(image: str) -> str:
    """Return the manifests of the authorization server, which admits the verifier only."""
    given = {"SECRET": SECRET, "TOKEN": TOKEN, "ISSUER": ISSUER}
    container = {
        "name": "login",
        "image": image,
        "command": ["python3", "/program/live_login.py"],
        "env": [{"name": name, "value": value} for name, value in given.items()],
        "ports": [{"containerPort": 9000, "name": "http"}],
        "readinessProbe": {"tcpSocket": {"port": 9000}, "periodSeconds": 1},
        "volumeMounts": [{"name": "program", "mountPath": "/program"}],
        "securityContext": RESTRICTED,
    }
    pod = {
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "program", "configMap": {"name": "login"}}],
    }
    template = {"metadata": {"labels": LABELS}, "spec": pod}
    port = {"name": "http", "port": 8080, "targetPort": "http"}
    rule = {"from": [VERIFIER], "ports": [{"port": 9000, "protocol": "TCP"}]}
    admitted = {"podSelector": {"matchLabels": LABELS}, "ingress": [rule]}
    contents: list[tuple[str, str, Json]] = [
        ("v1", "ConfigMap", {"data": {"live_login.py": (HERE / "live_login.py").read_text()}}),
        ("v1", "Service", {"spec": {"selector": LABELS, "ports": [port]}}),
        ("networking.k8s.io/v1", "NetworkPolicy", {"spec": admitted}),
        ("apps/v1", "Deployment", {"spec": {"selector": {"matchLabels": LABELS}, "template": template}}),
    ]
    metadata = {"name": "login", "namespace": "cortex-workers"}
    return yaml.safe_dump_all(
        [{"apiVersion": version, "kind": kind, "metadata": metadata, **content} for version, kind, content in contents]
    )


def server(mode: str, **settings: Any) -> Json:
    # A busy machine needs a second for a command in a container.
    readiness = {"mcp": {"image": "cortex.local/cortex"}, "periodSeconds": 2, "timeoutSeconds": 6}
    probes = {"tcpSocket": {}, "readiness": readiness}
    return {
        "image": "cortex.local/cortex",
        "version": "1",
        "transport": "http",
        "replicas": 1,
        "command": ["python3", "/etc/mcp/config/server.py"],
        "args": [mode],
        "config": {"server.py": (HERE / "live_server.py").read_text()},
        "capabilities": {"live": ["add"]},
        "smoke": {"tool": "add", "arguments": {"a": 1, "b": 2}},
        "clients": [{"namespace": "cortex-system"}],
        "probes": probes,
        "terminationGracePeriodSeconds": 1,
        **settings,
    }


def declared(project: Project) -> Json:
    settings = project.declared()
    gate = {"clientCredentials": {**CLIENT, "issuer": ISSUER}}
    settings["servers"] = {
        "gated": server("gated", env={"TOKEN": TOKEN}, authorization=gate),
        "stream": server("stream", transport="sse", path="/sse"),
    }
    settings["secrets"] = {"client": {"namespace": "cortex-mcp", "keys": {"secret": {"literal": SECRET}}}}
    settings["manifests"] = [LOGIN]
    settings["verifier"]["egress"] = [{"namespace": "cortex-workers", "labels": LABELS, "ports": [9000]}]
    return settings


@pytest.fixture(scope="module")
def project(stack: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The servers, which the verifier in the cluster found as declared: otherwise the deployment fails."""
    project = Project(stack, tmp_path_factory.mktemp("deployed"))
    images = json.loads((stack.folder / "images.json").read_text())
    project.write(LOGIN, login(images["cortex.local/cortex"]))
    try:
        project.up(declared(project))
        yield project
    finally:
        project.restore()


def found(project: Project, check: str) -> Json:
    """Return what a verification finds by one check."""
    done = project.cortex("verify", "local", "--only", check, "--format", "json")
    assert SECRET not in done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
    report: Json = json.loads(done.stdout)
    return report


def findings(report: Json) -> dict[str, str]:
    return {one["code"]: one["message"] for result in report["results"] for one in result["findings"]}


def unknowns(report: Json) -> list[Json]:
    return [unknown for result in report["results"] for unknown in result["unknowns"]]


def test_gated_server_is_verified_by_its_client(project: Project) -> None:
    report = found(project, "mcp")
    assert [result["status"] for result in report["results"]] == ["pass"], report["results"]
    published = project.live("configmap", "cortex-verification", "--namespace", "cortex-system")["data"]
    assert published["status"] == "pass"
    assert SECRET not in json.dumps(published)


def test_refused_client_is_found_and_an_absent_authorization_server_unknown(project: Project) -> None:
    settings = declared(project)
    client = settings["servers"]["gated"]["authorization"]["clientCredentials"]
    client["clientId"] = "another"
    project.declare(settings)
    assert findings(found(project, "mcp"))["mcp.credentials"].endswith("declared client: invalid_client")
    client["issuer"] = "http://nobody.cortex-workers.svc:8080"
    project.declare(settings)
    (unknown,) = unknowns(found(project, "mcp"))
    assert unknown["what"] == "ask http://nobody.cortex-workers.svc:8080 for an access token"
    assert unknown["message"] == "find a pod of Service cortex-workers/nobody: the Service does not exist"
    project.declare(declared(project))


@pytest.mark.parametrize("kind", ["gated", "stream"])
def test_hung_server_is_not_ready_until_it_answers_again(project: Project, kind: str) -> None:
    name = f"{kind}-mcp-server"
    place = ("--namespace", "cortex-mcp", f"deployment/{name}")

    def ready() -> bool:
        return bool(project.live(*place)["status"].get("readyReplicas"))

    assert ready()
    project.run("kubectl", "exec", *place, "-c", name, "--", "touch", "/tmp/hang")
    try:
        assert wait_until(lambda: not ready(), 60)
        told = findings(found(project, "health"))["server.unavailable"]
        assert "Readiness probe" in told
        assert "no answer over MCP within" in told
    finally:
        project.run("kubectl", "exec", *place, "-c", name, "--", "rm", "/tmp/hang")
    assert wait_until(ready, 60)
