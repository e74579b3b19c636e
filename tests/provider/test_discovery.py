"""Discovery of kinds, against scripted answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provider.errors import ApiError, NoSuchKindError
from provider.kinds import Kind

if TYPE_CHECKING:
    from provider.cluster import Cluster
    from tests.provider.fake_server import Answer, Server


def test_discovery_is_repeated_while_a_listed_group_answers_404(
    server: Server, fake_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provider.discovery._PAUSES", (0, 0))
    absent: Answer = (404, {}, "404 page not found")
    served = {"resources": [{"name": "foos", "kind": "Foo", "namespaced": True}]}
    server.says("GET /apis/example.com/v1", absent, absent, served)
    server.says("GET /apis", {"groups": [{"versions": [{"groupVersion": "example.com/v1"}]}]})
    assert fake_cluster.resource(Kind("example.com", "v1", "Foo")).namespaced
    server.says("GET /apis/example.com/v2", absent)
    with pytest.raises(NoSuchKindError):
        fake_cluster.resource(Kind("example.com", "v2", "Foo"))


def test_a_kind_is_absent_only_when_discovery_says_so(server: Server, fake_cluster: Cluster) -> None:
    foo = Kind("example.com", "v1", "Foo")
    group = {"versions": [{"groupVersion": "example.com/v1"}]}
    server.says("GET /apis", {"groups": [group]})
    with pytest.raises(ApiError):  # listed, but not answering
        fake_cluster.resource(foo)
    server.says("GET /apis", {"groups": []})
    with pytest.raises(NoSuchKindError, match=r"no kind Foo in example.com/v1"):
        fake_cluster.resource(foo)
    server.says("GET /apis/example.com/v1", {"resources": [{"name": "foos", "kind": "Foo", "namespaced": True}]})
    assert fake_cluster.resource(foo).plural == "foos"
    asked = len(server.seen)
    assert fake_cluster.resource(foo).plural == "foos"
    assert len(server.seen) == asked
