"""Elect one of several agents as the leader, by a Lease, with the rules of client-go's leader election.

A follower takes the Lease over when it has not seen it change for as long as the Lease says, by the follower's own
monotonic clock. So the clocks of the machines may differ.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from random import SystemRandom
from time import monotonic
from typing import Any

import anyio

from checks.kube import models as k8s
from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.kube.resources import LEASES
from stacks.model import names

RELEASE_SECONDS = 2.0
"""The longest time that a leader that ends waits for the release of the Lease."""

_RANDOM = SystemRandom()


@dataclass(frozen=True)
class Timing:
    """Times of an election, in seconds."""

    lease: float = 15.0
    """After this time without a change of the Lease, another takes it over."""
    renew: float = 10.0
    """A leader that could not renew the Lease for so long stops leading: before another takes over."""
    retry: float = 2.0
    """Between two attempts; those who wait for the Lease add a random part of up to half of it."""
    attempt: float = 5.0
    """The longest time of an attempt: a connection that no longer answers leaves time for another one."""


class Election:
    """Takes part in the election. `api` should have no other requests, which could delay a renewal."""

    def __init__(
        self,
        api: ApiClient,
        identity: str,
        timing: Timing | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.problem = ""
        """Why the last attempt failed; empty if it did not."""
        self._api, self._identity, self._timing, self._now = api, identity, timing or Timing(), now
        self._seen = k8s.LeaseSpec()
        self._seen_at = self._vacant_since = 0.0
        self._version = ""
        """The resourceVersion of the Lease as this leader wrote it last; empty if it has to be read first."""
        self._holds = False
        self._renewed = 0.0
        """When the last successful attempt began."""

    @property
    def leading(self) -> bool:
        """Return whether this is the leader: also false as soon as a renewal is overdue, such as after a long pause."""
        return self._holds and self._left() > 0

    @property
    def holder(self) -> str:
        """Return the identity of the leader as it was last seen; empty if there is none."""
        return self._seen.holder_identity or ""

    @property
    def transitions(self) -> int:
        """Return how often the leader has changed."""
        return self._seen.lease_transitions or 0

    @property
    def vacant_since(self) -> float:
        """Return when the Lease was last seen to change before this agent led, by the monotonic clock."""
        return self._vacant_since

    async def run(self, lead: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Take part until cancelled: run `lead` while this is the leader, and cancel it when it no longer is.

        A failure of the API server never ends this. When it is cancelled, `lead` ends first, and then the Lease is
        released, so that another can take it at once.
        """
        while True:
            await self._campaign()
            try:
                async with anyio.create_task_group() as group:
                    group.start_soon(lead)
                    await self._keep()
                    group.cancel_scope.cancel()
            finally:
                await self._release()

    async def _campaign(self) -> None:
        """Try until this is the leader."""
        while not await self._attempt(self._timing.attempt):
            pause = self._timing.retry * (1 + _RANDOM.random() / 2)
            free_in = self._seen_at + (self._seen.lease_duration_seconds or 0) - monotonic()
            await anyio.sleep(free_in if 0 < free_in < pause else pause)

    async def _keep(self) -> None:
        """Renew the Lease until another has it, or no attempt has succeeded for too long."""
        while self.leading:
            await anyio.sleep(min(self._timing.retry, self._left()))
            if self.leading:
                await self._attempt(min(self._timing.attempt, self._left()))
        self._holds = False

    def _left(self) -> float:
        """Return how many seconds are left to renew the Lease."""
        return self._renewed + self._timing.renew - monotonic()

    async def _attempt(self, seconds: float) -> bool:
        """Take or renew the Lease, and return whether that succeeded."""
        start, failure = monotonic(), "the API server did not answer in time"
        with anyio.move_on_after(seconds):
            failure = await self._renew() if self._holds and self._version else await self._take()
        self.problem = failure
        if failure or self.holder != self._identity:
            return False
        self._holds, self._renewed = True, start
        return True

    async def _take(self) -> str:
        """Take the Lease if it is free or already ours; return why that failed, or nothing."""
        lease = await self._api.get(LEASES, names.SYSTEM_NAMESPACE, names.AGENT)
        if isinstance(lease, ReadFailure):
            return lease.message
        if lease.value is None:
            return await self._create()
        self._observe(lease.value)
        if self.holder == self._identity:
            return await self._renew()
        self._holds = False
        if self.holder and monotonic() < self._seen_at + (self._seen.lease_duration_seconds or 0):
            return ""
        self._vacant_since = self._seen_at
        return await self._write(self._spec(self._timestamp(), self.transitions + 1))

    async def _renew(self) -> str:
        return await self._write(self._spec(self._seen.acquire_time or self._timestamp(), self.transitions))

    async def _create(self) -> str:
        document = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": names.AGENT, "namespace": names.SYSTEM_NAMESPACE},
            "spec": self._spec(self._timestamp(), 0),
        }
        made = await self._api.create(LEASES, names.SYSTEM_NAMESPACE, names.AGENT, document)
        if isinstance(made, ReadFailure):
            return made.message
        self._seen, self._seen_at = k8s.LeaseSpec(holder_identity=self._identity), monotonic()
        return ""

    async def _write(self, spec: dict[str, object]) -> str:
        """Write the Lease if nobody else has since it was read; return why that failed, or nothing."""
        # Read again after a write whose outcome is not known.
        version, self._version = self._version, ""
        operations = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": version},
            {"op": "add", "path": "/spec", "value": spec},
        ]
        written = await self._api.patch(LEASES, names.SYSTEM_NAMESPACE, names.AGENT, names.AGENT, operations)
        if isinstance(written, ReadFailure):
            return written.message
        self._observe(written.value)
        return ""

    def _observe(self, lease: k8s.Lease) -> None:
        if lease.spec != self._seen:
            self._seen, self._seen_at = lease.spec, monotonic()
        self._version = lease.metadata.resource_version

    async def _release(self) -> None:
        """Give the Lease back, if this is still the leader."""
        if not self.leading:
            return
        with anyio.move_on_after(RELEASE_SECONDS, shield=True):
            # The outcome of the last renewal is not known if it was interrupted: then read, and renew once more.
            known = self._version or not await self._take()
            if known and self.holder == self._identity:
                freed = {"holderIdentity": "", "leaseDurationSeconds": 1}
                await self._write(self._spec(self._timestamp(), self.transitions) | freed)
        self._holds = False

    def _spec(self, acquired: str, transitions: int) -> dict[str, object]:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": ceil(self._timing.lease),
            "acquireTime": acquired,
            "renewTime": self._timestamp(),
            "leaseTransitions": transitions,
        }

    def _timestamp(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
