from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from provider.api import APPLY, JSON
from provider.cluster import Cluster
from provider.errors import ApiError, CancelledError, ConfigError, NoSuchKindError, UnreachableError, UnsupportedError
from provider.kinds import Kind, parse_token
from provider.kubeconfig import active_cluster, connect
from provider.managed_fields import with_fields_taken_over, without_ignored_changes
from provider.properties import Secret
from provider.settings import Settings, parse, problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Answer = tuple[int, dict[str, str], str]


class Server(ThreadingHTTPServer):
    """Answers from a script, per method and path; the last answer is repeated."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: dict[str, list[Answer]] = {}
        self.seen: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def kubeconfig(self) -> str:
        return json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "mine"}}],
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server_port}"}}],
                "users": [{"name": "u", "user": {"token": "t0ken"}}],
            }
        )

    def says(self, request: str, *answers: Answer | dict[str, Any]) -> None:
        self.script[request] = [a if isinstance(a, tuple) else (200, {}, json.dumps(a)) for a in answers]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = f"{self.command} {self.path.partition('?')[0]}"
        self.server.seen.append((request, dict(self.headers), body))
        answers = self.server.script.get(request) or [(404, {}, "404 page not found")]
        status, headers, text = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cluster(server: Server) -> Cluster:
    return Cluster(*connect(Settings(kubeconfig=server.kubeconfig)))


def test_a_kubeconfig_gives_address_token_and_namespace(server: Server, cluster: Cluster) -> None:
    server.says("GET /api/v1", {"resources": []})
    assert cluster.api.request("GET", "/api/v1") == {"resources": []}
    assert cluster.namespace == "mine"
    assert server.seen[0][1]["Authorization"] == "Bearer t0ken"


def test_a_kubeconfig_file_is_read_by_path(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(server.kubeconfig)
    assert Cluster(*connect(Settings(kubeconfig=str(path), context="c"))).namespace == "mine"
    assert Cluster(*connect(Settings(kubeconfig=str(path), namespace="other"))).namespace == "other"


@pytest.mark.parametrize("kubeconfig", ["/nowhere/kubeconfig", "a: [\nsecret-key", "just\ntext", "{}"])
def test_an_unusable_kubeconfig_is_one_sentence(kubeconfig: str) -> None:
    with pytest.raises(ConfigError, match=r"^the kubeconfig cannot be used: [^\n]+$") as caught:
        connect(Settings(kubeconfig=kubeconfig))
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize("given_as", ["content", "file"])
@pytest.mark.parametrize(("kind", "known"), [("cluster", "c"), ("user", "u")])
def test_a_kubeconfig_that_lacks_what_its_context_names_is_one_sentence(
    server: Server, tmp_path: Path, kind: str, known: str, given_as: str
) -> None:
    content = json.loads(server.kubeconfig)
    content["contexts"][0]["context"][kind] = "gone"
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(content))
    place = "in it" if given_as == "content" else f"in {path}"
    sentence = f"its context 'c' names the {kind} 'gone', and there is no such {kind} {place}: known are {known}"
    with pytest.raises(ConfigError, match=re.escape(f"the kubeconfig cannot be used: {sentence}")):
        connect(Settings(kubeconfig=json.dumps(content) if given_as == "content" else str(path)))
    assert server.seen == []


def with_user(server: Server, **user: Any) -> Settings:
    content = json.loads(server.kubeconfig)
    content["users"][0]["user"] = user
    return Settings(kubeconfig=json.dumps(content))


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo no login >&2; exit 1", "no login"), ("echo '{}'", "missing key"), ("echo no", "decode")],
)
def test_a_failing_credential_plugin_is_one_sentence_and_no_anonymous_request(
    server: Server, capfd: pytest.CaptureFixture[str], script: str, reason: str
) -> None:
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]}
    with pytest.raises(ConfigError, match=rf"credential plugin sh returned neither token nor certificate \(.*{reason}"):
        connect(with_user(server, exec={**run, "interactiveMode": "Never"}))
    assert server.seen == []
    assert capfd.readouterr().err == ""


def test_broken_base64_in_a_kubeconfig_is_one_sentence(server: Server) -> None:
    content = json.loads(server.kubeconfig)
    content["clusters"][0]["cluster"] = {"server": "https://127.0.0.1:1", "certificate-authority-data": "12345"}
    with pytest.raises(ConfigError, match="the kubeconfig cannot be used: "):
        connect(Settings(kubeconfig=json.dumps(content)))


def test_settings_that_would_change_what_happens_are_refused() -> None:
    assert set(problems({"cluster": "x", "renderYamlToDirectory": "", "alwaysRender": "false"})) == {"cluster"}
    for wrong in ("x", "[]", {"timeout": "long"}):
        assert set(problems({"kubeClientSettings": wrong})) == {"kubeClientSettings"}
    assert parse({"kubeconfig": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}) is None


def test_a_setting_comes_from_the_provider_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse({}) == Settings()
    monkeypatch.setenv("PULUMI_K8S_ENABLE_SECRET_MUTABLE", "true")
    monkeypatch.setenv("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", "false")
    assert parse({}) == Settings(secret_mutable=True, server_side=False)
    assert parse({"enableSecretMutable": "false", "enableServerSideApply": True}) == Settings()
    assert parse({"kubeClientSettings": '{"timeout": 7, "qps": 5}'}) == Settings(
        secret_mutable=True, server_side=False, client_timeout=7
    )
    monkeypatch.setenv("PULUMI_K8S_CLIENT_TIMEOUT", "9")
    configured = parse({"kubeClientSettings": {"burst": 5}})
    assert configured is not None
    assert configured.client_timeout == 9


def test_the_cluster_that_a_kubeconfig_leads_to(server: Server, tmp_path: Path) -> None:
    entry = {"server": f"http://127.0.0.1:{server.server_port}"}
    (tmp_path / "kubeconfig").write_text(server.kubeconfig)
    assert active_cluster({"kubeconfig": Secret(server.kubeconfig)}) == entry
    assert active_cluster({"kubeconfig": str(tmp_path / "kubeconfig"), "context": "c"}) == entry
    for unclear in ({}, {"kubeconfig": "/nowhere"}, {"kubeconfig": server.kubeconfig, "context": "other"}):
        assert active_cluster(unclear) is None


def test_refused_credentials_are_read_anew_once(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(server.kubeconfig)
    api, _ = connect(Settings(kubeconfig=str(path)))
    server.says("POST /x", (401, {}, "{}"), {"done": True})
    path.write_text(server.kubeconfig.replace("t0ken", "renewed"))
    assert api.request("POST", "/x", body={}) == {"done": True}
    assert [headers["Authorization"] for _, headers, _ in server.seen] == ["Bearer t0ken", "Bearer renewed"]
    server.says("GET /x", (401, {}, "{}"))
    with pytest.raises(ApiError, match="HTTP 401"):
        api.request("GET", "/x")
    assert len(server.seen) == 4


def test_an_exec_plugin_without_expiry_is_asked_again(server: Server, tmp_path: Path) -> None:
    plugin, counter = tmp_path / "plugin", tmp_path / "count"
    version = "client.authentication.k8s.io/v1"
    credential = f'{{"kind": "ExecCredential", "apiVersion": "{version}", "status": {{"token": "%s"}}}}'
    plugin.write_text(f"#!/bin/sh\necho >> {counter}\nprintf '{credential}' $(wc -l < {counter})\n")
    plugin.chmod(0o755)
    content = json.loads(server.kubeconfig)
    run = {"apiVersion": version, "command": str(plugin), "interactiveMode": "Never"}
    content["users"][0]["user"] = {"exec": run}
    api, _ = connect(Settings(kubeconfig=json.dumps(content)))
    server.says("GET /x", (401, {}, "{}"), {"done": True})
    assert api.request("GET", "/x") == {"done": True}
    assert [headers["Authorization"] for _, headers, _ in server.seen] == ["Bearer 1", "Bearer 2"]


def test_warnings_of_the_server_are_heard(server: Server, cluster: Cluster) -> None:
    header = '299 - "v1 Foo is deprecated", 299 - "unknown field \\"spec.x\\""'
    server.says("GET /x", (200, {"Warning": header}, "{}"))
    heard: list[str] = []
    cluster.api.request("GET", "/x", warn=heard.append)
    assert heard == ["v1 Foo is deprecated", 'unknown field "spec.x"']


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_server_that_asks_to_wait_is_asked_again(server: Server, cluster: Cluster, method: str, status: int) -> None:
    server.says(f"{method} /x", (status, {"Retry-After": "0"}, "{}"), {"done": True})
    assert cluster.api.request(method, "/x", body={"a": 1}) == {"done": True}
    assert [body for _, _, body in server.seen] == [b'{"a":1}'] * 2


def test_cancelling_ends_a_wait_that_the_server_asked_for(server: Server) -> None:
    cancelled = threading.Event()
    api, _ = connect(Settings(kubeconfig=server.kubeconfig), cancelled)
    server.says("POST /x", (429, {"Retry-After": "60"}, "{}"))
    threading.Timer(0.2, cancelled.set).start()
    with pytest.raises(CancelledError):
        api.request("POST", "/x", body={})
    assert len(server.seen) == 1


@pytest.mark.parametrize("content_type", [APPLY, JSON])
def test_any_text_is_sent_so_that_the_server_can_read_it(server: Server, cluster: Cluster, content_type: str) -> None:
    text = "".join(
        map(chr, (*range(0x20), *range(0x7E, 0xA1), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F600))
    )
    server.says("PATCH /x", {})
    cluster.api.request("PATCH", "/x", body={"data": {text: text}}, content_type=content_type)
    body = server.seen[-1][2].decode()
    assert (yaml.safe_load if content_type == APPLY else json.loads)(body) == {"data": {text: text}}


def test_a_refusal_carries_reason_and_causes(server: Server, cluster: Cluster) -> None:
    causes = [{"field": ".spec", "message": 'conflict with "x"'}]
    status = {"kind": "Status", "message": "no", "reason": "Conflict", "details": {"causes": causes}}
    server.says("PATCH /x", (409, {}, json.dumps(status)))
    with pytest.raises(ApiError) as caught:
        cluster.api.request("PATCH", "/x")
    assert (caught.value.status, caught.value.reason, caught.value.causes[0].field) == (409, "Conflict", ".spec")


CONFIG_MAP = Kind("", "v1", "ConfigMap")
CORE = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}


def test_only_the_servers_own_word_means_gone(server: Server, cluster: Cluster) -> None:
    server.says("GET /api/v1", CORE)
    ref = cluster.find(CONFIG_MAP, "ns/a")
    path = "GET /api/v1/namespaces/ns/configmaps/a"
    server.says(path, (404, {}, "a proxy's page"))
    with pytest.raises(ApiError, match="HTTP 404"):
        cluster.get(ref)
    server.says(path, (404, {}, json.dumps({"kind": "Status", "reason": "NotFound", "message": "gone"})))
    assert cluster.get(ref) is None


def test_a_kind_whose_group_is_listed_ahead_of_it_is_asked_for_again(
    server: Server, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provider.cluster._DISCOVERY_PAUSES", (0, 0))
    absent: Answer = (404, {}, "404 page not found")
    served = {"resources": [{"name": "foos", "kind": "Foo", "namespaced": True}]}
    server.says("GET /apis/example.com/v1", absent, absent, served)
    server.says("GET /apis", {"groups": [{"versions": [{"groupVersion": "example.com/v1"}]}]})
    assert cluster.resource(Kind("example.com", "v1", "Foo")).namespaced
    server.says("GET /apis/example.com/v2", absent)
    with pytest.raises(NoSuchKindError):
        cluster.resource(Kind("example.com", "v2", "Foo"))


def test_an_object_is_gone_with_its_kind_and_never_with_half_a_discovery(
    server: Server, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provider.cluster._DISCOVERY_PAUSES", ())
    foo = Kind("example.com", "v1", "Foo")
    discovery = "GET /apis/example.com/v1"
    served: dict[str, Any] = {"resources": [{"name": "foos", "kind": "Foo", "namespaced": True}]}
    absent: Answer = (404, {}, "404 page not found")
    server.says(discovery, served)
    ref = cluster.find(foo, "ns/a")
    for discovered in (served, absent):  # it is there; it does not answer, though it is listed
        server.says(discovery, discovered)
        server.says("GET /apis", {"groups": [{"versions": [{"groupVersion": "example.com/v1"}]}]})
        with pytest.raises(ApiError, match="HTTP 404"):
            cluster.get(ref)
        with pytest.raises(ApiError, match="HTTP 404"):
            cluster.delete(ref, "Foreground")
    server.says("GET /apis", absent)  # a proxy that knows nothing
    with pytest.raises(ApiError, match="HTTP 404"):
        cluster.get(ref)
    server.says("GET /apis", {"groups": []})
    assert cluster.get(ref) is None
    assert cluster.delete(ref, "Foreground") == ""
    server.says(discovery, {"resources": []})  # other kinds of its group stay
    assert cluster.get(ref) is None


def test_a_kind_is_absent_only_when_discovery_says_so(server: Server, cluster: Cluster) -> None:
    foo = Kind("example.com", "v1", "Foo")
    group = {"versions": [{"groupVersion": "example.com/v1"}]}
    server.says("GET /apis", {"groups": [group]})
    with pytest.raises(ApiError):  # listed, but not answering
        cluster.resource(foo)
    server.says("GET /apis", {"groups": []})
    with pytest.raises(NoSuchKindError, match=r"no kind Foo in example.com/v1"):
        cluster.resource(foo)
    server.says("GET /apis/example.com/v1", {"resources": [{"name": "foos", "kind": "Foo", "namespaced": True}]})
    assert cluster.resource(foo).plural == "foos"
    asked = len(server.seen)
    assert cluster.resource(foo).plural == "foos"
    assert len(server.seen) == asked


def test_no_answer_and_a_strange_answer_are_no_statement_about_objects(server: Server, cluster: Cluster) -> None:
    server.says("GET /x", (200, {}, "<html>"))
    with pytest.raises(UnreachableError, match="does not answer like a Kubernetes API"):
        cluster.api.request("GET", "/x")
    closed = json.loads(server.kubeconfig)
    closed["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:1"
    api, _ = connect(Settings(kubeconfig=json.dumps(closed)))
    with pytest.raises(UnreachableError, match=r"http://127.0.0.1:1 does not answer .*check that the cluster is"):
        api.request("GET", "/x")


@pytest.mark.parametrize("way", ["HTTPS_PROXY", "proxy-url"])
def test_no_answer_through_a_proxy_names_it_without_its_password(
    server: Server, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxied, proxy = json.loads(server.kubeconfig), "http://me:pa55word@127.0.0.1:1"
    proxied["clusters"][0]["cluster"]["server"] = "https://192.0.2.1:6443"
    if way == "proxy-url":
        proxied["clusters"][0]["cluster"][way] = proxy
    else:
        monkeypatch.setenv(way, proxy)
    api, _ = connect(Settings(kubeconfig=json.dumps(proxied)))
    where = "https://192.0.2.1:6443 through the proxy http://127.0.0.1:1 does not answer"
    with pytest.raises(UnreachableError, match=where) as caught:
        api.request("GET", "/x")
    assert "pa55word" not in str(caught.value)


OURS = {"manager": "pulumi-kubernetes", "operation": "Update", "fieldsV1": {"f:data": {"f:a": {}}}}
APPLIED = {"manager": "pulumi-kubernetes-1", "operation": "Apply", "fieldsV1": {"f:data": {"f:b": {}}}}
THEIRS = {"manager": "someone", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}


def test_ownership_left_by_a_create_or_by_kubectl_becomes_that_of_an_apply() -> None:
    kubectl = {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {"f:spec": {}}}
    status = {**OURS, "subresource": "status"}
    live = {"metadata": {"resourceVersion": "7", "managedFields": [OURS, THEIRS, APPLIED, kubectl, status]}}
    settled = with_fields_taken_over(live, "pulumi-kubernetes-1")
    assert settled is not None
    fields: dict[str, Any] = {"f:data": {"f:a": {}, "f:b": {}}, "f:spec": {}}
    assert settled["metadata"]["managedFields"] == [THEIRS, status, {**APPLIED, "fieldsV1": fields}]
    assert with_fields_taken_over(settled, "pulumi-kubernetes-1") is None


def test_ownership_is_taken_over_again_when_another_wrote_meanwhile(server: Server, cluster: Cluster) -> None:
    server.says("GET /api/v1", CORE)
    path = "/api/v1/namespaces/ns/configmaps/a"
    live = {"metadata": {"resourceVersion": "7", "managedFields": [OURS]}}
    server.says(f"GET {path}", {"metadata": {"resourceVersion": "8", "managedFields": [OURS, THEIRS]}})
    server.says(f"PATCH {path}", (409, {}, json.dumps({"kind": "Status", "reason": "Conflict"})), {"done": True})
    assert cluster.take_over_fields(cluster.find(CONFIG_MAP, "ns/a"), live, "m") == {"done": True}
    test, change = json.loads(server.seen[-1][2])
    assert test == {"op": "test", "path": "/metadata/resourceVersion", "value": "8"}
    assert change["path"] == "/metadata/managedFields"


def test_an_ignored_field_is_left_to_its_manager_or_sent_as_it_is() -> None:
    declared = {"spec": {"replicas": 1, "paused": True, "x": 1}, "data": {"b.c": "declared"}}
    live = {
        "metadata": {"managedFields": [{**APPLIED, "fieldsV1": {"f:data": {"f:b.c": {}}}}, THEIRS]},
        "spec": {"replicas": 5},
        "data": {"b.c": "live"},
    }
    ignored = ["spec.replicas", 'data["b.c"]', "spec.items[0]", "spec.paused"]
    assert without_ignored_changes(declared, live, "pulumi-kubernetes-1", ignored) == {
        "spec": {"paused": True, "x": 1},
        "data": {"b.c": "live"},
    }


def test_tokens_name_kinds_or_are_refused_in_a_sentence() -> None:
    assert parse_token("kubernetes:core/v1:Secret", {}) == Kind("", "v1", "Secret")
    assert parse_token("kubernetes:apps/v1:Deployment", {}).api_version == "apps/v1"
    patch = Kind("", "v1", "Pod", is_patch=True)
    assert parse_token("kubernetes:core/v1:PodPatch", {"kind": "Pod"}) == patch
    own = parse_token("kubernetes:example.com/v1:EnvoyPatch", {"kind": "EnvoyPatch"})
    assert own == Kind("example.com", "v1", "EnvoyPatch")
    for token in ("kubernetes:helm.sh/v3:Release", "kubernetes:yaml/v2:ConfigGroup"):
        with pytest.raises(UnsupportedError, match="install the official plugin"):
            parse_token(token, {})
    with pytest.raises(UnsupportedError, match="declare its items"):
        parse_token("kubernetes:core/v1:ConfigMapList", {})
