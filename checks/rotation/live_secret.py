"""A Secret on the cluster: read it, change a key, and keep the old value in a second Secret beside it."""

import base64
from http import HTTPStatus

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient, Kind
from checks.kube.models.base import Object
from checks.kube.reading import ReadFailure
from checks.rotation.log import content_hash
from checks.rotation.readers import MANAGER
from checks.secrets.sealed import Opened, OpenedMeta
from checks.secrets.wanted import Place

KEPT_SUFFIX = ".cortex-previous"
"""The end of the name of the second Secret."""
KEPT_LABEL = "cortex.dev/rotation"
"""Its label, with the identity of the rotation."""


class Owner(Object, frozen=True):
    """An object with which the Secret is deleted."""

    kind: str
    name: str


class LiveMeta(OpenedMeta, frozen=True):
    """The metadata of a Secret, with what a change and a deletion need."""

    uid: str = ""
    resource_version: str = ""
    owner_references: list[Owner] = []  # noqa: RUF012 - msgspec copies mutable defaults


class LiveSecret(Opened, frozen=True):
    """A Secret with its values, which its text does not show, and with what a change needs."""

    metadata: LiveMeta
    immutable: bool = False


SECRETS = Kind("api/v1", "secrets", LiveSecret)


async def read(api: ApiClient, place: Place) -> LiveSecret | None:
    """Return a Secret; None if it does not exist.

    Raises:
        UncheckedError: it cannot be read.
    """
    found = await api.get(SECRETS, *place)
    if isinstance(found, ReadFailure):
        raise UncheckedError(f"cannot {found.what}: {found.message}")
    return found.value


async def require(api: ApiClient, place: Place) -> LiveSecret:
    """Return a Secret.

    Raises:
        UsageError: it does not exist, or is immutable.
        UncheckedError: it cannot be read.
    """
    found = await read(api, place)
    if found is None:
        raise UsageError(f"Secret {place.namespace}/{place.name} does not exist: make it first")
    if found.immutable:
        raise UsageError(f"Secret {place.namespace}/{place.name} is immutable: make another one instead")
    return found


async def hash_of(api: ApiClient, place: Place) -> str:
    """Return the hash of its content; empty if it does not exist.

    Raises:
        UncheckedError: it cannot be read.
    """
    found = await read(api, place)
    return content_hash(*place, found.values_()) if found else ""


async def write(api: ApiClient, place: Place, key: str, value: bytes) -> None:
    """Set a key of a Secret, if nobody else changes the Secret meanwhile.

    Raises:
        UsageError: it does not exist, is immutable, or is not valid with the value.
        UncheckedError: it was changed meanwhile, or cannot be written.
    """
    live = await require(api, place)
    version = live.metadata.resource_version
    encoded = base64.b64encode(value).decode()
    change: dict[str, object] = {"op": "add", "path": f"/data/{key}", "value": encoded}
    if not live.data:
        change = {"op": "add", "path": "/data", "value": {key: encoded}}
    test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
    written = await api.patch(SECRETS, *place, MANAGER, [test, change])
    if not isinstance(written, ReadFailure):
        return
    now = await read(api, place) if written.status == HTTPStatus.UNPROCESSABLE_ENTITY else live
    if now is None or now.metadata.resource_version != version:
        raise UncheckedError(
            f"Secret {place.namespace}/{place.name} was changed meanwhile: nothing was written: run the command again"
        )
    raise UncheckedError(f"cannot {written.what}: {written.message}")


async def keep(api: ApiClient, place: Place, key: str, rotation: str) -> None:
    """Keep the value of a key in the second Secret, which is made anew.

    Raises:
        UsageError: the Secret does not exist, or lacks the key.
        UncheckedError: it cannot be read, or the second one cannot be made.
    """
    live = await require(api, place)
    if key not in live.data:
        raise UsageError(f"Secret {place.namespace}/{place.name} lacks the key {key}: `cortex secrets set` sets it")
    beside = _beside(place)
    await forget(api, place)
    document = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": beside.name, "namespace": beside.namespace, "labels": {KEPT_LABEL: rotation}},
        "data": {key: live.data[key]},
    }
    made = await api.create(SECRETS, *beside, document)
    if isinstance(made, ReadFailure):
        raise UncheckedError(f"cannot {made.what}: {made.message}")


async def kept(api: ApiClient, place: Place, key: str) -> bytes:
    """Return the value that was kept.

    Raises:
        UncheckedError: it is gone, or cannot be read.
    """
    beside = _beside(place)
    found = await read(api, beside)
    if found is None or key not in found.data:
        raise UncheckedError(
            f"Secret {beside.namespace}/{beside.name}, which had the old value, is gone: set the value at hand with "
            "`cortex secrets set`"
        )
    return base64.b64decode(found.data[key])


async def forget(api: ApiClient, place: Place) -> None:
    """Delete the second Secret.

    Raises:
        UncheckedError: it cannot be deleted.
    """
    deleted = await api.delete(SECRETS, *_beside(place))
    if isinstance(deleted, ReadFailure):
        raise UncheckedError(f"cannot {deleted.what}: {deleted.message}")


def _beside(place: Place) -> Place:
    return Place(place.namespace, f"{place.name}{KEPT_SUFFIX}")
