"""Requests: retries, credentials, warnings, encoding and errors, against scripted answers."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
import yaml

from provider.api import APPLY, JSON
from provider.errors import ApiError, CancelledError, UnreachableError
from provider.kubeconfig import connect
from provider.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from provider.cluster import Cluster
    from tests.provider.fake_server import Server


def test_refused_credentials_are_renewed_once(server: Server, tmp_path: Path) -> None:
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


def test_warnings_in_the_header_are_passed_to_the_caller(server: Server, fake_cluster: Cluster) -> None:
    header = '299 - "v1 Foo is deprecated", 299 - "unknown field \\"spec.x\\""'
    server.says("GET /x", (200, {"Warning": header}, "{}"))
    heard: list[str] = []
    fake_cluster.api.request("GET", "/x", warn=heard.append)
    assert heard == ["v1 Foo is deprecated", 'unknown field "spec.x"']


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_request_is_repeated_after_retry_after(
    server: Server, fake_cluster: Cluster, method: str, status: int
) -> None:
    server.says(f"{method} /x", (status, {"Retry-After": "0"}, "{}"), {"done": True})
    assert fake_cluster.api.request(method, "/x", body={"a": 1}) == {"done": True}
    assert [body for _, _, body in server.seen] == [b'{"a":1}'] * 2


def test_cancelling_ends_the_wait_for_retry_after(server: Server) -> None:
    cancelled = threading.Event()
    api, _ = connect(Settings(kubeconfig=server.kubeconfig), cancelled)
    server.says("POST /x", (429, {"Retry-After": "60"}, "{}"))
    threading.Timer(0.2, cancelled.set).start()
    with pytest.raises(CancelledError):
        api.request("POST", "/x", body={})
    assert len(server.seen) == 1


@pytest.mark.parametrize("content_type", [APPLY, JSON])
def test_any_text_arrives_unchanged(server: Server, fake_cluster: Cluster, content_type: str) -> None:
    text = "".join(
        map(chr, (*range(0x20), *range(0x7E, 0xA1), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F600))
    )
    server.says("PATCH /x", {})
    fake_cluster.api.request("PATCH", "/x", body={"data": {text: text}}, content_type=content_type)
    body = server.seen[-1][2].decode()
    assert (yaml.safe_load if content_type == APPLY else json.loads)(body) == {"data": {text: text}}


def test_a_refusal_carries_reason_and_causes(server: Server, fake_cluster: Cluster) -> None:
    causes = [{"field": ".spec", "message": 'conflict with "x"'}]
    status = {"kind": "Status", "message": "no", "reason": "Conflict", "details": {"causes": causes}}
    server.says("PATCH /x", (409, {}, json.dumps(status)))
    with pytest.raises(ApiError) as caught:
        fake_cluster.api.request("PATCH", "/x")
    assert (caught.value.status, caught.value.reason, caught.value.causes[0].field) == (409, "Conflict", ".spec")


def test_no_answer_and_an_invalid_answer_mean_unreachable(server: Server, fake_cluster: Cluster) -> None:
    server.says("GET /x", (200, {}, "<html>"))
    with pytest.raises(UnreachableError, match="does not answer like a Kubernetes API"):
        fake_cluster.api.request("GET", "/x")
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
