"""Reads against a server that behaves, and one that does not: nothing raises, nothing hangs, nothing passes unseen."""

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import anyio
import pytest
import stamina

from checks.kube import connection as access_module
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.models import Version
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.kube.resources import CONFIG_MAPS, NAMESPACED, PODS
from tests.checks.fake_api import Answer, FakeApi, html, ordinary, serve, status
from tests.checks.world import World, declared

pytestmark = pytest.mark.usefixtures("impatient")

T = TypeVar("T")
PATH = "/api/v1/namespaces/cortex-mcp/pods"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared())) as api:
        yield api


def ask(api: FakeApi, read: Callable[[ApiClient], Awaitable[Reading[T]]]) -> Reading[T]:
    async def main() -> Reading[T]:
        async with Connection("test", api.url, token=lambda: "Bearer secret").client() as client:
            return await read(ApiClient(client))

    return anyio.run(main)


def unread(reading: Reading[T]) -> ReadFailure:
    assert isinstance(reading, ReadFailure)
    return reading


def read(reading: Reading[T]) -> T:
    assert isinstance(reading, Read)
    return reading.value


def test_all_pages_are_read(api: FakeApi) -> None:
    api.page_size = 1
    reading = ask(api, lambda a: a.list(PODS, "cortex-mcp"))
    assert isinstance(reading, Read)
    assert [pod.metadata.name for pod in reading.value] == [
        pod["metadata"]["name"] for pod in api.world.objects["pods", "cortex-mcp"]
    ]
    assert api.requests[PATH] == 4
    assert api.queries[0]["limit"] == "500"


def test_expired_page_starts_over_without_pages(api: FakeApi) -> None:
    api.page_size = 1
    api.faults[PATH] = [ordinary(), status(410, "too old"), ordinary()]
    reading = ask(api, lambda a: a.list(PODS, "cortex-mcp"))
    assert isinstance(reading, Read)
    assert len(reading.value) == 4
    assert "limit" not in api.queries[-1]


def test_credentials_go_with_every_request(api: FakeApi) -> None:
    ask(api, lambda a: a.version())
    assert api.authorizations == {"Bearer secret"}


def test_last_lines_of_a_log(api: FakeApi) -> None:
    accepted: list[str] = []
    api.on_accept = lambda path, accept: accepted.append(accept)
    api.faults[f"{PATH}/x/log"] = [Answer(200, b"one\n\xfftwo\r\n\n"), Answer(200, b""), status(403, "no")]
    log = lambda a: a.log("cortex-mcp", "x", "main", lines=3)  # noqa: E731
    assert read(ask(api, log)) == ("one", "\ufffdtwo\r", "")
    assert api.queries == [{"container": "main", "tailLines": "3", "limitBytes": "262144"}]
    assert accepted == ["*/*"]
    assert read(ask(api, log)) == ()
    assert unread(ask(api, log)).permission == Permission("get", "pods/log", "cortex-mcp")


def test_forbidden_names_the_permission(api: FakeApi) -> None:
    api.faults[PATH.replace("/api/v1", "/apis/apps/v1").replace("pods", "deployments")] = [status(403, "no")]
    reading = unread(ask(api, lambda a: a.list(NAMESPACED["Deployment"], "cortex-mcp")))
    assert reading.reason is Reason.FORBIDDEN
    assert reading.permission == Permission("list", "deployments.apps", "cortex-mcp")
    assert reading.message == (
        'the account lacks the verb "list" on "deployments.apps" in namespace cortex-mcp: grant it'
    )


def test_unauthorized_and_other_refusals_say_so(api: FakeApi) -> None:
    api.faults[PATH] = [status(401, "no")]
    assert unread(ask(api, lambda a: a.list(PODS, "cortex-mcp"))).reason is Reason.UNAUTHORIZED
    api.faults[PATH] = [status(400, "odd request")]
    reading = unread(ask(api, lambda a: a.list(PODS, "cortex-mcp")))
    assert (reading.reason, reading.message) == (Reason.FAILED, "the API server answered HTTP 400: odd request")
    assert api.requests[PATH] == 2


