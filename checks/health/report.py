"""What `cortex health` says: each declared workload with its pods, and what its probe paths answer."""

from datetime import datetime

import msgspec

from checks.formats.cells import clean, suppressed, table
from checks.kube.models import Condition
from checks.results.result import Finding, Suppressed, Unknown

SCHEMA = "cortex.dev/health/v1"


class Exit(msgspec.Struct, frozen=True):
    """How a container ended."""

    code: int
    reason: str
    at: datetime | None


class Container(msgspec.Struct, frozen=True, rename="camel"):
    """A container: `state` is running, waiting, terminated or unknown, `reason` says why it waits or ended."""

    name: str
    state: str
    reason: str
    ready: bool
    restarts: int
    last_exit: Exit | None


class Pod(msgspec.Struct, frozen=True):
    """A pod of a workload."""

    name: str
    phase: str
    ready: bool
    conditions: list[Condition]
    containers: list[Container]


class Warnings(msgspec.Struct, frozen=True, rename="camel"):
    """Warnings of one reason about one object of a workload."""

    object: str
    reason: str
    message: str
    count: int
    last_seen: datetime


class Endpoint(msgspec.Struct, frozen=True):
    """What a probe path answers: an HTTP status, or null and why there is none."""

    path: str
    probes: str
    status: int | None
    ms: float
    detail: str


class WorkloadHealth(msgspec.Struct, frozen=True, rename="camel"):
    """A declared Deployment; counts are null where it could not be read, or is missing."""

    name: str
    namespace: str
    type: str | None
    missing: bool
    replicas: int | None
    healthy: int | None
    unhealthy: int | None
    restarts: int | None
    trouble: str
    pods: list[Pod]
    warnings: list[Warnings]
    endpoints: list[Endpoint]


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """How the declared workloads fare, and what is wrong: the findings of the row `health` of `cortex verify`.

    A Deployment that is missing is among them. `suppressed` are those that the declaration accepts.
    """

    schema: str
    stack: str
    context: str
    at: datetime
    exit_code: int
    workloads: list[WorkloadHealth]
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    suppressed: tuple[Suppressed, ...] = ()


def text(report: Report) -> str:
    """Give the report as a table, a line for each finding, and what could not be checked."""
    headings = ("WORKLOAD", "NAMESPACE", "HEALTHY", "RESTARTS", "ENDPOINTS", "LAST TROUBLE")
    results = [
        (
            one.name,
            one.namespace,
            "missing" if one.missing else f"{_shown(one.healthy)}/{_shown(one.replicas)}",
            one.restarts,
            ", ".join(f"{point.path} {point.status or 'silent'}" for point in one.endpoints),
            one.trouble,
        )
        for one in report.workloads
    ]
    lines = [table(headings, results) if results else "No workload is declared.\n"]
    lines += [
        f"\n{f.severity} {f.code}  {f.object}: {clean(f.message)}\n    remedy: {f.remedy}\n    hint: {f.hint}\n"
        for f in report.findings
    ]
    lines += [f"\n{line}\n" for line in suppressed(report.suppressed)]
    lines += [f"\nCould not be checked: {message}\n" for message in _unread(report.unknowns)]
    return "".join(lines)


def _unread(unknowns: tuple[Unknown, ...]) -> list[str]:
    return list(dict.fromkeys(clean(unknown.message) for unknown in unknowns))


def _shown(number: int | None) -> str:
    return "?" if number is None else str(number)
