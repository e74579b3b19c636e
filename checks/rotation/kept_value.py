"""Where the old value of a live Secret is kept during a rotation: in a second Secret beside it, never on the disk."""

import base64
from dataclasses import dataclass
from typing import Protocol

from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.reading import required
from checks.rotation import live_secret
from checks.secrets.wanted import Place

SUFFIX = ".cortex-previous"
"""The end of the name of the second Secret."""
LABEL = "cortex.dev/rotation"
"""Its label, with the identity of the rotation."""


class KeptValue(Protocol):
    """The old value of a key."""

    async def keep(self, value: bytes, rotation: str) -> None:
        """Keep it."""

    async def read(self) -> bytes:
        """Return it."""

    async def forget(self) -> None:
        """Delete it."""


@dataclass(frozen=True)
class SecondSecret:
    """A Secret beside the one that is rotated."""

    api: ApiClient
    place: Place
    """The Secret that is rotated."""
    key: str

    @property
    def _beside(self) -> Place:
        return Place(self.place.namespace, f"{self.place.name}{SUFFIX}")

    async def keep(self, value: bytes, rotation: str) -> None:
        """Make it anew.

        Raises:
            UncheckedError: it cannot be made.
        """
        beside = self._beside
        await self.forget()
        document = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": beside.name, "namespace": beside.namespace, "labels": {LABEL: rotation}},
            "data": {self.key: base64.b64encode(value).decode()},
        }
        required(await self.api.create(live_secret.SECRETS, *beside, document))

    async def read(self) -> bytes:
        """Return the value.

        Raises:
            UncheckedError: it is gone, or cannot be read.
        """
        found = await live_secret.read(self.api, self._beside)
        if found is None or self.key not in found.data:
            raise gone(self._beside)
        return found.bytes_()[self.key]

    async def forget(self) -> None:
        """Delete it.

        Raises:
            UncheckedError: it cannot be deleted.
        """
        required(await self.api.delete(live_secret.SECRETS, *self._beside))


def gone(place: Place) -> UncheckedError:
    """Return the error that an old value is gone from its Secret."""
    return UncheckedError(
        f"Secret {place.namespace}/{place.name}, which had the old value, is gone: set the value at hand with "
        "`cortex secrets set`"
    )
