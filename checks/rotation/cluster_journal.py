"""The journal of the rotator in the cluster, the old value, and the history of its rotations.

They are in one Secret that the stack declares without data. So the rotator needs no permission to create or delete
Secrets, and a pod that is killed leaves what the next one needs.
"""

import base64

from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.reading import required
from checks.rotation import cluster_history, live_secret
from checks.rotation.cluster_history import PLACE
from checks.rotation.kept_value import gone
from checks.rotation.log import Entry
from checks.rotation.readers import MANAGER

JOURNAL, PREVIOUS = "journal.json", "previous"


class ClusterJournal:
    """Stores a journal, an old value, and the history."""

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
        """Remove the journal and the old value; the history stays."""
        content = await self._content()
        await self._write({key: value for key, value in content.items() if key == cluster_history.KEY})

    async def record(self, entry: Entry) -> None:
        """Add an entry to the history, unless it has it."""
        content, key = await self._content(), cluster_history.KEY
        await self._write({**content, key: cluster_history.with_entry(content.get(key, b""), entry)})

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
