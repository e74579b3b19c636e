"""A Lease in the cluster: one rotation of a stack at a time, from whatever machine."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil
from time import monotonic
from typing import TypeVar

import anyio

from checks.errors import UncheckedError, innermost
from checks.kube import models as k8s
from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure, required
from checks.kube.resources import LEASES
from checks.rotation.readers import MANAGER
from stacks.model import names

T = TypeVar("T")

LEASE_SECONDS = 15.0
RENEW_SECONDS = 4.0
_RELEASE_SECONDS = 5.0


async def holding(api: ApiClient, identity: str, say: Callable[[str], None], work: Callable[[], Awaitable[T]]) -> T:
    """Hold the Lease during some work. If its holder does not renew it, as after a kill, it is taken over.

    Raises:
        UncheckedError: another one holds it, it cannot be written, or it was lost.
    """
    lease = _Lease(api, identity)
    await lease.take(say)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(lease.keep)
            result = await work()
            group.cancel_scope.cancel()
    except ExceptionGroup as errors:
        raise innermost(errors) from None
    finally:
        with anyio.move_on_after(_RELEASE_SECONDS, shield=True):
            await lease.release()
    return result


class _Lease:
    def __init__(self, api: ApiClient, identity: str) -> None:
        self._api, self._identity, self._renewed = api, identity, 0.0

    async def take(self, say: Callable[[str], None]) -> None:
        """Take the Lease, if need be after its holder let it expire."""
        seen, until = k8s.LeaseSpec(), 0.0
        while True:
            lease = await self._read()
            if lease is None:
                if await self._create():
                    return
                continue
            holder = lease.spec.holder_identity or ""
            if lease.spec != seen:
                if until:
                    raise UncheckedError(
                        f"{holder.rpartition('/')[0]} rotates a Secret of this cluster: wait until that has ended"
                    )
                seen, until = lease.spec, monotonic() + (lease.spec.lease_duration_seconds or 0)
                if holder not in ("", self._identity):
                    say(f"waiting for {holder.rpartition('/')[0]}, who rotates a Secret or was interrupted")
            if holder in ("", self._identity) or monotonic() >= until:
                if await self._write(lease):
                    return
                continue
            await anyio.sleep(1)

    async def keep(self) -> None:
        """Renew the Lease for ever.

        Raises:
            UncheckedError: another one has it, or it could not be renewed before it expires.
        """
        while True:
            await anyio.sleep(RENEW_SECONDS)
            with suppress(UncheckedError):
                lease = await self._read()
                if lease is not None and lease.spec.holder_identity == self._identity:
                    await self._write(lease)
            if monotonic() > self._renewed + LEASE_SECONDS - RENEW_SECONDS:
                raise UncheckedError(
                    "the Lease of this rotation could not be renewed: run the same command again to finish it"
                )

    async def release(self) -> None:
        """Delete the Lease, if it is still ours."""
        read = await self._api.get(LEASES, names.SYSTEM_NAMESPACE, names.ROTATION_LEASE)
        if isinstance(read, ReadFailure) or read.value is None or read.value.spec.holder_identity != self._identity:
            return
        meta = read.value.metadata
        seen = {"uid": meta.uid, "resourceVersion": meta.resource_version}
        # What cannot be deleted expires.
        await self._api.delete_seen(LEASES, names.SYSTEM_NAMESPACE, names.ROTATION_LEASE, seen)

    async def _read(self) -> k8s.Lease | None:
        return required(await self._api.get(LEASES, names.SYSTEM_NAMESPACE, names.ROTATION_LEASE))

    async def _create(self) -> bool:
        document = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": names.ROTATION_LEASE, "namespace": names.SYSTEM_NAMESPACE},
            "spec": self._spec(),
        }
        start = monotonic()
        return self._written(
            await self._api.create(LEASES, names.SYSTEM_NAMESPACE, names.ROTATION_LEASE, document), start
        )

    async def _write(self, lease: k8s.Lease) -> bool:
        """Write the Lease if nobody else has since it was read."""
        operations = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": lease.metadata.resource_version},
            {"op": "add", "path": "/spec", "value": self._spec()},
        ]
        start = monotonic()
        return self._written(
            await self._api.patch(LEASES, names.SYSTEM_NAMESPACE, names.ROTATION_LEASE, MANAGER, operations), start
        )

    def _written(self, answer: object, start: float) -> bool:
        if isinstance(answer, ReadFailure):
            if answer.status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND):
                # Another one was faster.
                return False
            raise UncheckedError(str(answer))
        self._renewed = start
        return True

    def _spec(self) -> dict[str, object]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": ceil(LEASE_SECONDS),
            "acquireTime": now,
            "renewTime": now,
        }
