"""The judges: each a pure function from the declaration and a snapshot to one row of the report, in this order."""

from collections.abc import Callable

from checks.findings import Row
from checks.judges import connection, declaration, mcp, metrics, namespaces, servers, usage
from checks.snapshot import Snapshot
from stacks.model import Declaration

Judge = Callable[[Declaration, Snapshot], Row]

JUDGES: tuple[Judge, ...] = (
    connection.judge,
    namespaces.judge,
    servers.judge,
    mcp.judge,
    metrics.judge,
    usage.judge,
    declaration.judge,
)
