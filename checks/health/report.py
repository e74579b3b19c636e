"""What `cortex health` shows: each declared workload with its pods, and the answers of its probe paths."""

from datetime import datetime
from typing import TextIO

import msgspec

from checks.formats import text
from checks.formats.table import table
from checks.kube.models import Condition
from checks.results.document import Document
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


class Report(Document, frozen=True, rename="camel", kw_only=True):
    """The state of the declared workloads, and the findings of the check `health`.

    A missing Deployment is a finding, too. `suppressed` are the findings that the declaration accepts.
    """

    at: datetime
    workloads: list[WorkloadHealth]
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    suppressed: tuple[Suppressed, ...] = ()


def write(report: Report, out: TextIO) -> None:
    """Write the workloads as a table, and what is wrong; coloured if `out` is a terminal."""
    headings = ("WORKLOAD", "NAMESPACE", "HEALTHY", "RESTARTS", "ENDPOINTS", "LAST TROUBLE")
    lines = [
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
    out.write(table(headings, lines) if lines else "No workload is declared.\n")
    text.write_parts(text.details(report.findings, report.suppressed, report.unknowns), out)


def _shown(number: int | None) -> str:
    return "?" if number is None else str(number)
