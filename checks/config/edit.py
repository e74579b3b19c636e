"""Change a key of a live ConfigMap: a JSON Patch that applies only if the ConfigMap is as it was when it was shown."""

from dataclasses import dataclass
from http import HTTPStatus

from pydantic import TypeAdapter, ValidationError

from checks.config.keys import KeyChange, fault
from checks.config.live import KIND, LiveConfigMap
from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.reading import Read
from stacks.model.types import FileKey

MANAGER = "cortex-config"
"""The field manager of what is set."""


@dataclass(frozen=True)
class Edit:
    """A change of a key, and the ConfigMap as it was read."""

    live: LiveConfigMap
    key: str
    value: str

    @property
    def change(self) -> KeyChange:
        """Return the key with its values."""
        return KeyChange(self.key, self.live.data.get(self.key), self.value)

    @property
    def is_done(self) -> bool:
        """Return whether the key has the value already."""
        return self.live.data.get(self.key) == self.value

    def operations(self) -> list[dict[str, object]]:
        """Return the JSON Patch. A patch cannot test that a key is absent, so that of a new key tests the version."""
        meta, where = self.live.metadata, f"/data/{self.key}"
        tests: list[dict[str, object]] = [{"op": "test", "path": "/metadata/uid", "value": meta.uid}]
        if self.key in self.live.data:
            tests.append({"op": "test", "path": where, "value": self.live.data[self.key]})
            return [*tests, {"op": "replace", "path": where, "value": self.value}]
        tests.append({"op": "test", "path": "/metadata/resourceVersion", "value": meta.resource_version})
        if self.live.data:
            return [*tests, {"op": "add", "path": where, "value": self.value}]
        return [*tests, {"op": "add", "path": "/data", "value": {self.key: self.value}}]


def require_valid(key: str, value: str) -> None:
    """Check the name of a key, and the value by the format that its name says.

    Raises:
        UsageError: the key or the value is wrong.
    """
    try:
        TypeAdapter(FileKey).validate_python(key)
    except ValidationError as error:
        raise UsageError(f"KEY: {error.errors()[0]['ctx']['error']}") from error
    if wrong := fault(key, value):
        raise UsageError(f"{wrong}: correct the value")


def require_settable(live: LiveConfigMap, key: str) -> None:
    """Check that a key can be set.

    Raises:
        UsageError: the ConfigMap is immutable, or the value of the key is binary.
    """
    if live.immutable:
        raise UsageError(f"{live.ref} is immutable: create another one, and let its users refer to that")
    if key in live.binary_data:
        raise UsageError(f"{live.ref}: the value of {key} is binary: set it with kubectl")


async def write(connection: Connection, edit: Edit) -> None:
    """Write a change.

    Raises:
        UncheckedError: it was not written, because the ConfigMap has changed or the API server refused.
    """
    meta = edit.live.metadata
    async with connection.client() as client:
        api = ApiClient(client)
        written = await api.patch(KIND, meta.namespace, meta.name, MANAGER, edit.operations())
        if isinstance(written, Read):
            return
        if written.status in (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
            now = await api.get(KIND, meta.namespace, meta.name)
            if isinstance(now, Read) and not _is_as_seen(edit, now.value):
                raise UncheckedError(
                    f"{edit.live.ref} was changed meanwhile: nothing was written: run the command again"
                )
    raise UncheckedError(str(written))


def _is_as_seen(edit: Edit, now: LiveConfigMap | None) -> bool:
    seen = edit.live
    if now is None or now.metadata.uid != seen.metadata.uid or now.immutable:
        return False
    if edit.key in seen.data:
        return now.data.get(edit.key) == seen.data[edit.key]
    return now.metadata.resource_version == seen.metadata.resource_version
