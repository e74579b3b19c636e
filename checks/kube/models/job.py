"""Jobs: the verifier's runs."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from datetime import datetime

from checks.kube.models.base import Condition, Meta, Object


class JobStatus(Object, frozen=True):
    """A Job's status."""

    conditions: list[Condition] = []
    start_time: datetime | None = None


class Job(Object, frozen=True):
    """A Job."""

    metadata: Meta
    status: JobStatus = JobStatus()

    @property
    def failure(self) -> Condition | None:
        """Return its condition Failed; None if it did not fail."""
        return next((c for c in self.status.conditions if c.type == "Failed" and c.status == "True"), None)

    @property
    def finished(self) -> bool:
        """Return whether it has ended, successfully or not."""
        return any(c.type in ("Complete", "Failed") and c.status == "True" for c in self.status.conditions)
