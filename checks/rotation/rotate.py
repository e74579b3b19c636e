"""Rotate a value: new beside old, roll out, prove on each pod, record, revoke. After a failure, the old value returns.

Each stage is in the journal before the next one begins. A rotation that was killed goes on where it was, when the same
command runs again.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import anyio
import msgspec

from checks.errors import CheckError, UncheckedError, UsageError
from checks.kube.client import ApiClient
from checks.kube.reading import Read
from checks.kube.whoami import whoami
from checks.results.conclusion import FINDINGS
from checks.rotation import hooks, live_secret, log
from checks.rotation.cluster_event import EventReason, tell
from checks.rotation.folder import journal_file, log_file
from checks.rotation.journal import Journal, Stage, State, require_same, resumed
from checks.rotation.lease import holding
from checks.rotation.proof import NotProvenError, Proof
from checks.rotation.provider import Managed, readers
from checks.rotation.pulumi_stack import DeploymentFailedError
from checks.rotation.readers import Readers
from checks.rotation.value_place import ValuePlace
from checks.target import Target

ROTATE, REVOKE = "rotate", "revoke"


class RevertedError(CheckError):
    """The new value does not work, and the old one is back."""

    exit_code = FINDINGS


@dataclass(frozen=True)
class Order:
    """What is to be rotated, and how."""

    target: Target
    managed: Managed
    key: str
    """Empty for a Secret from a store, which is fetched as a whole."""
    read: Callable[[], bytes]
    """Returns the new value."""
    place: Callable[[ApiClient, Readers], ValuePlace]
    before: str
    after: str
    grace_seconds: float
    timeout_seconds: float
    say: Callable[[str], None]

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys that change."""
        return (self.key,) if self.key else tuple(sorted(self.managed.secret.keys))


async def rotate(order: Order) -> log.Entry:
    """Rotate a value, or finish a rotation that was interrupted; return what the log has of it.

    Raises:
        RevertedError: the new value does not work; the old one is back.
        UsageError: it cannot begin: nothing was changed.
        UncheckedError: it could not go on; the journal has how far it is.
    """
    stack, place = order.target.stack, order.managed.place
    journal = resumed(journal_file(stack))
    if journal is None:
        state = State(
            id=secrets.token_hex(6),
            stack=stack,
            namespace=place.namespace,
            name=place.name,
            key=order.key,
            begun=log.now(),
        )
        journal = Journal(journal_file(stack), state)
        journal.set()
    else:
        require_same(journal.state, place.namespace, place.name, order.key)
        order.say(f"going on with the rotation of {journal.state.begun}, which is at the stage {journal.state.stage}")
    async with order.target.connection.client() as http:
        api = ApiClient(http)
        rotation = _Rotation(order, api, journal)
        identity = f"{log.by()}/{journal.state.id}"
        try:
            return await holding(api, identity, order.say, rotation.run)
        except (UsageError, UncheckedError):
            if journal.state.stage is Stage.BEGUN:
                journal.close()
            raise


class _Rotation:
    def __init__(self, order: Order, api: ApiClient, journal: Journal) -> None:
        self._order, self._api, self._journal = order, api, journal
        owners = readers(order.target.declaration, order.managed, order.key)
        self._readers = Readers(order.target, api, owners)
        self._place = order.place(api, self._readers)

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
                self._journal.set(stage=Stage.REVERTING, reason=reason)
        if self._state.stage is Stage.REVERTING:
            await self._revert()
        entry = await self._record("rotated", EventReason.ROTATED)
        await self._revoke(entry)
        await self._place.forget()
        self._journal.close()
        return entry

    async def _change(self) -> None:
        """Run the hook that makes the new credential, keep the old value, and write the new one."""
        order = self._order
        if self._state.stage is Stage.BEGUN:
            await self._place.require_ready()
            marks = await self._readers.marks()
            await Proof(self._readers).found(order.timeout_seconds)
            if order.before:
                order.say("running --before")
                await hooks.run(order.before, "--before", self._variables())
            self._journal.set(stage=Stage.CREATED, marks=marks)
        try:
            await self._write()
        except CheckError:
            # What --before made is used by the next attempt; without it nothing was done.
            if not order.before and not (self._state.stage is Stage.KEPT and await self._is_written()):
                await self._place.forget()
                self._journal.close()
            raise

    async def _write(self) -> None:
        if self._state.stage is Stage.KEPT and await self._is_written():
            self._journal.set(stage=Stage.WRITTEN)
            return
        value = self._order.read()
        await self._require_new(value)
        if self._state.stage is Stage.CREATED:
            self._journal.set(stage=Stage.KEPT, kept=await self._place.keep(self._state.id))
        self._order.say(f"writing the new value of {', '.join(self._order.keys)}")
        await self._place.write(value)
        self._journal.set(stage=Stage.WRITTEN)

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
        pods = await Proof(self._readers).found(order.timeout_seconds)
        self._journal.set(stage=Stage.PROVEN, pods=pods)

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
            with anyio.fail_after(order.timeout_seconds):
                await self._place.roll_back(self._state.marks)
            pods = await Proof(self._readers).found(order.timeout_seconds)
        except (CheckError, TimeoutError) as error:
            raise UncheckedError(
                f"the new value does not work ({reason}), and the old one is not back: "
                f"{str(error) or 'time is up'}; run the same command again to try again"
            ) from error
        self._journal.set(pods=pods)
        await self._record("rolled-back", EventReason.REVERTED)
        await self._place.forget()
        self._journal.close()
        left = "; what --before made is left, and has to be revoked" if order.before else ""
        raise RevertedError(f"the new value does not work: {reason}; the old one is back on all pods{left}")

    async def _record(self, outcome: str, event: EventReason) -> log.Entry:
        entry = await self._entry(ROTATE, outcome)
        log.append(log_file(self._state.stack), entry)
        if self._state.stage is not Stage.REVERTING:
            self._journal.set(stage=Stage.RECORDED)
        message = f"{', '.join(entry.keys)}: {outcome} by {entry.by}, {len(entry.pods)} pods; hash {entry.hash}"
        await self._tell(event, message)
        return entry

    async def _revoke(self, entry: log.Entry) -> None:
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
        revoked = msgspec.structs.replace(entry, at=log.now(), action=REVOKE, outcome="revoked", pods=())
        log.append(log_file(self._state.stack), revoked)
        await self._tell(EventReason.REVOKED, f"{', '.join(entry.keys)}: the old value was revoked by {entry.by}")

    async def _entry(self, action: str, outcome: str) -> log.Entry:
        place, account = self._order.managed.place, await whoami(self._api)
        return log.Entry(
            at=log.now(),
            id=self._state.id,
            action=action,
            outcome=outcome,
            stack=self._state.stack,
            namespace=place.namespace,
            name=place.name,
            keys=self._order.keys,
            by=log.by(),
            account=account.value.username if isinstance(account, Read) else "",
            hash=await live_secret.hash_of(self._api, place),
            reason=self._state.reason,
            pods=self._state.pods,
        )

    async def _tell(self, reason: EventReason, message: str) -> None:
        failure = await tell(self._api, self._order.managed.place, reason, self._state.id, message)
        if failure:
            self._order.say(f"warning: {failure}")

    def _variables(self) -> dict[str, str]:
        place = self._order.managed.place
        return {
            "CORTEX_STACK": self._state.stack,
            "CORTEX_NAMESPACE": place.namespace,
            "CORTEX_SECRET": place.name,
            "CORTEX_KEY": self._order.key,
            "CORTEX_ROTATION": self._state.id,
        }
