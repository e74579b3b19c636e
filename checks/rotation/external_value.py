"""A Secret that an operator fetches from a store: the rotation is at the store, and the operator fetches it now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import anyio

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient, Kind
from checks.kube.models import Condition, Meta, Object
from checks.kube.reading import required
from checks.rotation.log import now
from checks.rotation.proof import NotProvenError
from checks.rotation.readers import MANAGER, Readers
from checks.secrets.wanted import Place

FORCE_SYNC = "force-sync"
"""The annotation whose change makes the External Secrets operator fetch the values."""
FETCH_SECONDS = 60.0
PAUSE_SECONDS = 1.0


class _Status(Object, frozen=True):
    refresh_time: datetime | None = None
    conditions: list[Condition] = []  # noqa: RUF012 - msgspec copies mutable defaults


class _ExternalSecret(Object, frozen=True):
    metadata: Meta
    status: _Status = _Status()


_KIND = Kind("apis/external-secrets.io/v1", "externalsecrets", _ExternalSecret)


@dataclass(frozen=True)
class ExternalValue:
    """All keys of an ExternalSecret."""

    api: ApiClient
    place: Place
    readers: Readers

    async def require_ready(self) -> None:
        """Check that it exists.

        Raises:
            UsageError: it does not.
        """
        await self._live()

    async def keep(self, rotation: str) -> str:  # noqa: ARG002
        """Keep nothing: the store has the values."""
        return ""

    async def is_written(self, kept: str) -> bool:  # noqa: ARG002
        """Return false: fetching once more does no harm."""
        return False

    async def write(self, value: bytes) -> None:  # noqa: ARG002
        """Let the operator fetch the values.

        Raises:
            UncheckedError: it does not within a minute, or the store refuses.
        """
        before = (await self._live()).status.refresh_time
        await self._ask()
        end = anyio.current_time() + FETCH_SECONDS
        while True:
            status = (await self._live()).status
            ready = next((one for one in status.conditions if one.type == "Ready"), None)
            if status.refresh_time != before and ready is not None and ready.status == "True":
                return
            if anyio.current_time() > end:
                why = f": {ready.message}" if ready is not None and ready.status != "True" else ""
                raise UncheckedError(
                    f"the operator has not fetched ExternalSecret {self.place.namespace}/{self.place.name} after "
                    f"{FETCH_SECONDS:g} s{why}: look at its store and at the operator's log"
                )
            await anyio.sleep(PAUSE_SECONDS)

    async def roll_out(self, mark: str) -> None:
        """Restart the readers."""
        await self.readers.mark({owner.path: mark for owner in self.readers.owners})

    async def restore(self, kept: str) -> None:
        """Do nothing: only the owner of the store can put the old values back."""

    async def roll_back(self, marks: Mapping[str, str]) -> None:
        """Bring back the pods from before, which still have the old values.

        Raises:
            NotProvenError: always, since a new pod would get the new values.
        """
        await self.readers.mark(marks)
        raise NotProvenError("the store still has the new values: put the old ones back there")

    async def confirm(self, at: str) -> None:
        """Do nothing: the operator wrote the values at that time."""

    async def forget(self) -> None:
        """Do nothing."""

    async def _live(self) -> _ExternalSecret:
        live = required(await self.api.get(_KIND, *self.place))
        if live is None:
            raise UsageError(
                f"ExternalSecret {self.place.namespace}/{self.place.name} does not exist: deploy the stack"
            )
        return live

    async def _ask(self) -> None:
        annotations = (await self._live()).metadata.annotations
        where, at = "/metadata/annotations", now()
        operation: dict[str, object] = {"op": "add", "path": f"{where}/{FORCE_SYNC}", "value": at}
        if not annotations:
            operation = {"op": "add", "path": where, "value": {FORCE_SYNC: at}}
        required(await self.api.patch(_KIND, *self.place, MANAGER, [operation]))
