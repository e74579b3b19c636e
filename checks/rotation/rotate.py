"""Rotate a value: new beside old, roll out, prove on each pod, record, revoke. After a failure, the old value returns.

Each stage is in the journal before the next one begins. A rotation that was killed goes on where it was, when the same
command runs again.
"""

from functools import partial

import anyio
import anyio.to_thread

from checks.errors import CheckError, UncheckedError, UsageError
from checks.kube.client import ApiClient
from checks.rotation import hooks, live_secret, log
from checks.rotation.journal import Journal, Stage, State, Storage, require_same, resumed
from checks.rotation.known_values import KnownValues
from checks.rotation.lease import holding
from checks.rotation.order import Order, RevertedError
from checks.rotation.proof import NotProvenError, Proof
from checks.rotation.provider import readers
from checks.rotation.pulumi_stack import DeploymentFailedError
from checks.rotation.readers import Readers
from checks.rotation.recorder import Recorder

_WELL_SECONDS = 60.0
"""How long the readers may take to be ready before a rotation, as after a deployment."""
_ROLLBACK_SECONDS = 600.0
"""The least time of a rollback."""


async def rotate(order: Order) -> log.Entry:
    """Rotate a value, or finish a rotation that was interrupted; return what the log has of it.

    Raises:
        RevertedError: the new value does not work; the old one is back.
        UsageError: it cannot begin: nothing was changed.
        UncheckedError: it could not go on; the journal has how far it is.
    """
    async with order.target.connection.client() as http:
        api = ApiClient(http)
        storage = order.journal(api)
        found = await resumed(storage)
        # One that is finished takes over the Lease of the command that was killed, without waiting for its end.
        rotation = found.state.id if found else log.new_id()
        return await holding(api, f"{log.by()}/{rotation}", order.say, partial(_held, order, api, storage, rotation))


async def _held(order: Order, api: ApiClient, storage: Storage, rotation: str) -> log.Entry:
    """Rotate while the Lease is held: the journal is read again, as another one may have ended meanwhile."""
    journal = await resumed(storage)
    stack, place = order.target.stack, order.managed.place
    if journal is None:
        state = State(
            id=rotation,
            stack=stack,
            namespace=place.namespace,
            name=place.name,
            key=order.key,
            begun=log.now(),
        )
        journal = Journal(storage, state)
        await journal.set()
    else:
        require_same(journal.state, place.namespace, place.name, order.key)
        order.say(f"going on with the rotation of {journal.state.begun}, which is at the stage {journal.state.stage}")
    try:
        return await _Rotation(order, api, journal).run()
    except (UsageError, UncheckedError):
        if journal.state.stage is Stage.BEGUN:
            await journal.close()
        raise


