"""The journal of the rotator in the cluster, and the old value: in one Secret that the stack declares without data.

So the rotator needs no permission to create or delete Secrets, and a pod that is killed leaves what the next one needs.
"""

import base64

from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.reading import required
from checks.rotation import live_secret
from checks.rotation.kept_value import gone
from checks.rotation.readers import MANAGER
from checks.secrets.wanted import Place
from stacks.model import names

PLACE = Place(names.SYSTEM_NAMESPACE, names.ROTATION_JOURNAL)
JOURNAL, PREVIOUS = "journal.json", "previous"


class ClusterJournal:
    """Stores a journal and an old value."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    @property
    def title(self) -> str:
        """Return the Secret."""
        return f"Secret {PLACE.namespace}/{PLACE.name}"

    async def read(self) -> bytes:
        """Return the journal; nothing without one.

        Raises:
            UncheckedError: the Secret does not exist, or cannot be read.
        """
        return (await self._content()).get(JOURNAL, b"")

    async def write(self, content: bytes) -> None:
        """Write the journal, and leave the old value."""
        await self._write({**await self._content(), JOURNAL: content})

    async def remove(self) -> None:
        """Remove the journal and the old value."""
        await self._write({})

    async def keep(self, value: bytes) -> None:
        """Keep an old value beside the journal."""
        await self._write({**await self._content(), PREVIOUS: value})

    async def kept(self) -> bytes:
        """Return the old value.

        Raises:
            UncheckedError: it is gone.
        """
        content = await self._content()
        if PREVIOUS not in content:
            raise gone(PLACE)
        return content[PREVIOUS]

    async def _content(self) -> dict[str, bytes]:
        found = await live_secret.read(self._api, PLACE)
        if found is None:
            raise UncheckedError(f"{self.title} does not exist: deploy the stack (`pulumi up --refresh`)")
        return found.bytes_()

    async def _write(self, content: dict[str, bytes]) -> None:
        document = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": PLACE.name, "namespace": PLACE.namespace},
            "data": {key: base64.b64encode(value).decode() for key, value in content.items()},
        }
        required(await self._api.apply(live_secret.SECRETS, *PLACE, MANAGER, document))


class KeptInJournal:
    """The old value, beside the journal, which is removed together with it."""

    def __init__(self, journal: ClusterJournal) -> None:
        self._journal = journal

    async def keep(self, value: bytes, rotation: str) -> None:  # noqa: ARG002 - the journal has it
        """Keep it."""
        await self._journal.keep(value)

    async def read(self) -> bytes:
        """Return it."""
        return await self._journal.kept()

    async def forget(self) -> None:
        """Do nothing: it ends with the journal, which is still needed."""
