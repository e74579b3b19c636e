"""Missing objects, and the take-over of fields, against scripted answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from provider.errors import ApiError
from provider.kinds import Kind
from tests.provider.fakes import OURS, THEIRS

if TYPE_CHECKING:
    from provider.cluster import Cluster
    from tests.provider.fake_server import Answer, Server


CONFIG_MAP = Kind("", "v1", "ConfigMap")


CORE = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}


def test_only_a_status_of_the_server_means_not_found(server: Server, fake_cluster: Cluster) -> None:
    server.says("GET /api/v1", CORE)
    ref = fake_cluster.find(CONFIG_MAP, "ns/a")
    path = "GET /api/v1/namespaces/ns/configmaps/a"
    server.says(path, (404, {}, "a proxy's page"))
    with pytest.raises(ApiError, match="HTTP 404"):
        fake_cluster.get(ref)
    server.says(path, (404, {}, json.dumps({"kind": "Status", "reason": "NotFound", "message": "gone"})))
    assert fake_cluster.get(ref) is None


def test_a_404_without_a_status_means_gone_only_if_its_kind_is_gone(
    server: Server, fake_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provider.discovery._PAUSES", ())
    foo = Kind("example.com", "v1", "Foo")
    discovery = "GET /apis/example.com/v1"
    served: dict[str, Any] = {"resources": [{"name": "foos", "kind": "Foo", "namespaced": True}]}
    absent: Answer = (404, {}, "404 page not found")
    server.says(discovery, served)
    ref = fake_cluster.find(foo, "ns/a")
    for discovered in (served, absent):  # the kind is served; or it is listed but does not answer
        server.says(discovery, discovered)
        server.says("GET /apis", {"groups": [{"versions": [{"groupVersion": "example.com/v1"}]}]})
        with pytest.raises(ApiError, match="HTTP 404"):
            fake_cluster.get(ref)
        with pytest.raises(ApiError, match="HTTP 404"):
            fake_cluster.delete(ref, "Foreground")
    server.says("GET /apis", absent)  # as from a proxy
    with pytest.raises(ApiError, match="HTTP 404"):
        fake_cluster.get(ref)
    server.says("GET /apis", {"groups": []})
    assert fake_cluster.get(ref) is None
    assert fake_cluster.delete(ref, "Foreground") == ""
    server.says(discovery, {"resources": []})  # other kinds of the group remain
    assert fake_cluster.get(ref) is None


def test_the_take_over_is_repeated_after_a_concurrent_write(server: Server, fake_cluster: Cluster) -> None:
    server.says("GET /api/v1", CORE)
    path = "/api/v1/namespaces/ns/configmaps/a"
    live = {"metadata": {"resourceVersion": "7", "managedFields": [OURS]}}
    server.says(f"GET {path}", {"metadata": {"resourceVersion": "8", "managedFields": [OURS, THEIRS]}})
    server.says(f"PATCH {path}", (409, {}, json.dumps({"kind": "Status", "reason": "Conflict"})), {"done": True})
    assert fake_cluster.take_over_fields(fake_cluster.find(CONFIG_MAP, "ns/a"), live, "m") == {"done": True}
    test, change = json.loads(server.seen[-1][2])
    assert test == {"op": "test", "path": "/metadata/resourceVersion", "value": "8"}
    assert change["path"] == "/metadata/managedFields"