@pytest.mark.parametrize("code", [429, 500, 503])
def test_busy_server_is_asked_again(api: FakeApi, code: int) -> None:
    headers = {"Retry-After": "0"} if code == 429 else {}
    api.faults[PATH] = [status(code, "busy", **headers), ordinary()]
    assert isinstance(ask(api, lambda a: a.list(PODS, "cortex-mcp")), Read)
    assert api.requests[PATH] == 2


def test_server_that_stays_busy_is_unknown(api: FakeApi) -> None:
    api.faults[PATH] = [status(503, "overloaded")]
    reading = unread(ask(api, lambda a: a.list(PODS, "cortex-mcp")))
    assert reading.reason is Reason.FAILED
    assert "HTTP 503: overloaded" in reading.message
    assert api.requests[PATH] == 3


def test_retry_after_is_waited_for(api: FakeApi) -> None:
    api.faults[PATH] = [status(429, "busy", **{"Retry-After": "1"}), ordinary()]
    with stamina.set_testing(False):
        reading = ask(api, lambda a: a.list(PODS, "cortex-mcp"))
    assert isinstance(reading, Read)
    assert reading.seconds >= 1


def test_too_long_a_wait_is_unknown_at_once(api: FakeApi) -> None:
    api.faults[PATH] = [status(429, "busy", **{"Retry-After": "3600"})]
    assert unread(ask(api, lambda a: a.list(PODS, "cortex-mcp"))).reason is Reason.FAILED
    assert api.requests[PATH] == 1


def test_web_page_is_undecodable(api: FakeApi) -> None:
    api.faults[PATH] = [html()]
    assert unread(ask(api, lambda a: a.list(PODS, "cortex-mcp"))).reason is Reason.UNDECODABLE


def test_hung_server_is_a_timeout(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "READ_SECONDS", 0.2)
    api.faults[PATH] = [Answer(hang=True)]
    assert unread(ask(api, lambda a: a.list(PODS, "cortex-mcp"))).reason is Reason.TIMEOUT


def test_absent_object_is_none_and_not_unknown(api: FakeApi) -> None:
    reading = ask(api, lambda a: a.get(CONFIG_MAPS, "cortex-system", "nobody"))
    assert isinstance(reading, Read)
    assert reading.value is None


def test_nobody_listens() -> None:
    with serve(World(declared())) as api:
        pass
    assert unread(ask(api, lambda a: a.version())).reason is Reason.UNREACHABLE


def test_list_of_nothing_may_be_null(api: FakeApi) -> None:
    api.faults[PATH] = [Answer(200, b'{"kind": "PartialObjectMetadataList", "metadata": {}, "items": null}')]
    reading = ask(api, lambda a: a.list(PODS, "cortex-mcp"))
    assert isinstance(reading, Read)
    assert reading.value == ()


def test_no_connection_names_the_address(api: FakeApi) -> None:
    api.url = "https://127.0.0.1:1"
    nothing = unread(ask(api, lambda a: a.version()))
    assert nothing.message == "the API server cannot be reached at 127.0.0.1:1: All connection attempts failed"


@pytest.mark.parametrize("proxy", ["http://me:pa55word@127.0.0.1:1", "127.0.0.1:1"])
@pytest.mark.parametrize("way", ["HTTPS_PROXY", "proxy-url"])
def test_no_connection_through_a_proxy_names_it_without_its_password(
    way: str, proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = {"server": "https://[2001:db8::1]:6443"}
    if way == "proxy-url":
        cluster[way] = proxy
    else:
        monkeypatch.setenv(way, proxy)
    config = {
        "contexts": [{"name": "test", "context": {"cluster": "c"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(config))

    async def main() -> Reading[Version]:
        async with access_module.from_kubeconfig("test", tmp_path / "kubeconfig").client() as client:
            return await ApiClient(client).version()

    message = unread(anyio.run(main)).message
    place = "[2001:db8::1]:6443 through the proxy http://127.0.0.1:1"
    assert message == f"the API server cannot be reached at {place}: All connection attempts failed"
