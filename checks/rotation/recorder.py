"""Record a rotation: one entry of the log for each thing that was done, and a Kubernetes Event."""

from dataclasses import dataclass

from checks.kube.client import ApiClient
from checks.kube.reading import Read
from checks.kube.whoami import whoami
from checks.rotation import live_secret, log
from checks.rotation.cluster_event import EventReason, tell
from checks.rotation.journal import State
from checks.rotation.order import Order

ROTATE, REVOKE = "rotate", "revoke"


@dataclass(frozen=True)
class Recorder:
    """Records what an order does. What is recorded already is not recorded again."""

    order: Order
    api: ApiClient

    async def rotated(self, state: State) -> log.Entry:
        """Record that all pods run with the new value; return the entry."""
        entry = await self._entry(state, ROTATE, "rotated")
        await self._tell(entry, EventReason.ROTATED, f"{len(entry.pods)} pods run with the value of hash {entry.hash}")
        return entry

    async def reverted(self, state: State) -> None:
        """Record that all pods run with the old value again."""
        entry = await self._entry(state, ROTATE, "rolled-back")
        await self._tell(entry, EventReason.REVERTED, f"the new value does not work: {entry.reason}")

    async def revoked(self, state: State) -> None:
        """Record that the old value was revoked."""
        await self._tell(await self._entry(state, REVOKE, "revoked"), EventReason.REVOKED, "the old value was revoked")

    async def _entry(self, state: State, action: str, outcome: str) -> log.Entry:
        place, account = self.order.managed.place, await whoami(self.api)
        entry = log.Entry(
            at=log.now(),
            id=state.id,
            action=action,
            outcome=outcome,
            stack=state.stack,
            namespace=place.namespace,
            name=place.name,
            keys=self.order.keys,
            by=log.by(),
            account=account.value.username if isinstance(account, Read) else "",
            hash=await live_secret.hash_of(self.api, place),
            reason=state.reason,
            pods=state.pods if action == ROTATE else (),
        )
        await self.order.record(self.api, entry)
        return entry

    async def _tell(self, entry: log.Entry, reason: EventReason, what: str) -> None:
        message = f"{', '.join(entry.keys)}: {what}, by {entry.by}"
        failure = await tell(self.api, self.order.managed.place, reason, entry.id, message)
        if failure:
            self.order.say(f"warning: {failure}")
