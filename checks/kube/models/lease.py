"""Leases, by which one of several programs is elected."""

from checks.kube.models.base import Meta, Object


class LeaseSpec(Object, frozen=True):
    """Who holds a Lease, for how long, and since when; times are text, because only their writer's clock knows them."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class Lease(Object, frozen=True):
    """A Lease."""

    metadata: Meta
    spec: LeaseSpec = LeaseSpec()
