"""The judges: each a pure function from the declaration and a snapshot to one row of the report, in this order."""

from collections.abc import Callable

from checks.findings import Row
from checks.judges import (
    config,
    connection,
    declaration,
    health,
    mcp,
    metrics,
    namespaces,
    network,
    objects,
    rbac,
    secrets,
    servers,
    usage,
)
from checks.snapshot import Snapshot
from stacks.model import Declaration

Judge = Callable[[Declaration, Snapshot], Row]

JUDGES: tuple[Judge, ...] = (
    connection.judge,
    namespaces.judge,
    servers.judge,
    health.judge,
    mcp.judge,
    metrics.judge,
    usage.judge,
    rbac.judge,
    network.judge,
    secrets.judge,
    config.judge,
    objects.judge,
    declaration.judge,
)


def named() -> dict[str, Judge]:
    """Give the judges by the names of their rows; a row is named like its judge's module."""
    return {judge.__module__.rpartition(".")[2]: judge for judge in JUDGES}