class _Rotation:
    def __init__(self, order: Order, api: ApiClient, journal: Journal) -> None:
        self._order, self._api, self._journal = order, api, journal
        owners = readers(order.target.declaration, order.managed, order.key)
        self._readers = Readers(order.target, api, owners)
        self._place = order.place(api, self._readers)
        self._values = KnownValues(api, order.managed.place)
        self._proof = Proof(self._readers, self._values)
        self._recorder = Recorder(order, api)

    @property
    def _state(self) -> State:
        return self._journal.state

    async def run(self) -> log.Entry:
        if self._state.stage in (Stage.BEGUN, Stage.CREATED, Stage.KEPT):
            await self._change()
        if self._state.stage is Stage.WRITTEN:
            try:
                await self._roll_out()
            except (NotProvenError, DeploymentFailedError, TimeoutError) as error:
                reason = str(error) or f"the deployment has not ended after {self._order.timeout_seconds:g} s"
                await self._journal.set(stage=Stage.REVERTING, reason=await self._values.hidden(reason))
        if self._state.stage is Stage.REVERTING:
            await self._revert()
        await self._place.confirm(self._state.begun)
        entry = await self._recorder.rotated(self._state)
        await self._journal.set(stage=Stage.RECORDED)
        await self._revoke()
        await self._place.forget()
        await self._journal.close()
        return entry

    async def _change(self) -> None:
        """Run the hook that makes the new credential, keep the old value, and write the new one."""
        order = self._order
        if self._state.stage is Stage.BEGUN:
            await self._place.require_ready()
            marks = await self._readers.marks()
            await self._require_well()
            if order.before:
                order.say("running --before")
                await hooks.run(order.before, "--before", self._variables())
            await self._journal.set(stage=Stage.CREATED, marks=marks)
        try:
            await self._write()
        except CheckError:
            # What --before made is used by the next attempt; without it nothing was done.
            if not order.before and not (self._state.stage is Stage.KEPT and await self._is_written()):
                await self._place.forget()
                await self._journal.close()
            raise

    async def _require_well(self) -> None:
        """Check that the old value works, or a rollback could not be told from a failure.

        Raises:
            UncheckedError: pods are not ready, or do not answer.
        """
        try:
            await self._proof.found(_WELL_SECONDS)
        except NotProvenError as error:
            raise UncheckedError(
                f"the readers do not run well before the rotation: {error}: repair that first"
            ) from error

    async def _write(self) -> None:
        if self._state.stage is Stage.KEPT and await self._is_written():
            await self._journal.set(stage=Stage.WRITTEN)
            return
        value = await self._order.read()
        self._values.add(value)
        await self._require_new(value)
        if self._state.stage is Stage.CREATED:
            await self._journal.set(stage=Stage.KEPT, kept=await self._place.keep(self._state.id))
        self._order.say(f"writing the new value of {', '.join(self._order.keys)}")
        await self._place.write(value)
        await self._journal.set(stage=Stage.WRITTEN)

    async def _is_written(self) -> bool:
        return await self._place.is_written(self._state.kept)

    async def _require_new(self, value: bytes) -> None:
        live = await live_secret.read(self._api, self._order.managed.place)
        if self._order.key and live is not None and live.bytes_().get(self._order.key) == value:
            raise UsageError(f"{self._order.key} of {self._order.managed.ref} has this value already: send a new one")

    async def _roll_out(self) -> None:
        order = self._order
        names = ", ".join(owner.path for owner in self._readers.owners) or "nothing"
        order.say(f"rolling it out: {names} reads it")
        with anyio.fail_after(order.timeout_seconds):
            await self._place.roll_out(self._state.begun)
        pods = await self._proof.found(order.timeout_seconds)
        await self._journal.set(stage=Stage.PROVEN, pods=pods)

    async def _revert(self) -> None:
        """Bring the old value back.

        Raises:
            RevertedError: always, after the old value is back.
            UncheckedError: it is not back.
        """
        order, reason = self._order, self._state.reason
        order.say(f"the new value does not work: {reason}: rolling back")
        try:
            await self._place.restore(self._state.kept)
            # A short timeout finds a wrong value soon, and must not cut the way back short.
            seconds = max(order.timeout_seconds, _ROLLBACK_SECONDS)
            with anyio.fail_after(seconds):
                await self._place.roll_back(self._state.marks)
            pods = await self._proof.found(seconds)
        except (CheckError, TimeoutError) as error:
            raise UncheckedError(
                f"the new value does not work ({reason}), and the old one is not back: "
                f"{str(error) or 'time is up'}; run the same command again to try again"
            ) from error
        await self._journal.set(pods=pods)
        await self._recorder.reverted(self._state)
        await self._place.forget()
        await self._journal.close()
        left = "; what --before made is left, and has to be revoked" if order.before else ""
        raise RevertedError(f"the new value does not work: {reason}; the old one is back on all pods{left}")

    async def _revoke(self) -> None:
        """Run the hook that revokes the old credential, after the grace period."""
        order = self._order
        if not order.after:
            return
        if order.grace_seconds:
            order.say(f"all pods have the new value; waiting {order.grace_seconds:g} s before --after")
            await anyio.sleep(order.grace_seconds)
        try:
            await hooks.run(order.after, "--after", self._variables())
        except UncheckedError as error:
            raise UncheckedError(
                f"all pods run with the new value, but the old one is not revoked: {error}; "
                "run the same command again to revoke it"
            ) from error
        await self._recorder.revoked(self._state)

    def _variables(self) -> dict[str, str]:
        place = self._order.managed.place
        return {
            "CORTEX_STACK": self._state.stack,
            "CORTEX_NAMESPACE": place.namespace,
            "CORTEX_SECRET": place.name,
            "CORTEX_KEY": self._order.key,
            "CORTEX_ROTATION": self._state.id,
        }
