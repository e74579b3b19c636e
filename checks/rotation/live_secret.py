"""A Secret on the cluster: read it, and change a key or annotations."""

import base64
from http import HTTPStatus

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient, Kind
from checks.kube.models.base import Object
from checks.kube.reading import ReadFailure, required
from checks.rotation.log import content_hash
from checks.rotation.readers import MANAGER
from checks.secrets.sealed import Opened, OpenedMeta, checksum_of
from checks.secrets.wanted import Place
from stacks.model import names


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
    return required(await api.get(SECRETS, *place))


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
    operations = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}, change]
    if names.CHECKSUM in live.metadata.annotations:
        sums = checksum_of(place, {**live.data, key: encoded})
        operations.append({"op": "replace", "path": _annotation(names.CHECKSUM), "value": sums})
    written = await api.patch(SECRETS, *place, MANAGER, operations)
    if not isinstance(written, ReadFailure):
        return
    now = await read(api, place) if written.status == HTTPStatus.UNPROCESSABLE_ENTITY else live
    if now is None or now.metadata.resource_version != version:
        raise UncheckedError(
            f"Secret {place.namespace}/{place.name} was changed meanwhile: nothing was written: run the command again"
        )
    raise UncheckedError(str(written))


async def confirm(api: ApiClient, place: Place, at: str) -> None:
    """Write onto a Secret when it was rotated, and the checksum of its content, by which a change by hand is found.

    Raises:
        UsageError: it does not exist, or is immutable.
        UncheckedError: it cannot be written.
    """
    live = await require(api, place)
    added = {names.ROTATED: at, names.CHECKSUM: checksum_of(place, live.data)}
    operations: list[dict[str, object]] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": live.metadata.resource_version}
    ]
    if live.metadata.annotations:
        operations += [{"op": "add", "path": _annotation(name), "value": text} for name, text in added.items()]
    else:
        operations.append({"op": "add", "path": "/metadata/annotations", "value": added})
    required(await api.patch(SECRETS, *place, MANAGER, operations))


def _annotation(name: str) -> str:
    return f"/metadata/annotations/{name.replace('/', '~1')}"


async def value(api: ApiClient, place: Place, key: str) -> bytes:
    """Return the value of a key.

    Raises:
        UsageError: the Secret does not exist, or lacks the key.
        UncheckedError: it cannot be read.
    """
    live = await require(api, place)
    if key not in live.data:
        raise UsageError(f"Secret {place.namespace}/{place.name} lacks the key {key}: `cortex secrets set` sets it")
    return live.bytes_()[key]
