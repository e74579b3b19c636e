"""A Secret of a store: the operator fetches it now, and its readers are restarted."""

from collections.abc import Iterator

import anyio
import pytest

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.rotation import external_value
from checks.rotation.external_value import ExternalValue
from checks.rotation.proof import NotProvenError
from checks.rotation.readers import Readers
from checks.secrets.wanted import Place
from checks.target import Target
from tests.checks.fake_api import FakeApi, serve
from tests.checks.world import Json, World, declared

PLACE = Place("cortex-mcp", "fetched")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared())) as api:
        yield api


def external(api: FakeApi, ready: str = "True", message: str = "") -> Json:
    """Put an ExternalSecret into the world, whose operator fetches it when it is asked."""
    found: Json = {
        "metadata": {"name": PLACE.name, "namespace": PLACE.namespace, "resourceVersion": "1"},
        "status": {"refreshTime": "2026-01-01T00:00:00Z", "conditions": []},
    }
    api.world.objects["externalsecrets", PLACE.namespace] = [found]

    def fetch(path: str) -> None:
        if "force-sync" in str(found["metadata"]):
            condition = {"type": "Ready", "status": ready, "message": message}
            found["status"] = {"refreshTime": "2026-01-01T00:00:09Z", "conditions": [condition]}

    api.on_request = fetch
    return found


def write(api: FakeApi) -> None:
    async def run() -> None:
        connection = Connection("test", api.url)
        async with connection.client() as http:
            client = ApiClient(http)
            readers = Readers(Target("test", api.world.declaration, connection), client, ())
            value = ExternalValue(client, PLACE, readers)
            await value.require_ready()
            await value.write(b"")

    anyio.run(run)


@pytest.mark.parametrize("annotations", [{}, {"other": "kept"}], ids=["none", "some"])
def test_the_operator_is_asked_and_waited_for(api: FakeApi, annotations: dict[str, str]) -> None:
    found = external(api)
    if annotations:
        found["metadata"]["annotations"] = dict(annotations)
    write(api)
    assert set(found["metadata"]["annotations"]) == {*annotations, "force-sync"}


def test_a_store_that_refuses_is_told(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_value, "FETCH_SECONDS", 0.1)
    monkeypatch.setattr(external_value, "PAUSE_SECONDS", 0.01)
    external(api, ready="False", message="no such key")
    with pytest.raises(UncheckedError, match=r"after 0\.1 s: no such key: look at its store"):
        write(api)


def test_one_that_is_not_there_is_refused(api: FakeApi) -> None:
    with pytest.raises(UsageError, match="does not exist: deploy"):
        write(api)


def test_a_store_is_not_taken_back(api: FakeApi) -> None:
    async def run() -> None:
        connection = Connection("test", api.url)
        async with connection.client() as http:
            client = ApiClient(http)
            readers = Readers(Target("test", api.world.declaration, connection), client, ())
            await ExternalValue(client, PLACE, readers).roll_back({})

    with pytest.raises(NotProvenError, match="put the old ones back there"):
        anyio.run(run)
