"""The Lease: one rotation at a time, and what was killed is taken over."""

from collections.abc import Iterator

import anyio
import pytest

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.rotation.lease import holding
from stacks.model.names import ROTATION_LEASE as NAME
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.world import Json, World, declared

PATH = f"/apis/coordination.k8s.io/v1/namespaces/cortex-system/leases/{NAME}"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared())) as api:
        yield api


def held_by(api: FakeApi, holder: str, seconds: int = 1) -> Json:
    lease: Json = {
        "metadata": {"name": NAME, "namespace": "cortex-system", "uid": "1", "resourceVersion": "1"},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": "1"},
    }
    api.world.objects["leases", "cortex-system"] = [lease]
    return lease


def hold(api: FakeApi, error: Exception | None = None) -> tuple[str, list[str]]:
    """Hold the Lease during some work; return the result, and what was said."""
    said: list[str] = []

    async def work() -> str:
        if error:
            raise error
        return "done"

    async def run() -> str:
        async with Connection("test", api.url).client() as http:
            return await holding(ApiClient(http), "me@here/2", said.append, work)

    return anyio.run(run), said


def test_a_free_lease_is_taken(api: FakeApi) -> None:
    assert hold(api) == ("done", [])
    assert api.created[PATH]["spec"]["holderIdentity"] == "me@here/2"


def test_an_own_lease_of_a_killed_rotation_is_taken_at_once_and_released(api: FakeApi) -> None:
    held_by(api, "me@here/2", seconds=3600)
    assert hold(api) == ("done", [])
    assert api.deleted == [PATH]


def test_a_lease_that_is_not_renewed_is_taken_over(api: FakeApi) -> None:
    held_by(api, "you@there/1")
    result, said = hold(api)
    assert (result, said) == ("done", ["waiting for you@there, who rotates a Secret or was interrupted"])
    assert api.deleted == [PATH]


def test_a_lease_that_is_renewed_is_refused_by_name(api: FakeApi) -> None:
    lease = held_by(api, "you@there/1", seconds=3600)

    def renew(path: str) -> None:
        if api.requests[PATH] > 1:
            lease["spec"]["renewTime"] = "2"

    api.on_request = renew
    with pytest.raises(UncheckedError, match="you@there rotates a Secret of this cluster: wait until that has ended"):
        hold(api)
    assert api.deleted == []


def test_an_error_of_the_work_is_raised_as_it_is(api: FakeApi) -> None:
    held_by(api, "me@here/2")
    with pytest.raises(UsageError, match="wrong"):
        hold(api, UsageError("wrong"))
    assert api.deleted == [PATH]


def test_a_lease_that_may_not_be_read_is_an_error(api: FakeApi) -> None:
    api.faults[PATH] = [status(403, "no")]
    with pytest.raises(UncheckedError, match='lacks the verb "get" on "leases'):
        hold(api)
